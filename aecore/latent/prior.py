"""Draws from the prior that a bundle's card describes, without the model.

The card's latent spec holds ``{"dim": D, "prior": {"kind": …}}`` with one of these kinds:

- ``standard-normal``: z ~ N(0, I), what a VAE was trained against;
- ``fitted-gaussian``: z ~ N(m, L Lᵀ) with ``mean`` m, shape (D,), and ``cholesky`` L, shape
  (D, D), lower triangular (or ``deviations``, its diagonal, shape (D,)): a Gaussian fitted to the
  training codes of a model that has no prior of its own, so that it too can be sampled, and seen
  to sample badly;
- ``function`` and ``autoregressive``: an exported function draws; ``mean`` and ``cholesky`` are
  the moments of what it gives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aecore.errors import UserError, unknown


@dataclass(frozen=True)
class Gaussian:
    """A prior N(m, L Lᵀ).

    Attributes:
        mean: m, shape (D,).
        cholesky: L, shape (D, D).
    """

    mean: NDArray[Any]
    cholesky: NDArray[Any]

    @property
    def sigma(self) -> NDArray[Any]:
        """Standard deviation along each dimension, shape (D,)."""
        return np.linalg.norm(self.cholesky, axis=1)


def read(latent_spec: Mapping[str, Any]) -> Gaussian:
    """The prior in a card's latent spec.

    Raises:
        UserError: If its kind is not known, or its arrays do not fit ``dim``.
    """
    dim, prior = latent_spec["dim"], latent_spec["prior"]
    if prior["kind"] not in _KINDS:
        raise unknown("prior", prior["kind"], _KINDS)
    gaussian = _KINDS[prior["kind"]](dim, prior)
    if gaussian.mean.shape != (dim,) or gaussian.cholesky.shape != (dim, dim):
        raise UserError(
            f"A prior over {dim} dimensions needs a mean of {dim} numbers and a {dim}×{dim} Cholesky factor; "
            f"the card has shapes {gaussian.mean.shape} and {gaussian.cholesky.shape}."
        )
    return gaussian


def draw(
    latent_spec: Mapping[str, Any], n: int, temperature: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    r"""Codes from the prior, with deviations from its mean scaled by the temperature T.

    .. math:: z = m + T\,L\,\varepsilon, \quad \varepsilon \sim \mathcal N(0, I)

    Args:
        latent_spec: The ``latent`` part of a card.
        n: How many codes, 0 or more.
        temperature: T ≥ 0; 1 draws from the prior, 0 gives its mean n times, and below 1
            trades variety for typicality.
        rng: Where the randomness is from.

    Returns:
        Codes, shape (n, D).

    Raises:
        UserError: If the prior's kind is not known or drawn by a function of the bundle's, or ``n`` or
            ``temperature`` is negative.
    """
    kind = latent_spec["prior"]["kind"]
    if kind in ("function", "autoregressive"):
        raise UserError(f"The prior is {kind}: its draws come from the bundle's prior.onnx.")
    if n < 0:
        raise UserError(f"The number of draws must be 0 or more; got {n}.")
    if not 0 <= temperature < np.inf:
        raise UserError(f"The temperature must be a finite number of 0 or more; got {temperature}.")
    prior = read(latent_spec)
    noise = rng.standard_normal((n, len(prior.mean)))
    return (prior.mean + temperature * noise @ prior.cholesky.T).astype(np.float32)


def _standard_normal(dim: int, _: Mapping[str, Any]) -> Gaussian:
    return Gaussian(mean=np.zeros(dim), cholesky=np.eye(dim))


def _fitted_gaussian(_: int, prior: Mapping[str, Any]) -> Gaussian:
    if "deviations" in prior:  # all there is of wide codes
        return Gaussian(np.asarray(prior["mean"], float), np.diag(np.asarray(prior["deviations"], float)))
    return Gaussian(mean=np.asarray(prior["mean"], float), cholesky=np.asarray(prior["cholesky"], float))


_KINDS: dict[str, Callable[[int, Mapping[str, Any]], Gaussian]] = {
    "standard-normal": _standard_normal,
    "fitted-gaussian": _fitted_gaussian,
    "function": _fitted_gaussian,
    "autoregressive": _fitted_gaussian,
}
