"""Layers: one network laid open, and how its gradients went while it was trained."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

import streamlit as st
from numpy.typing import NDArray

from aecore.bundles import Bundle
from app.ui import inside, mosaic, numbers, pick, plots, states, tables, theme

if TYPE_CHECKING:
    from aecore.studies.doubling import Doubling


PROBING = "A linear probe is fitted to what each layer gives: some seconds."


@st.cache_data(max_entries=50, show_spinner=False)
def opened(digest: str, _bundle: Bundle):  # type: ignore[no-untyped-def]  # its type would load torch
    from aecore.studies.anatomy import anatomy

    return anatomy(_bundle)


@st.cache_data(max_entries=50, show_spinner=False)
def doubled(digest: str, _bundle: Bundle):  # type: ignore[no-untyped-def]  # its type would load torch
    from aecore.studies.doubling import doubling

    return doubling(_bundle)


@st.fragment
def page() -> None:
    bundle, row = pick.bundle()
    pick.stage(row)
    with states.guard():
        with states.busy(PROBING), st.container(border=True, key="card-layers"), st.skeleton(height=340):
            found = opened(bundle.card.digest, bundle)
            numbers.heading("Layer by layer", inside.recovered(found.layers), f"{len(found.layers)} layers")
            tables.wide("Layers", inside.COLUMNS, inside.layers(found.layers), key="layers", names="Layer")
        left, right = st.columns([1, 1], gap="small")
        with left, st.container(border=True, key="card-filters"):
            count = f"{len(found.filters)} of {found.count}" if found.filters is not None else ""
            numbers.heading("What the first layer looks for", inside.FILTERS if count else "", count)
            if found.filters is None:
                st.text("The weights of this model’s first layer are no images.")
            else:
                mosaic.show(found.filters, "Weights of the first layer as images.", theme.mode())
        with right, st.container(border=True, key="card-gradients"):
            numbers.heading("Gradients while it was trained", inside.GRADIENTS)
            figure = plots.gradients(inside.gradients(bundle.history, found.layers), theme.mode())
            if not figure["data"]:
                st.text(inside.no_gradients(bundle.history))
            else:
                st.plotly_chart(
                    figure,
                    height=380,
                    config={"displayModeBar": False},
                    alt="Gradient of each layer by epoch.",
                )
        switched_on(found.activations)
        if board := doubled(bundle.card.digest, bundle):
            checkerboards(board)


def switched_on(activations: Mapping[str, NDArray[Any]]) -> None:
    """What each layer gives for one example, four layers in a row."""
    with st.container(border=True, key="card-activations"):
        numbers.heading("What is switched on", inside.ACTIVATIONS)
        left = iter(activations.items())
        while four := list(islice(left, 4)):
            for (name, pictures), column in zip(four, st.columns(4), strict=False):
                with column:
                    st.caption(name)
                    mosaic.show(pictures, f"What {name} gives for an example.", theme.mode(), columns=4)


def checkerboards(board: Doubling) -> None:
    """What fresh decoders draw, of either way to double, and how much of a checkerboard is in it."""
    with st.container(border=True, key="card-checkerboard"):
        numbers.heading("Checkerboards", inside.CHECKERBOARD)
        numbers.table(inside.checkerboards(board), head=inside.checkerboard_head(board))
        for (how, pictures), column in zip(board.pictures.items(), st.columns(2), strict=True):
            with column:
                title = f"A picture of each of twelve fresh decoders that {inside.DOUBLE[how]}"
                st.caption(title)
                mosaic.show(pictures, f"{title}.", theme.mode())


page()
