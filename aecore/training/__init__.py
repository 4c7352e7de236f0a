"""Training: one small loop, and the events it tells."""

from aecore.training.device import available, resolve
from aecore.training.divergence import Diverged
from aecore.training.events import EpochEnd, Event, Finished, Progress
from aecore.training.fit import Fit
from aecore.training.randomness import Randomness

__all__ = [
    "Diverged",
    "EpochEnd",
    "Event",
    "Finished",
    "Fit",
    "Progress",
    "Randomness",
    "available",
    "resolve",
]
