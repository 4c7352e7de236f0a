"""The map's planes: where each code lies on the page, and which code lies behind a place on the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aecore import latent
from aecore.bundles import Bundle
from aecore.errors import UserError
from aecore.latent import Grid, grids

RAW, PCA, UMAP, TSNE = "z", "pca", "umap", "tsne"
TITLES = {PCA: "PCA", UMAP: "UMAP", TSNE: "t-SNE"}


@dataclass(frozen=True)
class View:
    """A way to lay codes on a page.

    Attributes:
        points: Where each code lies, shape (N, 2).
        axes: What stands at the horizontal and at the vertical axis; empty where they mean nothing.
        code: The code behind a place, shape (2,) to shape (D,), or None where there is none.
        grid: Codes in rows and columns behind the whole page, for ``steps`` a side, or None.
    """

    points: NDArray[np.float32]
    axes: tuple[str, str]
    code: Callable[[NDArray[Any]], NDArray[np.float32]] | None = None
    grid: Callable[[int], Grid] | None = None

    def place(self, row: int | None) -> tuple[float, float] | None:
        """Where one code lies, if there is one."""
        return None if row is None else (float(self.points[row, 0]), float(self.points[row, 1]))

    def window(self, margin: float = 0.0) -> NDArray[np.float64]:
        """The square to show first; see :func:`window`."""
        return window(self.points, margin)


def titles(bundle: Bundle) -> dict[str, str]:
    """The planes a bundle has and their titles, the one to start with first."""
    dim, maps = bundle.card.latent.dim, bundle.codes.maps
    made = {name: title for name, title in TITLES.items() if name in maps}
    if dim == 1:
        return made
    return {RAW: "z₁ z₂"} | made if dim == 2 else made | {RAW: "raw z"}


def view(bundle: Bundle, name: str, dims: tuple[int, int] = (0, 1)) -> View:
    """One plane of a bundle.

    Args:
        bundle: Whose codes.
        name: One of :func:`titles`.
        dims: For raw dimensions, the one that grows to the right and the one that grows upwards.

    Raises:
        UserError: If the two dimensions are the same.
    """
    codes = bundle.codes
    if name == RAW:
        return _raw(codes.mu, dims)
    points = codes.maps[name]
    if name != PCA or codes.pca_mean is None or codes.pca_components is None:
        return View(points, ("", ""))
    plane = latent.Plane(points, codes.pca_mean, codes.pca_components)
    return View(
        points=points,
        axes=("PC 1", "PC 2"),
        code=plane.inverse,
        grid=lambda steps: grids.of_pca(plane, *cells(points, steps)),
    )


def _raw(mu: NDArray[np.float32], dims: tuple[int, int]) -> View:
    right, up = dims
    if right == up:
        raise UserError(f"A map needs two different dimensions; both are {dimension(right)}.")
    centre = mu.mean(axis=0)

    def code(place: NDArray[Any]) -> NDArray[np.float32]:
        z = centre.astype(np.float32)
        z[[right, up]] = place
        return z

    points = mu[:, [right, up]]
    return View(
        points=points,
        axes=(dimension(right), dimension(up)),
        code=code,
        grid=lambda steps: grids.of_dimensions(centre, dims, *cells(points, steps)),
    )


def dimension(index: int) -> str:
    """Name of a latent dimension, counted from one: z₁."""
    return "z" + str(index + 1).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def window(points: NDArray[Any], margin: float = 0.0) -> NDArray[np.float64]:
    """A square that holds all but the outermost points: one stray code must not shrink the rest.

    Args:
        points: Places, shape (N, 2).
        margin: Room around them, as a share of the side.

    Returns:
        Lowest and highest coordinate along either axis, shape (2, 2).
    """
    low, high = np.quantile(points, [0.008, 0.992], axis=0).astype(float)
    reach = (0.5 + margin) * (float((high - low).max()) or 1.0)
    middle = (low + high) / 2
    return np.stack([middle - reach, middle + reach], axis=1)


def cells(points: NDArray[Any], steps: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Middles of the columns and of the rows of ``steps`` × ``steps`` square cells over the window."""
    x, y = (np.linspace(low, high, 2 * steps + 1, dtype=np.float32)[1::2] for low, high in window(points))
    return x, y
