"""A plane of codes, to be decoded into the picture of a manifold.

A plane is two of the latent dimensions, or the two principal axes through the codes; whoever
asks chooses the values along its axes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aecore.errors import UserError
from aecore.latent.projections import Plane


@dataclass(frozen=True)
class Grid:
    """Codes on a plane, as the rows and columns of a picture.

    Attributes:
        z: Codes, shape (rows, columns, D); the top row has the largest y, as on a map.
        x: Coordinate of each column, shape (columns,), increasing.
        y: Coordinate of each row, shape (rows,), decreasing.
    """

    z: NDArray[np.float32]
    x: NDArray[np.float32]
    y: NDArray[np.float32]


def of_dimensions(base: NDArray[Any], dims: tuple[int, int], x: NDArray[Any], y: NDArray[Any]) -> Grid:
    """The plane on which two dimensions of a code vary and the others stay.

    Args:
        base: The code to start from, shape (D,); what stands in ``dims`` is replaced.
        dims: The dimension that grows to the right, and the one that grows upwards.
        x: Values of the first, shape (columns,), increasing.
        y: Values of the second, shape (rows,), increasing.

    Raises:
        UserError: If the two dimensions are the same, or the code lacks one.
    """
    right, up = dims
    if right == up or not (0 <= right < len(base) and 0 <= up < len(base)):
        raise UserError(
            f"A plane takes two different dimensions from 0 to {len(base) - 1}; got {right} and {up}."
        )
    z = np.tile(np.asarray(base, np.float32), (len(y), len(x), 1))
    z[:, :, right] = x[None, :]
    z[:, :, up] = y[::-1, None]
    return _grid(z, x, y)


def of_pca(plane: Plane, x: NDArray[Any], y: NDArray[Any]) -> Grid:
    """The plane through the mean of the codes along their two principal axes.

    Args:
        plane: The principal axes, from :func:`aecore.latent.projections.pca`.
        x: Coordinates along the first axis, shape (columns,), increasing.
        y: Coordinates along the second, shape (rows,), increasing.
    """
    right, up = np.meshgrid(x, y[::-1])
    return _grid(plane.inverse(np.stack([right, up], axis=-1)), x, y)


def _grid(z: NDArray[Any], x: NDArray[Any], y: NDArray[Any]) -> Grid:
    return Grid(z=z.astype(np.float32), x=np.asarray(x, np.float32), y=np.asarray(y[::-1], np.float32))
