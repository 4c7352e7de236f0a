"""Reconstruct: what comes back from the code, and what is lost on the way."""

import streamlit as st

from app.ui import ask, cards, explorer, facts, library, numbers, pick, states


@st.fragment
def page() -> None:
    bundle, row = pick.bundle()
    with states.guard():
        order = ask.segment("order", facts.ORDERS, row, "Which examples: at random, or by their error.")
        label = ask.of_class(bundle, row)
        smooth = ask.smooth(row)
        pick.stage(row)
        left, right = st.columns([2.62, 1], gap="small")
        with right, st.container(border=True, key="card-show"):
            count = ask.count("count", 18, 90, "Examples")
            seed = ask.seed("seed", "Draw again", disabled=order != "mixed")
        with right:
            cards.worth(bundle, [])
        rows = facts.choose(bundle, order, label, count, seed)
        with left, st.container(border=True, key="card-picture"), st.skeleton(height=560):
            originals = library.originals(bundle)
            x = None if originals.x is None else originals.x[rows]
            numbers.heading("Reconstructions", facts.reconstructed(bundle, x is not None))
            captions = [facts.caption(bundle, each) for each in rows.tolist()]
            explorer.reconstructions(bundle.decode(bundle.codes.mu[rows]), x, captions, smooth)
            states.notice("The originals are not shown", originals.missing)


page()
