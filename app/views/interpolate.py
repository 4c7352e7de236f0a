"""Interpolate: from one example to another through the code, not through the pixels."""

import streamlit as st

from aecore.latent import interpolate
from app.ui import ask, cards, explorer, facts, library, pick, states

TEXTS = {
    "linear": "The straight line. In many dimensions it passes where few codes lie: watch the length.",
    "spherical": "The great circle: the direction turns at a constant rate, and so does the length.",
}


@st.fragment
def page() -> None:
    bundle, row = pick.bundle()
    with states.guard():
        smooth = ask.smooth(row)
        pick.stage(row)
        left, right = st.columns([2.62, 1], gap="small")
        with right, st.container(border=True, key="card-ends"):
            picture = st.container()
            a, b = ask.example(bundle, "a", "From", 0), ask.example(bundle, "b", "To", 1)
            steps = ask.count("steps", 9, 15, "Steps", low=3)
        with picture, st.skeleton(height=150):
            originals = library.originals(bundle)
            cards.ends(bundle, a, b, originals.x)
        with left, st.container(border=True, key="card-picture"):
            for name, path in interpolate.METHODS.items():
                z = path(bundle.codes.mu[a], bundle.codes.mu[b], steps)
                title = f"{name} in the code".capitalize()
                explorer.interpolation_strip(title, TEXTS[name], bundle.decode(z), facts.lengths(z), smooth)
            if originals.x is not None:
                t, fade = facts.cross_fade(originals.x[a], originals.x[b], steps)
                text = "For comparison: what lies between two images when nothing has been learnt."
                explorer.interpolation_strip("Cross-fade of the pixels", text, fade, t, smooth)
            states.notice("No cross-fade of the pixels", originals.missing)


page()
