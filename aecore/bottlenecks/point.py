"""A code that is a point, and the Gaussian from which new ones are drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Literal

import torch
from torch import Tensor, nn

from aecore.bottlenecks.bottleneck import Bottleneck
from aecore.bottlenecks.moments import moments
from aecore.bottlenecks.posteriors import PointPosterior, in_full

Bend = Literal["linear", "relu", "tanh", "sigmoid"]
Code = Annotated[Bend, "What bends the code itself; the decoder reads it bent."]

BENDS: dict[Bend, Callable[[Tensor], Tensor]] = {
    "linear": lambda z: z,
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
}


class Point(Bottleneck):
    """z = f(x). It has no prior; to sample, a Gaussian is fitted to the training codes.

    Args:
        latent_dim: D.
        code: What bends the head's output.
        diagonal: Whether the Gaussian has variances only: a card holds no million covariances.

    Source:
        Ghosh et al. (2020), ex-post density estimation. https://arxiv.org/abs/1903.12436
    """

    kind = "point"
    probabilistic = False
    outputs = ("z",)

    prior_mean: Tensor
    prior_cholesky: Tensor

    def __init__(self, latent_dim: int, code: Bend = "linear", diagonal: bool = False) -> None:
        super().__init__(latent_dim)
        self.code = code
        self.register_buffer("prior_mean", torch.zeros(latent_dim))
        self.diagonal = diagonal
        factor = torch.ones(latent_dim) if diagonal else torch.eye(latent_dim)
        self.register_buffer("prior_cholesky", factor)  # (D, D), or its diagonal, (D,)

    def connect(self, widths: Sequence[int]) -> None:
        self.z = nn.Linear(widths[-1], self.latent_dim)

    def forward(self, features: list[Tensor]) -> PointPosterior:
        return PointPosterior(BENDS[self.code](in_full(self.z(features[-1]))))

    def draw(self, n: int, temperature: float = 1.0) -> Tensor:
        noise = torch.randn(n, self.latent_dim, device=self.prior_mean.device)
        factor = self.prior_cholesky
        return self.prior_mean + temperature * (noise * factor if self.diagonal else noise @ factor.T)

    def prior_spec(self) -> dict[str, object]:
        factor = "deviations" if self.diagonal else "cholesky"
        mean = self.prior_mean.tolist()
        return {"kind": "fitted-gaussian", "mean": mean, factor: self.prior_cholesky.tolist()}

    @torch.no_grad()
    def fit_prior(self, codes: Tensor) -> None:
        if self.diagonal:
            codes = codes.cpu().double()  # MPS knows no float64
            self.prior_mean.copy_(codes.mean(0))
            self.prior_cholesky.copy_(codes.std(0, correction=0))
            return
        mean, cholesky = moments(codes)
        self.prior_mean.copy_(mean)
        self.prior_cholesky.copy_(cholesky)
