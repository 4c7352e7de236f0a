"""Reconstructions compared by what a network sees in them, not pixel by pixel."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from aecore.nets.frozen import frozen
from aecore.objectives.objective import Model, Term
from aecore.step import Pass, Step


class Perceptual(Term):
    """Half the squared distance of the features of target and reconstruction, summed over levels.

    That is −log of a Gaussian with σ = 1 around the reconstruction's features, without its constant.
    The network that judges is frozen: the gradient runs through it to who made the reconstruction.
    It is no part of the term, and so of no bundle, unless the model makes it one of its own.

    Args:
        judge: A module with ``features``, on the examples' device.

    Source:
        Larsen et al. (2016), eq. 7. https://arxiv.org/abs/1512.09300; Hou et al. (2017), over
        several levels. https://arxiv.org/abs/1610.00291
    """

    name = "perceptual"
    unit = "squared features"
    latex = r"\tfrac12 \sum_l \lVert \varphi_l(x) - \varphi_l(\hat x) \rVert^2"

    def __init__(self, judge: nn.Module) -> None:
        super().__init__()
        self._judge = (judge,)  # a tuple hides a module from its parent

    @property
    def judge(self) -> Any:
        """The network whose features are compared."""
        return self._judge[0]

    def forward(self, model: Model, step: Step, passed: Pass) -> Tensor:
        return self.distance(model.likelihood.mean(passed.raw), step.target)  # (B,)

    def distance(self, x: Tensor, target: Tensor) -> Tensor:
        """Of examples in the data's units, shape (B, *shape) each, as (B,)."""
        with frozen(self.judge):
            with torch.no_grad():
                wanted = self.judge.features(target)
            pairs = zip(self.judge.features(x), wanted, strict=True)
            levels = [0.5 * (a - b).square().flatten(1).sum(1) for a, b in pairs]
        return torch.stack(levels).sum(0)
