r"""Priors :math:`p(z)` that codes are held to: where a draw of the normal distribution is carried.

Each is a function of M standard normal numbers, so that it can be drawn from wherever there are
normal numbers: in PyTorch, in a browser. The first of them gives a uniform :math:`u = \Phi(\epsilon_1)`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from aecore.errors import UserError

GRID = 10_000  # values of u over which a prior's moments are summed

RING_RADIUS, RING_OUTWARD, RING_ALONG = 2.0, 0.5, 0.2
ROLL_RADIUS, ROLL_TURNS, ROLL_WIDTH = 3.0, 2.0, 0.1


class Prior(nn.Module, ABC):
    """p(z) over codes of D numbers.

    Attributes:
        kind: As a bundle's card names it.
        latent_dim: D.
        noise_dim: M, the standard normal numbers that one draw takes.
        parts: K, the parts of equal weight that classes can be given; 0 if it has none.
    """

    kind: ClassVar[Literal["standard-normal", "function"]]
    latent_dim: int
    noise_dim: int
    parts: int = 0

    @abstractmethod
    def forward(self, noise: Tensor, label: Tensor | None = None) -> Tensor:
        """Codes, shape (B, D), from ``noise``, shape (B, M).

        With ``label``, shape (B,), each from the part of that number; where it is −1, from anywhere.
        """

    @abstractmethod
    def moments(self) -> tuple[Tensor, Tensor]:
        """Mean, shape (D,), and covariance, shape (D, D)."""


class StandardNormal(Prior):
    """N(0, I)."""

    kind = "standard-normal"

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        self.latent_dim = self.noise_dim = latent_dim

    def forward(self, noise: Tensor, label: Tensor | None = None) -> Tensor:
        return noise

    def moments(self) -> tuple[Tensor, Tensor]:
        return torch.zeros(self.latent_dim), torch.eye(self.latent_dim)


class Planar(Prior):
    """A figure in the first two dimensions, N(0, 1) in each of the others.

    Along the figure runs u in [0, 1); part k of K is where u is in [k/K, (k + 1)/K).

    Raises:
        UserError: If codes have one dimension.
    """

    kind = "function"

    def __init__(self, latent_dim: int, parts: int) -> None:
        super().__init__()
        if latent_dim < 2:
            raise UserError("This prior is a figure in a plane: --latent-dim is 2 or more.")
        self.latent_dim, self.noise_dim, self.parts = latent_dim, latent_dim + 1, parts

    @abstractmethod
    def place(self, u: Tensor, offset: Tensor) -> Tensor:
        """Points of the plane, shape (B, 2), linear in standard normal ``offset`` (B, 2) about u (B,)."""

    def forward(self, noise: Tensor, label: Tensor | None = None) -> Tensor:
        u = 0.5 * (1 + torch.erf(noise[:, 0] / math.sqrt(2)))
        if label is not None:
            u = torch.where(label >= 0, (label + u) / self.parts, u)
        return torch.cat([self.place(u, noise[:, 1:3]), noise[:, 3:]], 1)

    def moments(self) -> tuple[Tensor, Tensor]:
        # Four offsets with the mean and covariance of N(0, I): exact, since place is linear in them.
        root = math.sqrt(2)
        offsets = torch.tensor([[root, 0.0], [-root, 0.0], [0.0, root], [0.0, -root]]).double()
        u = (torch.arange(GRID, dtype=torch.float64) + 0.5) / GRID
        points = self.place(u.repeat(4), offsets.repeat_interleave(GRID, 0))
        mean = torch.zeros(self.latent_dim, dtype=torch.float64)
        cov = torch.eye(self.latent_dim, dtype=torch.float64)
        mean[:2], cov[:2, :2] = points.mean(0), torch.cov(points.T, correction=0)
        return mean.float(), cov.float()


class Ring(Planar):
    """A mixture of K Gaussians on a circle, each longer outwards than along it.

    Source:
        Makhzani et al. (2015), figure 4, has ten; the radius 2 and the deviations 0.5 and 0.2 are ours.
        https://arxiv.org/abs/1511.05644
    """

    def place(self, u: Tensor, offset: Tensor) -> Tensor:
        mode = (u * self.parts).floor().clamp(max=self.parts - 1)
        angle = 2 * math.pi / self.parts * mode
        out, along = RING_RADIUS + RING_OUTWARD * offset[:, 0], RING_ALONG * offset[:, 1]
        cos, sin = angle.cos(), angle.sin()
        return torch.stack([out * cos - along * sin, out * sin + along * cos], 1)


class SwissRoll(Planar):
    """A spiral of two turns, evenly dense along its length but for its middle, a little thick.

    Source:
        Makhzani et al. (2015), figure 4; the radius 3 and the deviation 0.1 are ours.
        https://arxiv.org/abs/1511.05644
    """

    def place(self, u: Tensor, offset: Tensor) -> Tensor:
        root = u.sqrt()
        angle, radius = 2 * math.pi * ROLL_TURNS * root, ROLL_RADIUS * root
        return torch.stack([radius * angle.cos(), radius * angle.sin()], 1) + ROLL_WIDTH * offset
