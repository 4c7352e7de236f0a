"""q(z|x): what an encoder says of an example."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import softplus

LOGVAR_LOW, LOGVAR_HIGH = -14.0, 8.0


class Posterior(ABC):
    """q(z|x) of a batch."""

    @property
    @abstractmethod
    def mean(self) -> Tensor:
        """The code that stands for x, shape (B, D)."""

    @abstractmethod
    def sample(self) -> Tensor:
        """A reparameterised draw, shape (B, D): gradients flow through it."""

    @abstractmethod
    def tensors(self) -> dict[str, Tensor]:
        """The parameters by the names a bundle gives them, shape (B, D) each."""


@dataclass(frozen=True)
class PointPosterior(Posterior):
    """All its mass on one code z, shape (B, D)."""

    z: Tensor

    @property
    def mean(self) -> Tensor:
        return self.z

    def sample(self) -> Tensor:
        return self.z

    def tensors(self) -> dict[str, Tensor]:
        return {"z": self.z}


class Variational(Posterior):
    """A posterior with a width, and so with a rate."""

    @abstractmethod
    def kl(self) -> Tensor:
        """KL(q(z|x) ‖ p(z)) of every latent dimension, nats, shape (B, D).

        Shape (B, 1) where it does not fall apart by dimension. In closed form, or an estimate from
        the very code that ``sample`` gives.
        """

    @abstractmethod
    def log_prob(self, z: Tensor) -> Tensor:
        """log q(z|x) of codes, shape (…, B, D), as (…, B), nats."""

    def log_prior(self, z: Tensor) -> Tensor:
        """log p(z) of codes, shape (…, B, D), as (…, B), nats; N(0, I) unless said otherwise."""
        return log_standard_normal(z)


class Sampled(Variational):
    """A posterior whose rate is an estimate, at the very code that it gave last."""

    _last: Tensor | None = None

    @abstractmethod
    def draw(self) -> Tensor:
        """A reparameterised draw, shape (B, D)."""

    def sample(self) -> Tensor:
        self._last = self.draw()
        return self._last

    def last(self) -> Tensor:
        """The code that ``sample`` gave last, or a first one, shape (B, D)."""
        return self.sample() if self._last is None else self._last

    def kl(self) -> Tensor:
        r"""log q(z|x) − log p(z) at the last code, shape (B, 1), nats: unbiased, and perhaps negative."""
        z = self.last()
        return (self.log_prob(z) - self.log_prior(z))[:, None]


@dataclass(frozen=True)
class GaussianPosterior(Variational):
    """N(μ, diag σ²), both of shape (B, D), as μ and log σ²."""

    mu: Tensor
    logvar: Tensor

    @property
    def mean(self) -> Tensor:
        return self.mu

    def sample(self) -> Tensor:
        return self.mu + torch.exp(0.5 * self.logvar) * torch.randn_like(self.mu)

    def tensors(self) -> dict[str, Tensor]:
        return {"mu": self.mu, "logvar": self.logvar}

    def kl(self) -> Tensor:
        return gaussian_kl(self.mu, self.logvar)

    def log_prob(self, z: Tensor) -> Tensor:
        square = (z - self.mu) ** 2 / self.logvar.exp()
        return -0.5 * (square + self.logvar + math.log(2 * math.pi)).sum(-1)


def log_standard_normal(z: Tensor) -> Tensor:
    """log N(z; 0, I) of codes, shape (…, B, D), as (…, B), nats."""
    return -0.5 * (z**2 + math.log(2 * math.pi)).sum(-1)


def gaussian_kl(mu: Tensor, logvar: Tensor) -> Tensor:
    r"""Nats that a diagonal Gaussian posterior carries about its input, by dimension.

    .. math:: \mathrm{KL}_d = \tfrac12 (\mu_d^2 + \sigma_d^2 - 1 - \log \sigma_d^2) \ge 0

    Args:
        mu: Posterior means, shape (B, D).
        logvar: Log-variances, shape (B, D).

    Returns:
        Divergence per example and dimension, shape (B, D), in nats; zero where the
        posterior equals the prior.

    Raises:
        ValueError: If the shapes differ; broadcasting would hide a swapped axis.

    Source:
        Kingma & Welling (2014), Appendix B. https://arxiv.org/abs/1312.6114
    """
    if mu.shape != logvar.shape:
        raise ValueError(f"mu has shape {tuple(mu.shape)}, logvar {tuple(logvar.shape)}; they must be equal.")
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar)


def bound_softly(logvar: Tensor, high: float = LOGVAR_HIGH) -> Tensor:
    """log σ² kept within (−14, ``high``) by two softplus: smooth, and its gradient never dies at once."""
    below = high - softplus(high - logvar)
    return LOGVAR_LOW + softplus(below - LOGVAR_LOW)


def in_full(x: Tensor) -> Tensor:
    """Half precision as float32, anything else as it is: networks may be coarse, objectives may not."""
    return x.float() if x.dtype in (torch.bfloat16, torch.float16) else x
