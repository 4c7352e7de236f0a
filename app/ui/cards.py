"""The panels beside the map: one code, one place, a selection, the model's key figures."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from aecore import latent
from aecore.bundles import Bundle
from app.ui import address, ask, facts, images, library, numbers, pick, states
from app.ui.images import Tile
from app.ui.plane import View


def point(bundle: Bundle, row: int | None) -> None:
    """One code, if there is one: original beside decoded, what is known of it, and its neighbours."""
    if row is None:
        return
    codes = bundle.codes
    closable(f"Test example {codes.index[row]}", f"z = {numbers.code(codes.mu[row].tolist())}", "point")
    with st.skeleton(height=150):
        originals = library.originals(bundle)
        decoded = bundle.decode(codes.mu[[row]])[0]
    tiles = (
        [] if originals.x is None else [Tile([images.pixels(originals.x[row])], "original", ["the original"])]
    )
    images.grid([*tiles, Tile([images.pixels(decoded)], "decoded", ["the reconstruction"])], 128)
    numbers.table(facts.about(bundle, row))
    nearest = latent.nearest(codes.mu, codes.mu[[row]], min(8, len(codes)))[0][0]
    near = np.array([other for other in nearest if other != row][:6], int)
    if len(near):
        numbers.heading("Nearest codes", "decoded" if originals.x is None else "their originals")
        images.grid(thumbnails(bundle, near, originals.x), 40)
    states.footnote(originals.missing)


def place(bundle: Bundle, view: View) -> tuple[float, float] | None:
    """What the decoder makes of a place on the map, chosen with two sliders; returns the place."""
    if view.code is None:
        numbers.heading("Nothing selected", "Click a point to see what it is and what becomes of it.")
        return None
    low, high = np.quantile(view.points, [0.005, 0.995], axis=0)
    picture = st.container(gap="xsmall")
    columns = st.columns(2, gap="small")
    x, y = (
        ask.position(axis, float(low[i]), float(high[i]), "uv"[i], columns[i])
        for i, axis in enumerate(view.axes)
    )
    z = view.code(np.array([x, y], np.float32))
    with picture:
        numbers.heading("Under the cross", f"z = {numbers.code(z.tolist())} · move it with the sliders")
        images.grid([Tile([images.pixels(bundle.decode(z[None])[0])], labels=["what z decodes to"])], 262)
    return x, y


def ends(bundle: Bundle, a: int, b: int, x: NDArray[np.float32] | None) -> None:
    """The two examples of a path, as they are or as they are decoded."""
    shown = bundle.decode(bundle.codes.mu[[a, b]]) if x is None else x[[a, b]]
    numbers.heading("Two examples", "decoded" if x is None else "originals")
    tiles = [Tile([images.pixels(each)], labels=["an end"]) for each in shown]
    images.grid(tiles, 128)


def worth(bundle: Bundle, rows: list[int]) -> None:
    """What a selection holds, or where there is none what the model is worth."""
    with st.container(border=True, key="card-figures"):
        if rows:
            members(bundle, rows)
        else:
            figures(bundle)


def members(bundle: Bundle, rows: list[int]) -> None:
    """A lasso's codes: how many, of which classes, how well reconstructed, and some of them."""
    closable("Selection", "the rest is dimmed", "rows", f"{len(rows):,} codes")
    some = np.asarray(rows)[np.linspace(0, len(rows) - 1, min(len(rows), 12)).astype(int)]
    with st.skeleton(height=90):
        originals = library.originals(bundle)
    images.grid(thumbnails(bundle, some, originals.x), 40)
    numbers.table(facts.summary(bundle, rows))
    states.footnote(originals.missing)


def figures(bundle: Bundle) -> None:
    """What the model is worth, PCA with as many dimensions beside it."""
    dims = pick.dims(bundle)
    numbers.heading("Key figures", f"on the test split; PCA has {dims} too")
    numbers.table(facts.comparison(bundle), head=("", bundle.card.title, "PCA"))
    numbers.table(facts.figures(bundle))


def closable(title: str, caption: str, parameter: str, count: str = "") -> None:
    """A heading with a button that takes what the panel shows out of the address."""
    with st.container(horizontal=True, vertical_alignment="top", gap="xsmall"):
        numbers.heading(title, caption, count)
        st.button(
            ":material/close:",
            key=f"close-{parameter}",
            type="tertiary",
            on_click=lambda: address.put(**{parameter: None}),
            help="Select nothing.",
            width="content",
        )


def thumbnails(bundle: Bundle, rows: NDArray[np.int64], x: NDArray[np.float32] | None) -> list[Tile]:
    """Some examples, small: their originals, or where there are none what their codes decode to."""
    shown = bundle.decode(bundle.codes.mu[rows]) if x is None else x[rows]
    return [
        Tile([images.pixels(each)], labels=[f"test example {bundle.codes.index[row]}"])
        for row, each in zip(rows, shown, strict=True)
    ]
