"""Sample: codes nobody encoded, drawn from the prior and decoded."""

import numpy as np
import streamlit as st

from aecore.latent import prior
from app.ui import ask, explorer, facts, library, numbers, pick, states


@st.fragment
def page() -> None:
    bundle, row = pick.bundle()
    with states.guard():
        smooth = ask.smooth(row)
        pick.stage(row)
        left, right = st.columns([2.62, 1], gap="small")
        with right, st.container(border=True, key="card-draw"):
            numbers.heading("Draw", facts.prior_formula(bundle))
            temperature = ask.temperature("temperature")
            count = ask.count("count", 80, 200, "Samples")
            seed = ask.seed("seed", "Draw again")
        with right:
            states.remark(*facts.prior_remark(bundle))
        z = prior.draw(library.prior(bundle), count, temperature, np.random.default_rng(seed))
        with left, st.container(border=True, key="card-picture"):
            numbers.heading(
                facts.prior_title(bundle), f"temperature {temperature:.2f} · seed {seed}", f"{count} images"
            )
            explorer.sample_grid(bundle.decode(z), smooth)


page()
