"""A Gaussian code whose head is told log β."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from aecore.bottlenecks.gaussian import DiagonalGaussian
from aecore.bottlenecks.posteriors import GaussianPosterior, bound_softly, in_full
from aecore.nets.film import Film
from aecore.nets.rates import CodeGate

LOGVAR_HIGH = 6.0


class RatedGaussian(DiagonalGaussian):
    """One linear head gives μ and log σ² together, under a FiLM, and both are nothing where a gate is shut.

    A shut dimension is the prior: it costs nothing, and its weights are left to the β that can pay for it.

    Args:
        latent_dim: Numbers in a code.
        low, high: The range of β.
    """

    def __init__(self, latent_dim: int, low: float, high: float) -> None:
        super().__init__(latent_dim)
        self.range = low, high

    def connect(self, widths: Sequence[int]) -> None:
        self.head = nn.Linear(widths[-1], 2 * self.latent_dim)
        self.film = Film(2 * self.latent_dim, widths[1])
        self.gate = CodeGate(self.latent_dim, *self.range)

    def forward(self, features: list[Tensor]) -> GaussianPosterior:
        log_beta, told, top = features[0], features[1], features[-1]
        heard = in_full(self.film(self.head(top), told)).unflatten(1, (2, -1))  # (B, 2, D)
        mu, logvar = (heard * self.gate(log_beta)[:, None]).unbind(1)
        return GaussianPosterior(mu, bound_softly(logvar, LOGVAR_HIGH))
