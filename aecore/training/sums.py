"""Means over an epoch, kept on the device until somebody asks."""

from __future__ import annotations

from torch import Tensor

from aecore.step import Losses


class Sums:
    """Running sums of losses and their terms, weighted by batch size."""

    def __init__(self) -> None:
        self.totals: dict[str, Tensor] = {}
        self.counts: dict[str, int] = {}

    def add(self, losses: Losses, size: int, prefix: str = "") -> None:
        """Adds the batch means of one player on ``size`` examples."""
        for name, value in {"loss": losses.loss.detach(), **losses.report}.items():
            key = prefix + name
            self.totals[key] = self.totals[key] + value * size if key in self.totals else value * size
            self.counts[key] = self.counts.get(key, 0) + size

    def means(self) -> dict[str, float]:
        """Every mean as a number; waits for the device."""
        return {name: float(total) / self.counts[name] for name, total in self.totals.items()}
