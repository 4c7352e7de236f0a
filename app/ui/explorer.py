"""What a later version draws in the browser: map, path and samples, behind one module.

Pages call these three functions and know nothing of how they draw.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from aecore.bundles import Bundle
from aecore.latent import Grid
from app.ui import address, images, numbers, plots, states
from app.ui.images import Tile
from app.ui.plane import View
from app.ui.plots import Colouring, Manifold
from app.ui.theme import Mode, on_stage, tokens

CONFIG = {
    "displaylogo": False,
    "scrollZoom": True,
    "displayModeBar": True,
    "modeBarButtons": [["pan2d", "lasso2d", "select2d"], ["resetScale2d"]],
}
MANIFOLD = 18  # images a side: each is still told apart from the last row


@dataclass(frozen=True)
class Selection:
    """What a viewer points at on the map: rows of the bundle's codes.

    Attributes:
        point: The one code that is looked at, or None.
        rows: Codes inside a lasso or a box, ascending; empty where there is none.
    """

    point: int | None
    rows: list[int]


def selection(bundle: Bundle) -> Selection:
    """What the address says is selected; where it names codes that the bundle lacks, says so and goes on."""
    size = len(bundle.codes)
    point, rows = None, []
    with states.guard():
        point = address.number("point", size)
    with states.guard():
        rows = address.rows("rows", size)
    return Selection(point, rows)


def latent_map(
    view: View,
    colouring: Colouring,
    hover: list[str],
    selected: Selection,
    mode: Mode,
    *,
    cross: tuple[float, float] | None = None,
    manifold: Manifold | None = None,
) -> None:
    """Draw the map; a click or a lasso on it goes into the address.

    Args:
        view: Where each code lies.
        colouring: What the points' colour says.
        hover: A line for each point.
        selected: What is selected already.
        mode: The theme.
        cross: The place that is decoded, for a mark.
        manifold: Decoded images to lie under the points.
    """
    figure = plots.latent_map(
        view,
        colouring,
        hover,
        mode,
        rows=selected.rows,
        scale=1.5 if on_stage() else 1.0,
        ring=view.place(selected.point),
        cross=cross,
        manifold=manifold,
    )
    size = len(view.points)
    with st.container(key="stage-map", border=True, height=700):
        st.plotly_chart(
            figure,
            key="map-chart",
            height="stretch",
            on_select=lambda: _selected(size),
            config=CONFIG,
            alt=f"A map of {size} codes, coloured by {colouring.title}.",
        )


def _selected(size: int) -> None:
    event = st.session_state["map-chart"].selection
    rows = [int(point["customdata"]) for point in event.points if point.get("customdata") is not None]
    if event.box or event.lasso:
        address.put(rows=address.pack(rows, size) if rows else None)
    elif rows:
        address.put(point=str(rows[-1]))
    else:
        address.put(point=None, rows=None)


@st.cache_data(max_entries=24, show_spinner=False)
def _picture(
    digest: str, axes: tuple[str, str], mode: Mode, _bundle: Bundle, _grid: Callable[[int], Grid]
) -> Manifold:
    """The manifold under one view as a picture, decoded once for each decoder, view and theme."""
    grid = _grid(MANIFOLD)
    decoded = _bundle.decode(grid.z.reshape(-1, grid.z.shape[-1]))
    mosaic = images.mosaic(decoded.reshape(*grid.z.shape[:2], *decoded.shape[1:]))
    step = float(grid.x[1] - grid.x[0])
    return Manifold(
        source=images.ink(mosaic, tokens(mode).ink, strength=0.34),
        left=float(grid.x[0]) - step / 2,
        top=float(grid.y[0]) + step / 2,
        width=step * len(grid.x),
        height=step * len(grid.y),
    )


def manifold(bundle: Bundle, view: View, mode: Mode) -> Manifold | None:
    """Images decoded all over a view, in the colour of ink, or None where places have no codes."""
    if view.grid is None:
        return None
    return _picture(bundle.card.files["codes.npz"], view.axes, mode, bundle, view.grid)


def interpolation_strip(
    title: str, text: str, x: NDArray[np.float32], captions: Sequence[str], smooth: bool
) -> None:
    """A path from left to right.

    Args:
        title: What the path is.
        text: What is to be seen in it.
        x: Images, shape (S, C, H, W).
        captions: What stands below each.
        smooth: Whether pixels are blurred into each other.
    """
    numbers.heading(title, text)
    tiles = [
        Tile([images.pixels(each)], caption, [f"{title}: {caption}"])
        for each, caption in zip(x, captions, strict=True)
    ]
    images.strip(tiles, smooth)


def sample_grid(x: NDArray[np.float32], smooth: bool) -> None:
    """Samples, shape (N, C, H, W), in as many columns as there is room for."""
    images.grid([Tile([images.pixels(each)], labels=["a sample"]) for each in x], 76, smooth)


def reconstructions(
    x_hat: NDArray[np.float32], x: NDArray[np.float32] | None, captions: Sequence[str], smooth: bool
) -> None:
    """Originals above their reconstructions above the differences; reconstructions alone without originals.

    Args:
        x_hat: Reconstructions, shape (N, C, H, W).
        x: Originals, of the same shape, or None.
        captions: What stands below each.
        smooth: Whether pixels are blurred into each other.
    """
    columns = [[images.pixels(each)] for each in x_hat]
    names = ["reconstruction"]
    if x is not None:
        names = ["original", "reconstruction", "reconstruction minus original"]
        columns = [
            [images.pixels(one), *column, images.difference(other, one)]
            for one, other, column in zip(x, x_hat, columns, strict=True)
        ]
    images.grid([Tile(*pair, names) for pair in zip(columns, captions, strict=True)], 76, smooth)
    if x is not None:
        images.scale("−1: too dark", "0", "+1: too light")
