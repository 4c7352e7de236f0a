"""Studies: questions that textbooks answer with a number, and what we measured."""

import streamlit as st

from aecore import studies
from app.ui import facts, numbers, pick, plots, states, theme

QUIET = {"displayModeBar": False}


@st.fragment
def page() -> None:
    with states.guard():
        study, metric, row = pick.study()
        pick.stage(row)
        lines = studies.table(study, studies.stored(study))
        with st.container(border=True, key="card-question"):
            numbers.heading(study.title, f"aecore study run {study.name}")
            st.markdown(study.text.partition("\n")[2])
        if not lines:
            states.empty("Nothing is measured yet", f"Train it with `aecore study run {study.name}`.")
        titles = facts.data_titles(lines)
        for (data, title), column in zip(titles.items(), st.columns(max(len(titles), 1)), strict=False):
            of = [line for line in lines if line.data == data]
            with column, st.container(border=True, key=f"card-{data}"):
                numbers.heading(title, facts.about_study(of))
                figure = (
                    plots.plane(of, study, theme.mode())
                    if metric == pick.PLANE
                    else plots.study(of, study, metric, theme.mode())
                )
                st.plotly_chart(figure, height=360, key=f"figure-{data}", config=QUIET, alt=study.title)
                numbers.table(facts.study(of, study, metric), head=facts.study_head(study, metric))
                if said := facts.of_data(study, data):
                    st.caption(said)


page()
