"""A model whose posterior is given and whose decoder is linear, so that everything has a closed form."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from aecore.bottlenecks import GaussianPosterior, Posterior
from aecore.data import DataSpec
from aecore.likelihoods import MSE, Likelihood
from aecore.step import Pass, Step


class Given(nn.Module):
    """x ~ N(W z, I) with a posterior that was handed over.

    Attributes:
        decoded: How many codes each call of the decoder got.
    """

    def __init__(self, posterior: Posterior, w: Tensor | None = None) -> None:
        super().__init__()
        self.given = posterior
        size = posterior.mean.shape[1]
        self.w = nn.Parameter(torch.eye(size, dtype=posterior.mean.dtype) if w is None else w)
        self.likelihood: Likelihood = MSE(DataSpec("numbers", "table", (len(self.w),), "real"))
        self.decoded: list[int] = []

    def told(self, step: Step) -> Tensor | None:
        return None

    def posterior(self, x: Tensor, condition: Tensor | None = None) -> Posterior:
        return self.given

    def decode_raw(self, z: Tensor, condition: Tensor | None = None, given: Tensor | None = None) -> Tensor:
        self.decoded.append(len(z))
        return z @ self.w.T

    def forward(self, step: Step) -> Pass:
        z = self.given.sample()
        return Pass(self.given, z, z @ self.w.T)


def gaussian(mu: Tensor, sigma: float | Tensor) -> GaussianPosterior:
    """N(mu, σ²) for every code, mu of shape (B, D)."""
    return GaussianPosterior(mu, 2 * torch.as_tensor(sigma, dtype=mu.dtype).log().expand_as(mu))


def nothing(batch: int, dim: int) -> Step:
    """A step whose examples do not matter."""
    return Step(torch.zeros(batch, dim).double(), torch.zeros(batch, dim).double())
