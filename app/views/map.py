"""Map: where the model puts each example, and what it decodes at every place."""

import streamlit as st

from app.ui import ask, cards, explorer, facts, pick, plane, states, theme


@st.fragment
def page() -> None:
    bundle, row = pick.bundle()
    with states.guard():
        name = ask.segment("map", plane.titles(bundle), row, "Which two numbers of a code are its place.")
        colourings = facts.colourings(bundle)
        colour = ask.one(
            "colour", list(colourings), row, "What the colour of a point says.", ":material/palette:"
        )
        behind = ask.chip("manifold", row, "Show behind the points what the decoder makes of each place.")
        pick.stage(row)
        left, right = st.columns([2.62, 1], gap="small")
        view = plane.view(bundle, name, ask.dimensions(bundle, right) if name == plane.RAW else (0, 1))
        selected = explorer.selection(bundle)
        looked_at = right.container(border=True, key="card-looked-at")
        with looked_at:
            cross = cards.place(bundle, view) if selected.point is None else None
        with left:
            manifold = explorer.manifold(bundle, view, theme.mode()) if behind else None
            explorer.latent_map(
                view,
                colourings[colour],
                facts.lines(bundle),
                selected,
                theme.mode(),
                cross=cross,
                manifold=manifold,
            )
        with looked_at:
            cards.point(bundle, selected.point)  # after the map: originals may wait for torch
        with right:
            cards.worth(bundle, selected.rows)


page()
