"""Many small signed images as one picture: orange above zero, blue below, the panel's colour at zero."""

from __future__ import annotations

import base64
from html import escape
from io import BytesIO
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from app.ui.theme import Mode, tokens

BELOW, ABOVE = {"light": "#2166ac", "dark": "#67a9cf"}, {"light": "#b4461f", "dark": "#ff8a5c"}


def show(images: NDArray[Any], alt: str, mode: Mode, columns: int = 0) -> None:
    """Images in rows, each on its own scale, pixels as they are.

    Args:
        images: Shape (N, C, H, W), signed; of colours the mean is shown.
        alt: What they are.
        mode: The theme.
        columns: In a row at most; 0 for as many as there is room for in half a page.
    """
    flat = images.mean(1)
    picture = mosaic(flat, min(len(flat), columns or (16 if flat.shape[2] > 8 else 12)), mode)
    height, width = picture.shape[:2]
    file = BytesIO()
    Image.fromarray(picture).save(file, "png")
    text = base64.b64encode(file.getvalue()).decode()
    st.html(
        f'<img class="lp-mosaic" width="{width}" height="{height}" alt="{escape(alt)}" '
        f'src="data:image/png;base64,{text}">'
    )


def mosaic(images: NDArray[Any], columns: int, mode: Mode) -> NDArray[np.uint8]:
    """Signed images side by side, with a pixel between them.

    Args:
        images: Shape (N, H, W).
        columns: How many in a row.
        mode: The theme.

    Returns:
        Shape (rows · (H + 1) − 1, columns · (W + 1) − 1, 3).
    """
    n, height, width = images.shape
    ground, below, above = (_rgb(each) for each in (tokens(mode).panel, BELOW[mode], ABOVE[mode]))
    rows = -(-n // columns)
    picture = np.tile(ground, (rows * (height + 1) - 1, columns * (width + 1) - 1, 1))
    size = np.abs(images).max(axis=(1, 2), keepdims=True)
    share = images / np.where(size > 0, size, 1)
    for k, image in enumerate(share):
        top, left = k // columns * (height + 1), k % columns * (width + 1)
        ends = np.where(image[..., None] < 0, below, above)
        picture[top : top + height, left : left + width] = ground + np.abs(image)[..., None] * (ends - ground)
    return picture.round().astype(np.uint8)


def _rgb(colour: str) -> NDArray[np.float64]:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], float)
