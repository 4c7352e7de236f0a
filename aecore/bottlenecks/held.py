"""A code that is a point, and a prior that the objective holds all codes to."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from aecore.bottlenecks.point import Point
from aecore.bottlenecks.priors import Prior
from aecore.functions import Function, Input


class HeldPoint(Point):
    """z = f(x), held to p(z); new codes are drawn from p(z) itself, and nothing is fitted.

    It holds nothing by itself: that is the work of the objective, and how well it was done shows in
    the metric ``aggregate_mmd``.

    Args:
        prior: p(z), over as many numbers as a code shall have.
    """

    def __init__(self, prior: Prior) -> None:
        super().__init__(prior.latent_dim)
        self.prior = prior
        mean, cov = prior.moments()
        self.prior_mean.copy_(mean)
        self.prior_cholesky.copy_(torch.linalg.cholesky(cov))

    def draw(self, n: int, temperature: float = 1.0) -> Tensor:
        noise = torch.randn(n, self.prior.noise_dim, device=self.prior_mean.device)
        codes: Tensor = self.prior(temperature * noise)
        return codes

    def prior_spec(self) -> dict[str, object]:
        if self.prior.kind == "standard-normal":
            return {"kind": self.prior.kind}
        return super().prior_spec() | {"kind": self.prior.kind}

    def fit_prior(self, codes: Tensor) -> None:
        """Nothing: the prior was there first."""

    def functions(self) -> dict[str, Function]:
        if self.prior.kind == "standard-normal":
            return {}
        noise = Input("noise", (self.prior.noise_dim,))
        return {"prior": Function(_Draw(self.prior), (noise,), ("z",))}


class _Draw(nn.Module):
    """Noise, shape (B, M) → codes, shape (B, D)."""

    def __init__(self, prior: Prior) -> None:
        super().__init__()
        self.prior = prior

    def forward(self, noise: Tensor) -> tuple[Tensor]:
        return (self.prior(noise),)
