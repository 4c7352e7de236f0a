"""Images, pixel by pixel: one scale for original and reconstruction, a signed one for their difference."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

NEGATIVE, POSITIVE = (86, 180, 233), (230, 159, 0)  # Okabe and Ito's sky blue and orange


@dataclass(frozen=True)
class Tile:
    """What stands at one place of a grid: images on top of each other, and a caption.

    Attributes:
        images: RGB or grey pixels, each of shape (H, W) or (H, W, 3), uint8.
        caption: A line or two below them.
        labels: What each image shows, for those who cannot see it.
    """

    images: Sequence[NDArray[np.uint8]]
    caption: str = ""
    labels: Sequence[str] = ()


def pixels(x: NDArray[Any]) -> NDArray[np.uint8]:
    """An example as pixels; black is 0 and white is 1 whatever the example holds.

    Args:
        x: Values, shape (C, H, W), C = 1 or 3; clipped to [0, 1].

    Returns:
        Pixels, shape (H, W) for grey or (H, W, 3).
    """
    grey = (np.clip(np.asarray(x, np.float32), 0, 1) * 255).round().astype(np.uint8)
    return grey[0] if len(grey) == 1 else np.moveaxis(grey, 0, -1)


def difference(x_hat: NDArray[Any], x: NDArray[Any]) -> NDArray[np.uint8]:
    """Reconstruction minus original: black where equal, orange where too light, blue where too dark.

    Args:
        x_hat: Reconstruction, shape (C, H, W).
        x: Original, shape (C, H, W).

    Returns:
        Pixels, shape (H, W, 3); full colour stands for a difference of 1, averaged over channels.
    """
    signed = np.clip((np.asarray(x_hat, np.float32) - x).mean(axis=0), -1, 1)[..., None]
    colour = np.where(signed < 0, NEGATIVE, POSITIVE)
    return (np.abs(signed) * colour).round().astype(np.uint8)


def png(image: NDArray[np.uint8]) -> str:
    """Pixels, shape (H, W), (H, W, 3) or (H, W, 4), as a ``data:`` URI."""
    return _uri(Image.fromarray(image))


def _uri(picture: Image.Image, **options: Any) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=1, **options)  # it goes no further than this machine
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def ink(x: NDArray[Any], colour: str, strength: float) -> str:
    """Grey examples as ink of one colour on nothing, coloured ones as they are but on nothing.

    Args:
        x: Values in [0, 1], shape (C, H, W).
        colour: The ink, ``#rrggbb``.
        strength: Opacity of a 1.

    Returns:
        Pixels with opacity, as a ``data:`` URI: a byte each for grey ones, an opacity of the one ink.
    """
    strongest = np.clip(np.asarray(x, np.float32), 0, 1).max(axis=0)
    opacity = (strongest * (255 * strength)).round().astype(np.uint8)
    if len(x) > 1:
        return png(np.dstack([pixels(x), opacity]))
    picture = Image.fromarray(opacity)
    picture.putpalette(bytes.fromhex(colour[1:]) * 256)
    return _uri(picture, transparency=bytes(range(256)))


def mosaic(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Examples on a grid, shape (rows, columns, C, H, W), as one, shape (C, rows·H, columns·W)."""
    rows, columns, channels, height, width = images.shape
    return images.transpose(2, 0, 3, 1, 4).reshape(channels, rows * height, columns * width)


def grid(tiles: Sequence[Tile], size: int = 72, smooth: bool = False) -> None:
    """Tiles in as many columns as there is room for.

    Args:
        tiles: What to show; captions and descriptions are escaped.
        size: Width of a tile in pixels on a page of ordinary type.
        smooth: Blur pixels into each other instead of showing each as a square.
    """
    _show("lp-grid", f"--lp-tile:{size / 15:.2f}rem", tiles, smooth)


def strip(tiles: Sequence[Tile], smooth: bool = False) -> None:
    """Tiles in one row that fills the width, and wraps only where they would get too small."""
    _show("lp-grid lp-strip", f"--lp-columns:{len(tiles)}", tiles, smooth)


def _show(looks: str, variables: str, tiles: Sequence[Tile], smooth: bool) -> None:
    cells = "".join(_figure(tile) for tile in tiles)
    st.html(f'<div class="{looks}{" lp-smooth" if smooth else ""}" style="{variables}">{cells}</div>')


def _figure(tile: Tile) -> str:
    shown = "".join(
        f'<img src="{png(image)}" alt="{escape(label)}">'
        for image, label in zip(tile.images, tile.labels, strict=True)
    )
    below = "<br>".join(escape(line) for line in tile.caption.splitlines())
    return f"<figure>{shown}{f'<figcaption>{below}</figcaption>' if below else ''}</figure>"


def scale(low: str, middle: str, high: str) -> None:
    """The colours of :func:`difference`, with what their ends and their middle stand for."""
    ramp = ",".join(f"rgb{colour}" for colour in (NEGATIVE, (0, 0, 0), POSITIVE))
    words = "".join(f"<span>{escape(word)}</span>" for word in (low, middle, high))
    st.html(
        f'<div class="lp-scale"><i style="background:linear-gradient(90deg,{ramp})"></i><p>{words}</p></div>'
    )
