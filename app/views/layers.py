"""Layers: one network laid open, and how its gradients went while it was trained."""

import streamlit as st

from aecore.bundles import Bundle
from app.ui import facts, mosaic, numbers, pick, plots, states, tables, theme


@st.cache_data(max_entries=50, show_spinner=False)
def opened(digest: str, _bundle: Bundle):  # type: ignore[no-untyped-def]  # its type would load torch
    from aecore.studies.anatomy import anatomy

    return anatomy(_bundle)


@st.fragment
def page() -> None:
    bundle, row = pick.bundle()
    pick.stage(row)
    with states.guard():
        with st.container(border=True, key="card-layers"), st.skeleton(height=340):
            found = opened(bundle.card.digest, bundle)
            numbers.heading("Layer by layer", facts.recovered(found.layers), f"{len(found.layers)} layers")
            tables.wide(
                "Layers", facts.LAYER_COLUMNS, facts.layers(found.layers), key="layers", names="Layer"
            )
        left, right = st.columns([1, 1], gap="small")
        with left, st.container(border=True, key="card-filters"):
            count = f"{len(found.filters)} of {found.count}" if found.filters is not None else ""
            numbers.heading("What the first layer looks for", facts.FILTERS, count)
            if found.filters is None:
                st.text("The weights of this model’s first layer are no images.")
            else:
                mosaic.show(found.filters, "Weights of the first layer as images.", theme.mode())
        with right, st.container(border=True, key="card-gradients"):
            numbers.heading("Gradients while it was trained", facts.GRADIENTS)
            figure = plots.gradients(facts.gradients(bundle.history, found.layers), theme.mode())
            if not figure["data"]:
                st.text("The history of this bundle holds no gradients: train it again to see them.")
            else:
                st.plotly_chart(
                    figure,
                    height=380,
                    config={"displayModeBar": False},
                    alt="Gradient of each layer by epoch.",
                )


page()
