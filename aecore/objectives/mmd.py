r"""Maximum mean discrepancy: how far two samples are from being of one distribution.

.. math:: \mathrm{MMD}^2(q, p) = \mathbb{E}_{z, z' \sim q} k(z, z') + \mathbb{E}_{y, y' \sim p} k(y, y')
          - 2\,\mathbb{E}_{z \sim q, y \sim p} k(z, y)

Estimated without bias (a U-statistic: no code is compared with itself), so its mean is 0 where
q = p, and a batch's value may be a little below 0.

Source:
    Gretton et al. (2012), lemma 6, eq. 3. https://www.jmlr.org/papers/v13/gretton12a.html
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor

from aecore.objectives.objective import Model, Term
from aecore.step import Pass, Step

SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
ROWS = 1000  # as many codes at a time, so that memory grows with N, not with N²


@dataclass(frozen=True)
class Kernel(ABC):
    """k(z, z') as a function of ‖z − z'‖².

    Attributes:
        width: Squared distance that it takes for far; 2D is the mean one of two draws of N(0, I).
    """

    width: float

    @abstractmethod
    def __call__(self, squared: Tensor) -> Tensor:
        """k of squared distances, in their shape."""


class IMQ(Kernel):
    """Inverse multiquadratics of seven scales, Σ_s sC/(sC + ‖z − z'‖²): heavy tails pull stray codes.

    Source:
        Tolstikhin et al. (2018), section 4, C = 2D, and the scales of the authors' code.
        https://arxiv.org/abs/1711.01558
    """

    def __call__(self, squared: Tensor) -> Tensor:
        total = torch.zeros_like(squared)
        for scale in SCALES:
            total = total + scale * self.width / (scale * self.width + squared)
        return total


class RBF(Kernel):
    """exp(−‖z − z'‖²/C): one scale, which hardly feels a code far from all others."""

    def __call__(self, squared: Tensor) -> Tensor:
        return torch.exp(-squared / self.width)


KERNELS: dict[str, type[Kernel]] = {"imq": IMQ, "rbf": RBF}


def mmd2(x: Tensor, y: Tensor, kernel: Kernel) -> Tensor:
    """Unbiased estimate of MMD² from codes (N, D) and (M, D), shape (); 0 where one has fewer than two."""
    n, m = len(x), len(y)
    if min(n, m) < 2:
        return 0.0 * x.sum()
    itself = kernel(x.new_zeros(()))  # k(z, z)
    within_x = (_total(x, x, kernel) - n * itself) / (n * (n - 1))
    within_y = (_total(y, y, kernel) - m * itself) / (m * (m - 1))
    return within_x + within_y - 2 * _total(x, y, kernel) / (n * m)


def _total(x: Tensor, y: Tensor, kernel: Kernel) -> Tensor:
    """Σ k(x_i, y_j) over all pairs, shape ()."""
    lengths = y.square().sum(1)
    total = x.new_zeros(())
    for part in x.split(ROWS):
        squared = part.square().sum(1, keepdim=True) + lengths - 2 * part @ y.T  # (≤ ROWS, M)
        total = total + kernel(squared.clamp(min=0)).sum()
    return total


class MMD(Term):
    """MMD² between the codes of a batch and as many draws of N(0, I).

    Source:
        Tolstikhin et al. (2018), algorithm 2. https://arxiv.org/abs/1711.01558
    """

    name = "mmd"
    per = "batch"
    unit = "MMD²"
    latex = r"\mathrm{MMD}^2(q(z), p(z))"

    def __init__(self, kernel: Kernel) -> None:
        super().__init__()
        self.kernel = kernel

    def forward(self, model: Model, step: Step, passed: Pass) -> Tensor:
        return mmd2(passed.z, torch.randn_like(passed.z), self.kernel)  # ()
