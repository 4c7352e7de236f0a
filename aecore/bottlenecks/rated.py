"""A Gaussian code whose head is told of log β."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from aecore.bottlenecks.gaussian import DiagonalGaussian
from aecore.bottlenecks.posteriors import GaussianPosterior, bound_softly, in_full
from aecore.nets.film import Film

LOGVAR_HIGH = 6.0


class RatedGaussian(DiagonalGaussian):
    """One linear head gives μ and log σ² together, under a FiLM of the lowest level: what was told of β."""

    def connect(self, widths: Sequence[int]) -> None:
        self.head = nn.Linear(widths[-1], 2 * self.latent_dim)
        self.film = Film(2 * self.latent_dim, widths[0])

    def forward(self, features: list[Tensor]) -> GaussianPosterior:
        told, top = features[0], features[-1]
        mu, logvar = in_full(self.film(self.head(top), told)).chunk(2, dim=1)  # (B, D) each
        return GaussianPosterior(mu, bound_softly(logvar, LOGVAR_HIGH))
