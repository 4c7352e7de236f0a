"""A posterior that a chain of autoregressive steps bends away from a Gaussian."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from aecore.bottlenecks.bottleneck import Bottleneck
from aecore.bottlenecks.posteriors import GaussianPosterior, Sampled, bound_softly, in_full

OPEN = 1.5  # bias of s at the start: σ = 0.82, close to passing z on as it is


class AutoregressiveStep(nn.Module):
    r"""One step: every dimension is moved by what the dimensions before it, and x, say.

    .. math:: z'_i = \sigma_i z_i + (1 - \sigma_i) m_i, \qquad
              \sigma_i = \mathrm{sigmoid}(s_i), \quad (m_i, s_i) = f_i(z_1, \dots, z_{i-1}, h)

    f is a perceptron of one hidden layer whose weights are masked: hidden unit k has a degree
    from 0 to D − 1, reads the dimensions up to it and writes to those beyond it. So the Jacobian is
    triangular, and log |det| = Σ log σ.

    Args:
        dim: D.
        context: Width of h, the features of x.
        hidden: Hidden units; no fewer than D are made.
        backwards: Whether the dimensions are taken from last to first.

    Source:
        Kingma et al. (2016), eqs. 12 to 14, https://arxiv.org/abs/1606.04934; the masks are MADE's,
        Germain et al. (2015), https://arxiv.org/abs/1502.03509
    """

    reads: Tensor
    writes: Tensor
    place: Tensor

    def __init__(self, dim: int, context: int, hidden: int, *, backwards: bool) -> None:
        super().__init__()
        hidden = max(hidden, dim)
        place = torch.arange(1, dim + 1)
        place = place.flip(0) if backwards else place
        degree = torch.arange(hidden) % dim
        masks = {"reads": degree[:, None] >= place, "writes": (place[:, None] > degree).repeat(2, 1)}
        for name, mask in masks.items():  # (H, D) and (2D, H)
            self.register_buffer(name, mask.float(), persistent=False)
        self.register_buffer("place", place, persistent=False)
        self.read = nn.Linear(dim, hidden)
        self.hear = nn.Linear(context, hidden, bias=False)
        self.write = nn.Linear(hidden, 2 * dim)
        with torch.no_grad():
            self.write.weight *= 0.1
            self.write.bias.copy_(torch.tensor([0.0, OPEN]).repeat_interleave(dim))

    def gates(self, z: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        """m and log σ, shape (…, B, D) each, from codes of that shape and features (B, context)."""
        hidden = F.elu(F.linear(z, self.read.weight * self.reads, self.read.bias) + self.hear(h))
        m, s = F.linear(hidden, self.write.weight * self.writes, self.write.bias).chunk(2, -1)
        return m, F.logsigmoid(s)

    def forward(self, z: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        """z′, shape (…, B, D), and log |det ∂z′/∂z|, shape (…, B)."""
        m, log_sigma = self.gates(z, h)
        sigma = log_sigma.exp()
        return sigma * z + (1 - sigma) * m, log_sigma.sum(-1)

    def inverse(self, z: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        """What ``forward`` turned into z, shape (…, B, D), and its log |det|: D passes, one a dimension."""
        before = torch.zeros_like(z)
        for i in range(1, z.shape[-1] + 1):
            m, log_sigma = self.gates(before, h)
            solved = (z - (1 - log_sigma.exp()) * m) * (-log_sigma).exp()
            before = torch.where(self.place == i, solved, before)
        return before, self.gates(before, h)[1].sum(-1)


class FlowPosterior(Sampled):
    r"""q(z|x): a Gaussian code sent through the steps.

    .. math:: \log q(z_T|x) = \log \mathcal{N}(z_0; \mu(x), \sigma^2(x))
              - \sum_t \log |\det \partial z_t / \partial z_{t-1}|

    The code that stands for x is what the steps make of μ(x): near the mode, not the exact mean.

    Args:
        base: N(μ, σ²), shape (B, D).
        h: Features of x that every step hears, shape (B, context).
        steps: Taken in this order.

    Source:
        Kingma et al. (2016), eq. 11. https://arxiv.org/abs/1606.04934
    """

    def __init__(self, base: GaussianPosterior, h: Tensor, steps: Sequence[AutoregressiveStep]) -> None:
        self.base, self.h, self.steps = base, h, steps
        self._log_q: Tensor | None = None

    def push(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """z₀ through all steps, shape (…, B, D), and the sum of log |det|, shape (…, B)."""
        total = torch.zeros_like(z[..., 0])
        for step in self.steps:
            z, log_det = step(z, self.h)
            total = total + log_det
        return z, total

    @property
    def mean(self) -> Tensor:
        return self.push(self.base.mu)[0]

    def draw(self) -> Tensor:
        start = self.base.sample()
        z, log_det = self.push(start)
        self._log_q = self.base.log_prob(start) - log_det
        return z

    def tensors(self) -> dict[str, Tensor]:
        return {"z": self.mean}

    def log_prob(self, z: Tensor) -> Tensor:
        if z is self._last and self._log_q is not None:
            return self._log_q  # known from the way there
        total = torch.zeros_like(z[..., 0])
        for step in reversed(self.steps):
            z, log_det = step.inverse(z, self.h)
            total = total + log_det
        return self.base.log_prob(z) - total


class InverseAutoregressiveFlow(Bottleneck):
    """A posterior richer than a diagonal Gaussian; p(z) = N(0, I).

    Args:
        latent_dim: D.
        steps: Autoregressive steps, each in the other direction than the one before.
        hidden: Hidden units of each step, and numbers that it is told of x.
    """

    kind = "flow"
    probabilistic = True
    outputs = ("z",)

    def __init__(self, latent_dim: int, steps: int = 4, hidden: int = 128) -> None:
        super().__init__(latent_dim)
        self.hidden = hidden
        self.steps = nn.ModuleList(
            AutoregressiveStep(latent_dim, hidden, hidden, backwards=k % 2 == 1) for k in range(steps)
        )

    def connect(self, widths: Sequence[int]) -> None:
        self.mu = nn.Linear(widths[-1], self.latent_dim)
        self.logvar = nn.Linear(widths[-1], self.latent_dim)
        self.context = nn.Linear(widths[-1], self.hidden)

    def forward(self, features: list[Tensor]) -> FlowPosterior:
        top = features[-1]
        base = GaussianPosterior(in_full(self.mu(top)), bound_softly(in_full(self.logvar(top))))
        steps = cast(list[AutoregressiveStep], list(self.steps))
        return FlowPosterior(base, in_full(self.context(top)), steps)

    def draw(self, n: int, temperature: float = 1.0) -> Tensor:
        return temperature * torch.randn(n, self.latent_dim, device=self.mu.weight.device)

    def prior_spec(self) -> dict[str, object]:
        return {"kind": "standard-normal"}
