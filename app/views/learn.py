"""Learn: any variant's equation, when to use it, what to look for, its options and its one file."""

import streamlit as st

from aecore import scenes
from app.ui import lessons, pick, states


@st.fragment
def page() -> None:
    with states.guard(), st.skeleton(height=600):
        variant, shelf, row = pick.variant()
        pick.stage(row)
        titles = scenes.titles(shelf)
        left, right = st.columns([1.6, 1], gap="large")
        with left:
            lessons.show(variant, pick.bundle_of(variant, shelf))
        with right:
            with st.container(border=True, key="card-bundles"):
                lessons.bundles(variant, [(each.id, titles[each.id]) for each in shelf])
            with st.container(border=True, key="card-options"):
                lessons.options(variant)
            with st.container(border=True, key="card-source"):
                lessons.source(variant)


page()
