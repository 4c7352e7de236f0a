r"""What the code z is: a point, or a Gaussian.

A bottleneck turns the encoder's features into a posterior :math:`q_\phi(z|x)`, draws
codes from the prior :math:`p(z)`, and says what a bundle must know of both.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
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
        """KL(q(z|x) ‖ p(z)) of every latent dimension, shape (B, D), nats."""

    @abstractmethod
    def log_prob(self, z: Tensor) -> Tensor:
        """log q(z|x) of codes, shape (…, B, D), as (…, B), nats."""


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


def bound_softly(logvar: Tensor) -> Tensor:
    """log σ² kept within (−14, 8) by two softplus: smooth, and its gradient never dies at once."""
    below = LOGVAR_HIGH - softplus(LOGVAR_HIGH - logvar)
    return LOGVAR_LOW + softplus(below - LOGVAR_LOW)


def in_full(x: Tensor) -> Tensor:
    """Half precision as float32, anything else as it is: networks may be coarse, objectives may not."""
    return x.float() if x.dtype in (torch.bfloat16, torch.float16) else x


class Bottleneck(nn.Module, ABC):
    """Where features become a code.

    Attributes:
        kind: What a bundle calls it.
        probabilistic: Whether it has a posterior with a width and a prior of its own.
        latent_dim: D.
        outputs: Names of the tensors that describe one posterior.
    """

    kind: ClassVar[str]
    probabilistic: ClassVar[bool]
    outputs: ClassVar[tuple[str, ...]]

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        self.latent_dim = latent_dim

    @abstractmethod
    def connect(self, widths: Sequence[int]) -> None:
        """Makes the heads that read the encoder's features, given their widths by level."""

    @abstractmethod
    def forward(self, features: list[Tensor]) -> Posterior:
        """q(z|x) from the features of each level, shape (B, width) each."""

    @abstractmethod
    def draw(self, n: int, temperature: float = 1.0) -> Tensor:
        """Codes from the prior, shape (n, D), their distance from its mean scaled by temperature."""

    @abstractmethod
    def prior_spec(self) -> dict[str, object]:
        """The prior as a bundle's card states it."""

    def fit_prior(self, codes: Tensor) -> None:
        """Called once with codes of the training split, shape (N, D); a true prior ignores them."""


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
        return temperature * torch.randn(n, self.latent_dim, device=self.mu.weight.device)

    def prior_spec(self) -> dict[str, object]:
        return {"kind": "standard-normal"}


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
