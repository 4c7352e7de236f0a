"""Many small images as few large ones, a tile at a time.

A tile is a PNG of at most 4096 × 4096 pixels, the side that every browser's textures have,
with one cell an image, row by row, no gap between them.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from aecore.data.dataset import Values
from aecore.errors import UserError
from aecore.scenes.images import Originals

SIDE = 4096
CHUNK = 4096  # examples turned into pixels at a time


@dataclass(frozen=True)
class Atlas:
    """Images as tiles.

    Attributes:
        pixels: uint8, shape (N, H, W) for grey or (N, H, W, 3).
        side: The most pixels along a side of a tile.
    """

    pixels: NDArray[np.uint8]
    side: int = SIDE

    @classmethod
    def of(cls, x: NDArray[Any], values: Values) -> Atlas:
        """Examples as pixels: 0 … 1 is black to white, real values reach from their least to their largest.

        Args:
            x: Examples, shape (N, C, H, W).
            values: Of the data set.

        Raises:
            UserError: If an example is no image of one or three channels, or too large for a tile.
        """
        if x.ndim != 4 or x.shape[1] not in (1, 3) or max(x.shape[2:]) > SIDE:
            raise UserError(
                f"Examples of shape {x.shape[1:]} are not shown as images: those have one or three channels "
                f"and at most {SIDE} × {SIDE} pixels."
            )
        low, high = (float(x.min()), float(x.max())) if values == "real" and x.size else (0.0, 1.0)
        scale = 255 / (high - low) if high > low else 0.0
        pixels = np.empty((len(x), *x.shape[2:], x.shape[1]), np.uint8)
        for start in range(0, len(x), CHUNK):
            grey = (x[start : start + CHUNK] - low) * scale
            pixels[start : start + CHUNK] = np.moveaxis(np.clip(grey, 0, 255).round(), 1, -1)
        return cls(pixels[..., 0] if x.shape[1] == 1 else pixels)

    @classmethod
    def behind(cls, originals: Originals, values: Values) -> Atlas:
        """The examples behind a bundle's codes as pixels.

        Raises:
            UserError: If they are missing, or are no images; it says why.
        """
        if originals.x is None:
            raise UserError(originals.missing)
        return cls.of(originals.x, values)

    @property
    def columns(self) -> int:
        """Cells in a row: as many as a tile holds, fewer where there are fewer."""
        return max(1, min(self.side // self.pixels.shape[2], math.ceil(math.sqrt(len(self.pixels)))))

    @property
    def per_tile(self) -> int:
        """Cells in a tile that is full."""
        return self.columns * (self.side // self.pixels.shape[1])

    def __len__(self) -> int:
        return -(-len(self.pixels) // self.per_tile)

    @property
    def names(self) -> list[str]:
        """File names of the tiles, in order."""
        return [f"originals-{number}.png" for number in range(len(self))]

    def describe(self) -> dict[str, Any]:
        """What ``originals.json`` says."""
        return {"tiles": self.names, "columns": self.columns, "per_tile": self.per_tile}

    def tile(self, number: int) -> bytes:
        """One tile as PNG; cells beyond the last image are black.

        Raises:
            IndexError: If there is no such tile.
        """
        if not 0 <= number < len(self):
            raise IndexError(f"There are {len(self)} tiles; {number} is none of them.")
        cells = self.pixels[number * self.per_tile : (number + 1) * self.per_tile]
        return png(grid(cells, self.columns))


def grid(cells: NDArray[np.uint8], columns: int) -> NDArray[np.uint8]:
    """Images side by side, shape (N, H, W, …), as one, shape (rows · H, columns · W, …)."""
    height, width = cells.shape[1:3]
    rows = -(-len(cells) // columns)
    whole = np.zeros((rows * columns, *cells.shape[1:]), np.uint8)
    whole[: len(cells)] = cells
    table = whole.reshape(rows, columns, *cells.shape[1:]).swapaxes(1, 2)
    return table.reshape(rows * height, columns * width, *cells.shape[3:])


def png(pixels: NDArray[np.uint8]) -> bytes:
    """Grey pixels, shape (H, W), or RGB, shape (H, W, 3), as PNG: the same give the same bytes."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()
