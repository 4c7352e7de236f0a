r"""Restricted Boltzmann machines: a layer of a network, seen as an undirected model.

Visible units :math:`v` and hidden units :math:`h` share the energy

.. math:: E(v, h) = -b^\top v - c^\top h - h^\top W v,

and :math:`p(v, h) \propto e^{-E(v, h)}`. Real-valued units have a quadratic instead of a linear term,
:math:`\tfrac12 \lVert v - b \rVert^2` or :math:`\tfrac12 \lVert h - c \rVert^2`, and unit variance. Summed
over the hidden units, :math:`p(v) \propto e^{-F(v)}` with the free energy :math:`F`, so that

.. math:: -\nabla \log p(v) = \nabla F(v) - \mathbb{E}_{p(v')} \nabla F(v').

Contrastive divergence takes the expectation over what k steps of Gibbs sampling make of the data.

Source:
    Hinton (2002); Hinton & Salakhutdinov (2006). https://www.cs.toronto.edu/~hinton/absps/science.pdf
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from aecore.step import Losses

Units = Literal["bernoulli", "gaussian"]


@dataclass(frozen=True)
class Boltzmann:
    """An RBM of V visible and H hidden units, around parameters that belong to somebody else.

    Attributes:
        weight: W, shape (H, V).
        visible_bias: b, shape (V,).
        hidden_bias: c, shape (H,).
        visible, hidden: What the units are; Bernoulli ones may be given as probabilities.
    """

    weight: Tensor
    visible_bias: Tensor
    hidden_bias: Tensor
    visible: Units = "bernoulli"
    hidden: Units = "bernoulli"

    def up(self, v: Tensor) -> Tensor:
        """E[h|v], shape (B, V) to (B, H)."""
        return _mean(F.linear(v, self.weight, self.hidden_bias), self.hidden)

    def down(self, h: Tensor) -> Tensor:
        """E[v|h], shape (B, H) to (B, V)."""
        return _mean(F.linear(h, self.weight.T, self.visible_bias), self.visible)

    def free_energy(self, v: Tensor) -> Tensor:
        """F(v) up to a constant, shape (B,), nats."""
        reached = F.linear(v, self.weight, self.hidden_bias)
        if self.hidden == "bernoulli":
            hidden = F.softplus(reached).sum(1)
        else:
            hidden = 0.5 * (reached.square() - self.hidden_bias.square()).sum(1)
        if self.visible == "bernoulli":
            return -(v * self.visible_bias).sum(1) - hidden
        return 0.5 * (v - self.visible_bias).square().sum(1) - hidden

    @torch.no_grad()
    def gibbs(self, v: Tensor, steps: int) -> Tensor:
        """What ``steps`` rounds of sampling h given v and v given h make of v, shape (B, V)."""
        for _ in range(steps):
            v = _draw(self.down(_draw(self.up(v), self.hidden)), self.visible)
        return v

    def losses(self, v: Tensor, steps: int) -> Losses:
        """Contrastive divergence as a loss: its gradient is CD-k's, its value how ill h gives v back.

        CD-k follows no function. F(v) − F(v⁻), the negative sample v⁻ held fixed, has its gradient, but
        its value says nothing and is reported beside; epochs are compared by the reconstruction.

        Args:
            v: Data, shape (B, V).
            steps: k.

        Source:
            Hinton (2002), eq. 5. https://www.cs.toronto.edu/~hinton/absps/tr00-004.pdf
        """
        gap = (self.free_energy(v) - self.free_energy(self.gibbs(v, steps))).mean()
        with torch.no_grad():
            error = (v - self.down(self.up(v))).square().sum(1).mean()
        loss = gap + (error - gap).detach()
        return Losses(loss, {"reconstruction_error": error, "free_energy_gap": gap.detach()})


_MEANS: dict[Units, Callable[[Tensor], Tensor]] = {"bernoulli": torch.sigmoid, "gaussian": lambda x: x}


def _mean(reached: Tensor, units: Units) -> Tensor:
    return _MEANS[units](reached)


def _draw(mean: Tensor, units: Units) -> Tensor:
    return torch.bernoulli(mean) if units == "bernoulli" else mean + torch.randn_like(mean)
