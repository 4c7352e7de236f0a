"""A code that is a point, and the Gaussian from which new ones are drawn."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from aecore.bottlenecks.bottleneck import Bottleneck
from aecore.bottlenecks.posteriors import PointPosterior, in_full


class Point(Bottleneck):
    """z = f(x). It has no prior; to sample, a Gaussian is fitted to the training codes.

    Source:
        Ghosh et al. (2020), ex-post density estimation. https://arxiv.org/abs/1903.12436
    """

    kind = "point"
    probabilistic = False
    outputs = ("z",)

    prior_mean: Tensor
    prior_cholesky: Tensor

    def __init__(self, latent_dim: int) -> None:
        super().__init__(latent_dim)
        self.register_buffer("prior_mean", torch.zeros(latent_dim))
        self.register_buffer("prior_cholesky", torch.eye(latent_dim))

    def connect(self, widths: Sequence[int]) -> None:
        self.z = nn.Linear(widths[-1], self.latent_dim)

    def forward(self, features: list[Tensor]) -> PointPosterior:
        return PointPosterior(in_full(self.z(features[-1])))

    def draw(self, n: int, temperature: float = 1.0) -> Tensor:
        noise = torch.randn(n, self.latent_dim, device=self.prior_mean.device)
        return self.prior_mean + temperature * noise @ self.prior_cholesky.T

    def prior_spec(self) -> dict[str, object]:
        return {
            "kind": "fitted-gaussian",
            "mean": self.prior_mean.tolist(),
            "cholesky": self.prior_cholesky.tolist(),
        }

    @torch.no_grad()
    def fit_prior(self, codes: Tensor) -> None:
        codes = codes.cpu().double()  # MPS knows no float64
        scatter = torch.cov(codes.T, correction=0).reshape(self.latent_dim, self.latent_dim)
        jitter = 1e-6 * scatter.diagonal().mean().clamp(min=1e-12)  # a dead dimension has no variance
        eye = torch.eye(self.latent_dim, dtype=codes.dtype)
        self.prior_mean.copy_(codes.mean(0))
        self.prior_cholesky.copy_(torch.linalg.cholesky(scatter + jitter * eye))
