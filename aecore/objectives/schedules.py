"""Weights that change while training goes on, as functions of the step's progress."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from torch import Tensor

from aecore.step import Step


class Schedule(ABC):
    """A weight as a function of the step."""

    @abstractmethod
    def __call__(self, step: Step) -> float | Tensor:
        """The weight now: one number, or one per example, shape (B,)."""

    @abstractmethod
    def __str__(self) -> str:
        """Its value as an equation prints it."""


@dataclass(frozen=True)
class Constant(Schedule):
    """The same weight throughout."""

    value: float

    def __call__(self, step: Step) -> float:
        return self.value

    def __str__(self) -> str:
        return f"{self.value:g}"


@dataclass(frozen=True)
class Ramp(Schedule):
    """From ``start`` to ``end`` in a straight line over the first ``share`` of training, then flat.

    Source:
        Bowman et al. (2016), KL annealing. https://arxiv.org/abs/1511.06349
    """

    start: float
    end: float
    share: float = 1.0

    def __call__(self, step: Step) -> float:
        return self.start + (self.end - self.start) * min(1.0, step.progress / self.share)

    def __str__(self) -> str:
        return f"({self.start:g} \\to {self.end:g})"


@dataclass(frozen=True)
class Cyclical(Schedule):
    """From 0 to ``end`` again and again: a ramp over ``share`` of each of ``cycles``, then flat.

    Source:
        Fu et al. (2019), eqs. 6 and 7. https://arxiv.org/abs/1903.10145
    """

    end: float
    cycles: int = 4
    share: float = 0.5

    def __call__(self, step: Step) -> float:
        if step.progress >= 1:
            return self.end
        within = (step.progress * self.cycles) % 1.0
        return self.end * min(1.0, within / self.share)

    def __str__(self) -> str:
        return f"({self.cycles} \\times 0 \\to {self.end:g})"
