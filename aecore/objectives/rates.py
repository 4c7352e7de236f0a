"""Prices that a multi-rate model is asked for: a β of each example."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from aecore.objectives.schedules import Schedule
from aecore.step import Step


@dataclass(frozen=True)
class Asked(Schedule):
    """The β that each example was asked for, shape (B,); 1 where none was.

    Attributes:
        warmup: Part of the training over which it rises in a straight line from 0 to what was asked for, so
            that every dimension is in use before one is worth giving up; 0: it is there at once.
    """

    warmup: float = 0.0

    def __call__(self, step: Step) -> float | Tensor:
        if step.log_beta is None:
            return 1.0
        return step.log_beta.exp() * (min(1.0, step.progress / self.warmup) if self.warmup else 1.0)

    def __str__(self) -> str:
        return r"\beta"


@dataclass(frozen=True)
class Prices:
    """Draws log β for a batch: one from each of B strata of its range, in random order.

    It is uniform over the range, as published, or its arcsine law holds, which is dense at both ends: what is
    learned in the middle serves either side, but an end has neighbours on one side alone.

    Attributes:
        low, high: The range of β.
        margin: By how much log β goes beyond either end, so that the ends have neighbours too.
        arcsine: Whether the ends are drawn more often.
    """

    low: float
    high: float
    margin: float = 0.0
    arcsine: bool = False

    def __call__(self, n: int, device: torch.device) -> Tensor:
        """log β of n examples, shape (n,)."""
        share = (torch.randperm(n, device=device) + torch.rand(n, device=device)) / n
        if self.arcsine:
            share = (1 - (math.pi * share).cos()) / 2
        start, end = math.log(self.low) - self.margin, math.log(self.high) + self.margin
        return start + (end - start) * share
