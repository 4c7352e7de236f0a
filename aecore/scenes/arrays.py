"""``codes.safetensors`` and ``mixture.safetensors``: arrays that a browser reads without unpacking.

The mixture is a file of its own: a page that does not draw from it need not wait for it.

Four-byte numbers stand before two-byte ones and start at a multiple of eight, so that a
browser looks at them where they lie.

A multi-rate model has its codes at K knots of log β too: ``knots`` (K,), ``mu_knots`` (K, N, D), and for
each knot a plane, as ``pca``, ``pca_mean`` and ``pca_components`` are one at β = 1: ``pca_knots`` (K, N, 2),
``pca_mean_knots`` (K, D) and ``pca_components_knots`` (K, 2, D). Axes turn no more than they must from one
knot to the next, so that what lies between two knots may be interpolated: codes, mean and components.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

from aecore.bundles import Bundle
from aecore.latent import aligned, prior, projections
from aecore.scenes.mixture import fit

HALF = ("mu", "logvar", "mu_knots")
WHOLE = ("label", "factors", "index")
REAL = ("error", "kl", "pca", "umap", "tsne", "umap3", "pca_mean", "pca_components")


def codes(bundle: Bundle) -> bytes:
    """The codes of a bundle with their maps, and the prior.

    Raises:
        BundleError: If the codes are damaged.
        UserError: If the card's prior does not fit its dimension.
    """
    found = bundle.codes
    gaussian = prior.read(bundle.card.latent.to_json())
    arrays: dict[str, Any] = {name: getattr(found, name) for name in (*HALF, *WHOLE, *REAL)}
    if found.mu.shape[1] > 2:
        arrays["pca3"] = projections.pca(found.mu, 3).points
    arrays |= {"prior_mean": gaussian.mean, "prior_cholesky": gaussian.cholesky}
    if found.knots is not None and found.mu_knots is not None:
        arrays |= {"knots": found.knots} | _planes(found.knots, found.mu_knots, found.pca)
    return _saved({name: array for name, array in arrays.items() if array is not None})


def mixture(bundle: Bundle) -> bytes:
    """A Gaussian mixture fitted to the codes of a bundle; see :mod:`aecore.scenes.mixture`.

    Raises:
        BundleError: If the codes are damaged.
    """
    return _saved(fit(bundle.codes.mu)._asdict())


def _planes(
    knots: NDArray[Any], codes_at: NDArray[Any], first: NDArray[Any] | None
) -> dict[str, NDArray[Any]]:
    """PCA at each knot of log β, up and down from the one nearest to β = 1, which is laid on ``first``."""
    middle = int(np.abs(knots).argmin())
    upwards = aligned.planes(list(codes_at[middle:]), first)
    downwards = aligned.planes(list(codes_at[middle::-1]), first)
    planes = [*downwards[:0:-1], *upwards]
    return {
        "pca_knots": np.stack([plane.points for plane in planes]),
        "pca_mean_knots": np.stack([plane.mean for plane in planes]),
        "pca_components_knots": np.stack([plane.components for plane in planes]),
    }


def _saved(arrays: dict[str, NDArray[Any]]) -> bytes:
    saved: bytes = safetensors.numpy.save({name: _stored(name, array) for name, array in arrays.items()})
    return saved


def _stored(name: str, array: NDArray[Any]) -> NDArray[Any]:
    kind = np.float16 if name in HALF else np.int32 if name in WHOLE else np.float32
    return np.ascontiguousarray(array, dtype=kind)
