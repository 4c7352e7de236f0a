r"""A Gaussian mixture fitted to codes, from which new codes are drawn.

.. math:: p(z) = \sum_{k=1}^{K} \pi_k\,\mathcal N(z;\, m_k,\, L_k L_k^\top)

The aggregate posterior of a VAE is not its prior: where codes have gaps, the prior draws
into them. A mixture fitted to the codes keeps to where they are (Ghosh et al. 2020,
https://arxiv.org/abs/1903.12436). scikit-learn fits it by expectation maximisation
(Dempster, Laird & Rubin 1977); K is the one with the least Bayesian information criterion
(Schwarz 1978).
"""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

CANDIDATES = (1, 2, 4, 8, 16)
MOST = 2000  # codes that it is fitted to
FULL = 16  # dimensions up to which covariances are full, and diagonal beyond
NUMBERS = 2**20  # in all Cholesky factors together
LEAST = 1e-4  # added to variances, which are those of codes of variance 1


class Mixture(NamedTuple):
    """A Gaussian mixture.

    Attributes:
        weights: π, shape (K,); they add up to 1.
        means: m, shape (K, D).
        cholesky: L, lower triangular, shape (K, D, D).
    """

    weights: NDArray[Any]
    means: NDArray[Any]
    cholesky: NDArray[Any]


def fit(codes: NDArray[Any]) -> Mixture:
    """The mixture that fits some codes best; the same codes always give the same one.

    At most 2,000 of them are looked at, evenly spread. Covariances are full up to 16
    dimensions, where there are codes enough for them, and diagonal beyond. Along a dimension
    in which codes do not vary, draws from it do not vary either.

    Args:
        codes: Shape (N, D) with N, D ≥ 1.

    Returns:
        Its parameters in single precision.
    """
    every = np.linspace(0, len(codes) - 1, min(len(codes), MOST)).round().astype(np.int64)
    z = np.asarray(codes[every], np.float64)
    dim = z.shape[1]
    centre, scale = z.mean(axis=0), z.std(axis=0)
    scale[scale <= 1e-7 * np.abs(z).max()] = 0  # it does not vary but for rounding
    unit = (z - centre) / np.where(scale > 0, scale, np.inf)
    best = _standardised(unit, full=dim <= FULL and len(z) >= 10 * dim)
    return Mixture(
        best.weights.astype(np.float32),
        (centre + best.means * scale).astype(np.float32),
        (scale[:, None] * best.cholesky).astype(np.float32),
    )


def _standardised(z: NDArray[np.float64], full: bool) -> Mixture:
    """The best mixture of codes whose mean is 0 and whose variances are 1 or 0."""
    from sklearn.mixture import GaussianMixture

    count, dim = z.shape
    if len(np.unique(z, axis=0)) == 1:  # scikit-learn wants two codes
        return Mixture(np.ones(1), z[:1], LEAST**0.5 * np.eye(dim)[None])
    most = min(count // (5 * (dim + 1) if full else 10), NUMBERS // dim**2, len(np.unique(z, axis=0)))
    kind = "full" if full else "diag"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a fit that stops early is good enough to draw from
        fitted = [
            GaussianMixture(k, covariance_type=kind, reg_covar=LEAST, tol=5e-3, random_state=0).fit(z)
            for k in CANDIDATES
            if k <= max(most, 1)
        ]
    best = min(fitted, key=lambda each: each.bic(z))
    cholesky = (
        np.linalg.cholesky(best.covariances_)
        if full
        else np.sqrt(best.covariances_)[:, :, None] * np.eye(dim)
    )
    return Mixture(best.weights_, best.means_, cholesky)
