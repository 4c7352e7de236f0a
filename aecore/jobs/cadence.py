"""How often a live training is filmed: as often as the eye needs, and as the training can bear."""

from __future__ import annotations

import math

MOST_FRAMES = 12.0  # a second, at full speed
SHARE = 1 / 3  # of the time, that frames may take


class Cadence:
    """How many steps lie between two frames: a power of two, so that two takes have frames in common.

    Attributes:
        every: Steps; a frame is taken where their number divides that of the step.
    """

    def __init__(self) -> None:
        self.every = 1
        self.cost = self.step = 0.0

    def learn(self, cost: float, between: float, steps: int) -> None:
        """A frame took ``cost`` seconds, and the ``steps`` before it took ``between``."""
        new = between / max(steps, 1)
        self.cost = cost if not self.cost else 0.7 * self.cost + 0.3 * cost
        self.step = new if not self.step else 0.7 * self.step + 0.3 * new
        apart = max(self.cost * (1 / SHARE - 1), 1 / MOST_FRAMES - self.cost)
        wanted = apart / max(self.step, 1e-6)
        self.every = 2 ** min(12, max(0, math.ceil(math.log2(max(wanted, 1)))))
