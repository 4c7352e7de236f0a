"""Traversals: one latent dimension swept while the others stay, to see what it means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aecore.errors import UserError
from aecore.latent import prior


def traverse(z: NDArray[Any], dim: int, values: ArrayLike) -> NDArray[Any]:
    """Copies of one code in which one dimension takes each of some values.

    Args:
        z: The code to start from, shape (D,).
        dim: Which dimension, 0 … D − 1.
        values: What it becomes, shape (S,), as from :func:`sweep`.

    Returns:
        Codes, shape (S, D), equal to ``z`` but in column ``dim``.

    Raises:
        UserError: If the code has no such dimension.
    """
    _check_dimension(dim, len(z))
    column = np.asarray(values)
    codes = np.tile(z, (len(column), 1))
    codes[:, dim] = column
    return codes


def sweep(
    latent_spec: Mapping[str, Any], dim: int, steps: int = 11, extent: float = 3.0
) -> NDArray[np.float32]:
    """Values for a traversal: from ``extent`` σ of the prior below its mean to as many above.

    Args:
        latent_spec: The ``latent`` part of a card.
        dim: Which dimension, 0 … D − 1.
        steps: How many values; an odd number includes the mean.
        extent: How far, in standard deviations of the prior along ``dim``.

    Returns:
        Values, shape (steps,), increasing.

    Raises:
        UserError: If there is no such dimension, or the prior is not known.
    """
    gaussian = prior.read(latent_spec)
    _check_dimension(dim, len(gaussian.mean))
    reach = extent * gaussian.sigma[dim]
    return (gaussian.mean[dim] + np.linspace(-reach, reach, steps)).astype(np.float32)


def order_dimensions(mu: NDArray[Any], logvar: NDArray[Any] | None = None) -> NDArray[np.int64]:
    r"""Dimensions by what they carry, the most first.

    A Gaussian code is ordered by its mean KL from the prior N(0, 1) over the examples, in nats;
    dimensions that collapsed onto the prior come last:

    .. math:: \mathrm{KL}_d = \tfrac12 \, \mathrm{mean}_n(\mu_{nd}^2 + \sigma_{nd}^2 - 1 - \log\sigma_{nd}^2)

    A point code has no KL and is ordered by its variance. Ties keep the order of the dimensions.

    Args:
        mu: Codes, shape (N, D).
        logvar: Log-variances, shape (N, D), or None for point codes.

    Returns:
        Indices of dimensions, shape (D,).
    """
    if logvar is None:
        carried = np.asarray(mu, float).var(axis=0)
    else:
        mu, logvar = np.asarray(mu, float), np.asarray(logvar, float)
        carried = 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).mean(axis=0)
    return np.argsort(-carried, kind="stable").astype(np.int64)


def _check_dimension(dim: int, dims: int) -> None:
    if not 0 <= dim < dims:
        raise UserError(f"The code has dimensions 0 to {dims - 1}; there is no dimension {dim}.")
