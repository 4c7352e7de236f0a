"""The rate of a code of several levels, one term each."""

from __future__ import annotations

from torch import Tensor

from aecore.objectives.objective import Model, Term
from aecore.objectives.terms import kl_of
from aecore.step import Pass, Step


class LevelRate(Term):
    """Nats that one level of a ladder carries, given the level above it.

    Args:
        level: 1 is the one nearest to the data.
        sizes: Dimensions of each level, in that order.

    Source:
        Sønderby et al. (2016), section 2. https://arxiv.org/abs/1602.02282
    """

    def __init__(self, level: int, sizes: tuple[int, ...]) -> None:
        super().__init__()
        self.name = f"rate_{level}"
        start = sum(sizes[: level - 1])
        self.columns = slice(start, start + sizes[level - 1])
        top = level == len(sizes)
        given, prior = ("x", f"z_{level}") if top else (f"z_{level + 1}, x", f"z_{level}|z_{level + 1}")
        self.latex = rf"\mathrm{{KL}}(q_\phi(z_{level}|{given}) \parallel p_\theta({prior}))"

    def forward(self, model: Model, step: Step, passed: Pass) -> Tensor:
        return kl_of(passed)[:, self.columns].sum(1)  # (B,)
