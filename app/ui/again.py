"""How a bundle is made again: written down once somebody asks, for that loads torch."""

from __future__ import annotations

from dataclasses import asdict

import streamlit as st

from aecore.bundles import Bundle
from app.ui import numbers, states

TITLE = "Make it again: as a file, as code"


@st.cache_data(max_entries=20, show_spinner=False)
def written(digest: str, _bundle: Bundle) -> dict[str, str]:
    """Its recipe and its script."""
    from aecore.runs.recipe import config_of
    from aecore.scripts.again import again

    return asdict(again(config_of(_bundle), _bundle.card.data.spec))


def show(bundle: Bundle) -> None:
    """What is written down, below a line that opens it."""
    panel = st.expander(TITLE, key=f"again-{bundle.id}", on_change="rerun")
    if not panel.open:
        return
    with panel, states.guard(), st.skeleton(height=340):
        said = written(bundle.card.digest, bundle)
        numbers.heading("Recipe", "a file, as run.toml, for: aecore train run.toml")
        st.code(said["toml"], language="toml")
        numbers.heading(
            "Code", said["no_code"] or "the same model, loss and training in PyTorch, without Loupe"
        )
        if said["code"]:
            st.code(said["code"], language="python", height=480)
