r"""Paths between two codes: the straight line and the great circle.

A high-dimensional Gaussian keeps its mass near a sphere of radius :math:`\sqrt D`. The
straight line between two codes a and b cuts through the ball, where the decoder saw
little; the spherical path turns the direction at a constant rate and changes the length
at a constant rate, so that it stays among the lengths that codes have:

.. math:: z(t) = \big((1-t)\,\lVert a\rVert + t\,\lVert b\rVert\big)
          \left(\cos(t\Omega)\,u + \sin(t\Omega)\,w\right), \quad t \in [0, 1]

with u the direction of a, w the unit vector at a right angle to u in the plane of a and b,
on b's side, and Ω the angle from a to b. For ‖a‖ = ‖b‖ this is the slerp of White (2016),
https://arxiv.org/abs/1609.04468; for other lengths White's formula makes the length bend
towards the shorter end, ours is linear in t.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aecore.errors import UserError

# Below this sine two unit vectors in double precision span no plane of their own.
_NO_PLANE = 1e-12


def linear(a: NDArray[Any], b: NDArray[Any], steps: int) -> NDArray[Any]:
    """Codes on the straight line from ``a`` to ``b``, equally spaced.

    Args:
        a: First code, shape (D,).
        b: Last code, shape (D,).
        steps: How many codes, both ends included, at least 2.

    Returns:
        Codes, shape (steps, D); the first is exactly ``a``, the last exactly ``b``.

    Raises:
        UserError: If the shapes differ or ``steps`` is below 2.
    """
    t = _times(a, b, steps)
    return _with_exact_ends((1 - t) * a + t * b, a, b)


def spherical(a: NDArray[Any], b: NDArray[Any], steps: int) -> NDArray[Any]:
    """Codes on the great circle from ``a`` to ``b``, the length interpolated linearly.

    Where the circle is not determined, the choice is: a code at the origin has no direction,
    so the other's is used and only the length changes; parallel codes give the straight
    line; opposite codes turn through the axis on which ``a`` is smallest, and with one
    dimension, where nothing can turn, give the straight line through the origin.

    Args:
        a: First code, shape (D,).
        b: Last code, shape (D,).
        steps: How many codes, both ends included, at least 2.

    Returns:
        Codes, shape (steps, D); the first is exactly ``a``, the last exactly ``b``.

    Raises:
        UserError: If the shapes differ or ``steps`` is below 2.

    Source:
        White (2016), Sampling Generative Networks. https://arxiv.org/abs/1609.04468
    """
    t = _times(a, b, steps)
    a64, b64 = np.asarray(a, np.float64), np.asarray(b, np.float64)
    length_a, length_b = np.linalg.norm(a64), np.linalg.norm(b64)
    if length_a == 0 or length_b == 0:
        return linear(a, b, steps)
    u, v = a64 / length_a, b64 / length_b
    cosine = float(u @ v)
    across = v - cosine * u  # sin(Ω)·w: what b has at a right angle to a
    sine = float(np.linalg.norm(across))
    if sine < _NO_PLANE:
        if cosine > 0 or len(u) == 1:
            return linear(a, b, steps)
        axis = np.eye(len(u))[np.argmin(np.abs(u))]
        across = axis - (axis @ u) * u
    w = across / np.linalg.norm(across)
    angle = t * np.arctan2(sine, cosine)
    length = (1 - t) * length_a + t * length_b
    return _with_exact_ends(length * (np.cos(angle) * u + np.sin(angle) * w), a, b)


METHODS: dict[str, Callable[[NDArray[Any], NDArray[Any], int], NDArray[Any]]] = {
    "linear": linear,
    "spherical": spherical,
}
"""The paths by name, in the order in which a page offers them."""


def _times(a: NDArray[Any], b: NDArray[Any], steps: int) -> NDArray[Any]:
    """Times from 0 to 1, shape (steps, 1), once the request is known to make sense."""
    if np.ndim(a) != 1 or np.shape(a) != np.shape(b):
        raise UserError(
            f"A path joins two codes of one size, but these have shapes {np.shape(a)} and {np.shape(b)}."
        )
    if steps < 2:
        raise UserError(f"A path has at least its two ends, so steps must be 2 or more; got {steps}.")
    return np.linspace(0.0, 1.0, steps)[:, None]


def _with_exact_ends(path: NDArray[Any], a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    """The path in the precision of its ends, which it meets to the last bit."""
    path = path.astype(np.result_type(a, b, np.float32))
    path[0], path[-1] = a, b
    return path
