r"""The score field of a denoising autoencoder, as arrows over a map of its codes.

An autoencoder that was trained to undo Gaussian noise of variance :math:`\sigma^2` gives, at its optimum,
the mean of the clean examples behind a noisy one, and so

.. math:: \frac{\hat x - \tilde x}{\sigma^2} = \nabla_{\tilde x} \log p_\sigma(\tilde x), \qquad
          p_\sigma = p * \mathcal N(0, \sigma^2 I)

in the space of the data (Vincent 2011, https://doi.org/10.1162/NECO_a_00142; Alain & Bengio 2014,
https://www.jmlr.org/papers/v15/alain14a.html). A map shows codes, so each arrow goes from where the
encoder puts :math:`\tilde x` to where it puts :math:`\hat x`: one step of cleaning as the map sees it.
Divided by :math:`\sigma^2` it is the score, carried to the map by the encoder: exactly where the encoder
is linear, elsewhere as a difference over the length of the step. What of the score the encoder does
not see, and all that a narrow code cannot hold, is not in the arrow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from aecore.bundles import Bundle
from aecore.errors import UserError
from aecore.latent import grids
from aecore.latent.projections import Plane

Array = NDArray[np.float32]


class Coder(Protocol):
    """Encodes and decodes, as a bundle does."""

    def encode(self, x: NDArray[Any]) -> dict[str, Array]: ...
    def decode(self, z: NDArray[Any]) -> Array: ...


@dataclass(frozen=True)
class ScoreField:
    """Arrows over a map.

    Attributes:
        starts: Where the noisy examples lie, shape (G, 2).
        ends: Where what the model makes of them lies, shape (G, 2).
        sigma: Standard deviation of the noise that it was trained to undo.
    """

    starts: Array
    ends: Array
    sigma: float

    @property
    def score(self) -> Array:
        """The score as the map sees it, shape (G, 2): nats · units of the map per squared data unit."""
        return (self.ends - self.starts) / np.float32(self.sigma**2)


def field(coder: Coder, x: NDArray[Any], sigma: float, plane: Plane) -> ScoreField:
    """The arrows at given examples, which may be noisy ones.

    Args:
        coder: The model.
        x: x̃, shape (G, *shape).
        sigma: σ, above 0.
        plane: Of the map.
    """
    starts = _codes(coder, x)
    ends = _codes(coder, coder.decode(starts))
    return ScoreField(_on(plane, starts), _on(plane, ends), sigma)


def over_map(
    coder: Coder, sigma: float, plane: Plane, across: NDArray[Any], upwards: NDArray[Any]
) -> ScoreField:
    """The arrows at the examples that a grid of the map decodes to.

    An arrow starts where the encoder puts the decoded example, which is near its place in the
    grid where there are data and drawn towards them elsewhere.

    Args:
        coder: The model.
        sigma: σ, above 0.
        plane: Of the map.
        across, upwards: Coordinates of the grid along the map's axes, shapes (columns,) and (rows,),
            increasing.

    Returns:
        Arrows by rows, the top one first.
    """
    z = grids.of_pca(plane, across, upwards).z
    return field(coder, coder.decode(z.reshape(-1, z.shape[-1])), sigma, plane)


def sigma(bundle: Bundle) -> float:
    """Standard deviation of the noise that a bundle's model was trained to undo.

    Raises:
        UserError: If it was not Gaussian noise of one known σ.
    """
    config = bundle.card.config
    level, levels = config.get("level", 0), config.get("levels", "constant")
    if (
        config.get("corruption") != "gaussian"
        or not isinstance(level, int | float)
        or not level
        or levels == "range"
    ):
        raise UserError(
            f"{bundle.id} has no score: that takes a denoising model of Gaussian noise of one level, as from "
            "--variant denoising --corruption gaussian."
        )
    return float(level)


def of_bundle(bundle: Bundle, side: int = 16) -> ScoreField:
    """The arrows over a bundle's PCA map, on a grid of ``side`` × ``side`` that covers its codes.

    Raises:
        UserError: If the model was not trained to undo Gaussian noise of one known σ.
    """
    level = sigma(bundle)
    codes = bundle.codes
    if codes.pca is None or codes.pca_mean is None or codes.pca_components is None:
        raise UserError(f"{bundle.id} has no PCA map, over which its score could be drawn.")
    plane = Plane(points=codes.pca, mean=codes.pca_mean, components=codes.pca_components)
    low, high = codes.pca.min(axis=0), codes.pca.max(axis=0)
    across, upwards = (np.linspace(low[axis], high[axis], side) for axis in (0, 1))
    return over_map(bundle, level, plane, across, upwards)


def _codes(coder: Coder, x: NDArray[Any]) -> Array:
    named = coder.encode(x)
    return named["mu"] if "mu" in named else named["z"]


def _on(plane: Plane, z: NDArray[Any]) -> Array:
    return ((z - plane.mean) @ plane.components.T).astype(np.float32)
