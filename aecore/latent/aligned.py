r"""Codes of the same examples from several models, made comparable from one to the next.

A VAE with a diagonal posterior and the prior N(0, I) is as good as any with its dimensions in another
order and with other signs: :func:`signed_permutation` finds the order and signs that agree best with a
neighbour's. What is left may be a rotation: :func:`procrustes` finds it, :func:`rotation` measures it.
Maps of a family are laid out so that points travel no further than they must.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aecore.errors import UserError
from aecore.latent import projections

Codes = NDArray[Any]

# AlignedUMAP pulls a point towards itself in the slices up to this far away, this strongly.
_WINDOW, _PULL = 2, 1e-2


def procrustes(codes: Codes, target: Codes) -> NDArray[np.float64]:
    r"""The orthogonal R, shape (D, D), a rotation or a reflection, with the least :math:`\|A R - B\|_F`.

    Args:
        codes: A, shape (N, D).
        target: B, shape (N, D), a row for each row of A.

    Raises:
        UserError: If the shapes differ.

    Source:
        Schönemann (1966), https://doi.org/10.1007/BF02289451
    """
    u, _, vt = np.linalg.svd(_product(codes, target))
    return u @ vt


def rotation(codes: Codes, target: Codes) -> float:
    r"""How far codes are rotated against others, in degrees, 0 to 180.

    .. math:: \cos\theta = \frac{\mathrm{tr}\, M}{\|M\|_*}, \quad M = A^\top B,

    which is 0 exactly where Procrustes finds nothing to turn, in two dimensions the angle of its
    rotation, and in more their mean, in which each direction counts as much as both codes vary along it:
    collapsed dimensions do not count. 0 where nothing varies.

    Args:
        codes: A, shape (N, D).
        target: B, shape (N, D).
    """
    product = _product(codes, target)
    whole = float(np.linalg.svd(product, compute_uv=False).sum())
    return math.degrees(math.acos(max(-1.0, min(1.0, float(np.trace(product)) / whole)))) if whole else 0.0


def signed_permutation(codes: Codes, target: Codes) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The order and the signs of dimensions in which codes correlate most with others.

    Args:
        codes: A, shape (N, D).
        target: B, shape (N, D).

    Returns:
        ``order`` and ``signs`` (−1 or 1), shape (D,) each: ``A[:, order] * signs`` is what correlates
        with B, dimension by dimension. A dimension that does not vary correlates with none.

    Source:
        The assignment: Kuhn (1955), https://doi.org/10.1002/nav.3800020109
    """
    from scipy.optimize import linear_sum_assignment

    correlation = _product(_scaled(target), _scaled(codes))  # (dimension of B, of A)
    _, order = linear_sum_assignment(-np.abs(correlation))
    signs = np.where(correlation[np.arange(len(order)), order] < 0, -1.0, 1.0)
    return order.astype(np.int64), signs


def planes(family: Sequence[Codes], first: Codes | None = None) -> list[projections.Plane]:
    """The planes of PCA of K models' codes, the axes of each turned so that points lie on those before.

    Args:
        family: Codes of the same N examples, shape (N, D) each.
        first: A map, shape (N, 2), on which the first is laid; None: it stays as PCA has it.
    """
    found: list[projections.Plane] = []
    before = first
    for codes in family:
        plane = projections.pca(codes)
        if before is not None:
            turn = procrustes(plane.points, before).astype(np.float32)
            plane = projections.Plane(plane.points @ turn, plane.mean, turn.T @ plane.components)
        found.append(plane)
        before = plane.points
    return found


def pca(family: Sequence[Codes]) -> NDArray[np.float32]:
    """PCA maps of K models' codes, each turned, never stretched, to lie on the one before.

    Args:
        family: Codes of the same N examples, shape (N, D) each.

    Returns:
        Coordinates, shape (K, N, 2).
    """
    return np.stack([plane.points for plane in planes(family)])


def umap(family: Sequence[Codes], seed: int = 0, neighbours: int = 15) -> NDArray[np.float32]:
    """UMAPs of K ≥ 2 models' codes, in which an example stays near where it was in the map before.

    Args:
        family: Codes of the same N examples, shape (N, D) each.
        seed: Fixes every random choice.
        neighbours: How many nearest codes make a neighbourhood.

    Returns:
        Coordinates, shape (K, N, 2): the PCA maps where N ≤ ``neighbours``.

    Raises:
        UserError: If a code is not finite.

    Source:
        McInnes, Healy & Melville (2018), https://arxiv.org/abs/1802.03426; aligned: umap-learn,
        https://umap-learn.readthedocs.io/en/latest/aligned_umap_basic_usage.html
    """
    noise = np.random.default_rng(seed)
    slices = []
    for codes in family:
        scaled = projections.standardised(codes).astype(np.float32)
        # Equal codes have no neighbourhoods: collapsed ones get some at random.
        slices.append(scaled + noise.normal(scale=1e-3, size=scaled.shape).astype(np.float32))
    if len(slices[0]) <= neighbours:
        return pca(family)
    with warnings.catch_warnings(), projections.threads_as_they_were():
        # umap says on import that its TensorFlow variant is not there, and at work that a seed means one
        # thread and that the spectrum of a disconnected graph is not.
        warnings.simplefilter("ignore", ImportWarning)
        warnings.simplefilter("ignore", UserWarning)
        from umap import AlignedUMAP

        same = {row: row for row in range(len(slices[0]))}
        fitted = AlignedUMAP(
            n_neighbors=neighbours,
            alignment_window_size=_WINDOW,
            alignment_regularisation=_PULL,
            random_state=seed,
        ).fit(slices, relations=[same] * (len(slices) - 1))
    return np.stack([np.asarray(each) for each in fitted.embeddings_]).astype(np.float32)


def _product(a: Codes, b: Codes) -> NDArray[np.float64]:
    """aᵀ b, shape (D, D)."""
    if a.shape != b.shape or a.ndim != 2:
        raise UserError(f"Codes are compared row by row; shapes {a.shape} and {b.shape} are not one (N, D).")
    return np.asarray(a, np.float64).T @ np.asarray(b, np.float64)


def _scaled(codes: Codes) -> NDArray[np.float64]:
    """Each dimension about its mean and with length 1, or 0 where it does not vary."""
    centred = np.asarray(codes, np.float64) - np.mean(codes, axis=0, dtype=np.float64)
    length = np.linalg.norm(centred, axis=0)
    varies = length > 1e-7 * np.sqrt(len(codes)) * (np.abs(codes).max(axis=0) + 1e-30)
    return centred * np.where(varies, 1 / np.where(varies, length, 1), 0)
