"""A code with a width, held to N(0, I)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from aecore.bottlenecks.bottleneck import Bottleneck
from aecore.bottlenecks.posteriors import GaussianPosterior, bound_softly, in_full


class DiagonalGaussian(Bottleneck):
    """q(z|x) = N(μ(x), diag σ²(x)), p(z) = N(0, I)."""

    kind = "gaussian"
    probabilistic = True
    outputs = ("mu", "logvar")

    def connect(self, widths: Sequence[int]) -> None:
        self.mu = nn.Linear(widths[-1], self.latent_dim)
        self.logvar = nn.Linear(widths[-1], self.latent_dim)

    def forward(self, features: list[Tensor]) -> GaussianPosterior:
        top = features[-1]
        return GaussianPosterior(in_full(self.mu(top)), bound_softly(in_full(self.logvar(top))))

    def draw(self, n: int, temperature: float = 1.0) -> Tensor:
        return temperature * torch.randn(n, self.latent_dim, device=next(self.parameters()).device)

    def prior_spec(self) -> dict[str, object]:
        return {"kind": "standard-normal"}
