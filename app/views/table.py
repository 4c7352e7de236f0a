"""Table: every variant beside every metric, of the bundles that had the same budget."""

import streamlit as st

from app.ui import facts, library, numbers, pick, states, tables


@st.fragment
def page() -> None:
    shelf = list(library.shelf().bundles.values())
    if not shelf:
        states.no_bundle()
        return
    with states.guard():
        data, every, row = pick.table_data(shelf)
        pick.stage(row)
        for table in facts.tables(shelf, data, every):
            with st.container(border=True, key=f"card-{table.data}-{'-'.join(table.groups)[:20]}"):
                numbers.heading(
                    table.title, f"{table.settings}; a name opens its map", f"{len(table.rows)} models"
                )
                columns = facts.columns(table)
                tables.wide(table.title, columns, facts.lines(table), key=f"table-{next(iter(table.groups))}")
                with st.expander("What each column means"):
                    for _, of in columns:
                        numbers.table([(column.title, column.help) for column in of])


page()
