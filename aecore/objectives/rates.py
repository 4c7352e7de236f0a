"""Prices that a multi-rate model is asked for: a β of each example."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from aecore.objectives.schedules import Schedule
from aecore.step import Step

SQUEEZED = 0.15  # share of the range of log β that a curriculum starts with


class Asked(Schedule):
    """The β that each example was asked for, shape (B,); 1 where none was."""

    def __call__(self, step: Step) -> float | Tensor:
        return 1.0 if step.log_beta is None else step.log_beta.exp()

    def __str__(self) -> str:
        return r"\beta"


@dataclass(frozen=True)
class Prices:
    """Draws log β for a batch: one from each of B equal strata of its range, in random order.

    Early in training they are squeezed towards the low end L, where no dimension is worth giving up:
    log β ← L + (log β − L)(.15 + .85 p), p rising from 0 to 1 over the curriculum.

    Attributes:
        low, high: The range of β.
        margin: By how much log β goes beyond either end, so that the ends have neighbours too.
        curriculum: Share of the training that it takes; 0 for none.
    """

    low: float
    high: float
    margin: float = 0.0
    curriculum: float = 0.0

    def __call__(self, n: int, progress: float, device: torch.device) -> Tensor:
        """log β of n examples, shape (n,), when a share ``progress`` of the training is done."""
        share = (torch.randperm(n, device=device) + torch.rand(n, device=device)) / n
        p = min(1.0, progress / self.curriculum) if self.curriculum else 1.0
        start, end = math.log(self.low) - self.margin, math.log(self.high) + self.margin
        return start + (end - start) * (SQUEEZED + (1 - SQUEEZED) * p) * share
