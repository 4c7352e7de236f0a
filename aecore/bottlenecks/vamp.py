"""A prior that is learned: a mixture of the posteriors of pseudo-inputs."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property

import torch
from torch import Tensor, nn

from aecore.bottlenecks.posteriors import GaussianPosterior, Sampled


class VampPosterior(Sampled):
    r"""q(z|x), a Gaussian, beside a prior that is the mean of K of its kind.

    .. math:: p(z) = \frac1K \sum_{k=1}^K q_\phi(z|u_k)

    Args:
        q: N(μ(x), σ²(x)), shape (B, D).
        components: Gives q(z|u) of all pseudo-inputs, shape (K, D); asked once, and only for p(z).

    Source:
        Tomczak & Welling (2018), eq. 9. https://arxiv.org/abs/1705.07120
    """

    def __init__(self, q: GaussianPosterior, components: Callable[[], GaussianPosterior]) -> None:
        self.q, self._components = q, components

    @cached_property
    def components(self) -> GaussianPosterior:
        """q(z|u) of all pseudo-inputs, shape (K, D)."""
        return self._components()

    @property
    def mean(self) -> Tensor:
        return self.q.mean

    def draw(self) -> Tensor:
        return self.q.sample()

    def tensors(self) -> dict[str, Tensor]:
        return self.q.tensors()

    def log_prob(self, z: Tensor) -> Tensor:
        return self.q.log_prob(z)

    def log_prior(self, z: Tensor) -> Tensor:
        each = self.components.log_prob(z.unsqueeze(-2))  # (…, B, K)
        return each.logsumexp(-1) - math.log(each.shape[-1])


class MixtureDraw(nn.Module):
    """Noise of K + D standard normal numbers to a code of a mixture of K Gaussians, shape (B, D).

    The largest of the first K numbers chooses the component, each as likely as any other and
    whatever the noise is scaled by; the other D are the way from its mean, in its σ.
    """

    mu: Tensor
    sigma: Tensor

    def __init__(self, components: GaussianPosterior) -> None:
        super().__init__()
        self.register_buffer("mu", components.mu)
        self.register_buffer("sigma", (0.5 * components.logvar).exp())

    def forward(self, noise: Tensor) -> tuple[Tensor]:
        count = self.mu.shape[0]
        k = noise[:, :count].argmax(1)
        return (self.mu[k] + self.sigma[k] * noise[:, count:],)


@torch.no_grad()
def mixture_moments(components: GaussianPosterior) -> dict[str, object]:
    """Mean and Cholesky factor of the covariance of a mixture of equal parts, as a card states them."""
    mu, variance = components.mu.cpu().double(), components.logvar.cpu().double().exp()
    mean = mu.mean(0)
    covariance = variance.mean(0).diag() + (mu - mean).T @ (mu - mean) / len(mu)
    return {"mean": mean.tolist(), "cholesky": torch.linalg.cholesky(covariance).tolist()}
