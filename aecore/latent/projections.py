"""Maps: codes of any dimension as points on a page or in a box, by PCA, UMAP and t-SNE.

All three start from one picture: UMAP and t-SNE are initialised with the PCA map, which keeps
the large-scale arrangement (Kobak & Linderman 2021, https://doi.org/10.1038/s41587-020-00809-z)
and lets points travel a short way when a viewer changes the map. A map depends on the codes
and the seed alone; on one machine it comes out the same each time. They are computed when a
bundle is made, never while a page waits.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aecore.errors import UserError

Points = NDArray[np.float32]

# With fewer codes than this, or all codes equal, there are no neighbourhoods to preserve.
_FEWEST = 5
# Up to here the neighbours are searched exactly, which costs less than building an index.
_EXACT = 5000


@dataclass(frozen=True)
class Plane:
    """The plane, or the space of K dimensions, that keeps most of the codes' variance, and the codes in it.

    Attributes:
        points: Coordinates of the codes, shape (N, K).
        mean: Mean of the codes, shape (D,).
        components: Orthonormal axes, shape (K, D), the longest first, each with its largest entry
            positive; those beyond D are zero.
    """

    points: Points
    mean: NDArray[np.float32]
    components: NDArray[np.float32]

    def inverse(self, points: NDArray[Any]) -> NDArray[np.float32]:
        """Codes on the plane at ``points``, shape (…, K): shape (…, D)."""
        return (self.mean + points @ self.components).astype(np.float32)


def pca(codes: NDArray[Any], dims: int = 2) -> Plane:
    """The principal axes of some codes.

    Args:
        codes: Codes, shape (N, D) with N, D ≥ 1.
        dims: How many axes, K.

    Raises:
        UserError: If there is no code, or one is not finite.

    Source:
        Pearson (1901); by the eigenvectors of the D×D covariance, which exist for any N.
    """
    codes = _checked(codes)
    mean = codes.mean(axis=0)
    centred = codes - mean
    _, vectors = np.linalg.eigh(centred.T @ centred)  # ascending
    components = np.zeros((dims, codes.shape[1]))
    components[: codes.shape[1]] = vectors.T[::-1][:dims]
    largest = np.take_along_axis(components, np.abs(components).argmax(axis=1)[:, None], axis=1)[:, 0]
    components *= np.where(largest < 0, -1.0, 1.0)[:, None]
    return Plane(
        points=(centred @ components.T).astype(np.float32),
        mean=mean.astype(np.float32),
        components=components.astype(np.float32),
    )


def umap(codes: NDArray[Any], seed: int = 0, neighbours: int = 15, dims: int = 2) -> Points:
    """A UMAP of some codes: neighbours stay neighbours; distances between clusters say little.

    Args:
        codes: Codes, shape (N, D).
        seed: Fixes every random choice.
        neighbours: How many nearest codes make a neighbourhood, fewer where there are fewer.
        dims: Dimensions of the map, K.

    Returns:
        Coordinates, shape (N, K): the PCA map where N < 5 or all codes are equal.

    Raises:
        UserError: If there is no code, or one is not finite.

    Source:
        McInnes, Healy & Melville (2018). https://arxiv.org/abs/1802.03426
    """
    codes = standardised(codes)
    start = pca(codes, dims).points
    if _has_no_neighbourhoods(codes):
        return start
    with warnings.catch_warnings():
        # umap says on import that its TensorFlow variant, which we don't use, is not there.
        warnings.simplefilter("ignore", ImportWarning)
        from umap import UMAP

    neighbours = min(neighbours, len(codes) - 1)
    # UMAP draws in a box of side 20; a little noise parts codes that start at one point.
    noise = np.random.default_rng(seed).normal(scale=1e-3, size=start.shape)
    with warnings.catch_warnings(), threads_as_they_were():
        # Without an index of neighbours it cannot place further codes, which nobody asks of it here.
        warnings.filterwarnings("ignore", "precomputed_knn.*transform")
        fitted = UMAP(
            n_components=dims,
            n_neighbors=neighbours,
            precomputed_knn=_nearest(codes, neighbours) if len(codes) <= _EXACT else (None, None, None),
            init=(10 * start / np.abs(start).max() + noise).astype(np.float32),
            random_state=seed,
            n_jobs=1,
        ).fit(codes.astype(np.float32))
    return np.asarray(fitted.embedding_, np.float32)


def tsne(codes: NDArray[Any], seed: int = 0, perplexity: float = 30.0) -> Points:
    """A t-SNE of some codes: neighbours stay neighbours; sizes of clusters say little.

    Args:
        codes: Codes, shape (N, D).
        seed: Fixes every random choice.
        perplexity: Effective number of neighbours; at most (N − 1)/3, as the method needs.

    Returns:
        Coordinates, shape (N, 2): the PCA map where N < 5 or all codes are equal.

    Raises:
        UserError: If there is no code, or one is not finite.

    Source:
        van der Maaten & Hinton (2008), https://jmlr.org/papers/v9/vandermaaten08a.html;
        Poličar, Stražar & Zupan (2024), openTSNE, https://doi.org/10.18637/jss.v109.i03
    """
    codes = standardised(codes)
    start = pca(codes).points
    if _has_no_neighbourhoods(codes):
        return start
    from openTSNE import TSNE

    # t-SNE starts from a tiny map (deviation 1e-4), or the early phase cannot move points.
    noise = np.random.default_rng(seed).normal(scale=1e-6, size=start.shape)
    embedding = TSNE(
        perplexity=min(perplexity, (len(codes) - 1) / 3),
        initialization=1e-4 * start / start[:, 0].std() + noise,
        neighbors="exact" if len(codes) <= _EXACT else "auto",
        random_state=seed,
        n_jobs=1,
    ).fit(codes)
    return np.asarray(embedding, np.float32)


def _nearest(codes: NDArray[np.float64], k: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Indices and distances of each code's k nearest, itself first, each of shape (N, k).

    Left alone, UMAP measures every pair of up to 4,096 codes by one call each.
    """
    from sklearn.neighbors import NearestNeighbors

    distances, indices = NearestNeighbors(n_neighbors=k).fit(codes).kneighbors(codes)
    return indices, distances


@contextmanager
def threads_as_they_were() -> Iterator[None]:
    """Numba, under UMAP, sets OpenMP's number of threads for the whole process, and with it PyTorch's."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="openmp"):
        yield


def _checked(codes: NDArray[Any]) -> NDArray[np.float64]:
    codes = np.asarray(codes, np.float64)
    if codes.ndim != 2 or 0 in codes.shape:
        raise UserError(f"A map needs at least one code, as an array (N, D); got shape {codes.shape}.")
    if not np.isfinite(codes).all():
        raise UserError("A map needs finite codes; some are infinite or not a number.")
    return codes


def standardised(codes: NDArray[Any]) -> NDArray[np.float64]:
    """Codes about their mean, with an average variance of 1: rounding depends on the scale, maps don't."""
    codes = _checked(codes)
    centred = codes - codes.mean(axis=0)
    scale = np.sqrt((centred**2).mean())
    # Codes that agree to within rounding of their magnitude are equal: noise is no structure.
    if scale <= 1e-7 * np.abs(codes).max():
        return np.zeros_like(centred)
    return centred / scale


def _has_no_neighbourhoods(codes: NDArray[Any]) -> bool:
    return len(codes) < _FEWEST or not codes.any()
