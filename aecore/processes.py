"""What a process is started with that trains, or times a training, beside a page."""

from __future__ import annotations

import os
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
SPINS = "1000"
"""Turns of a loop in which a thread of PyTorch waits for the others before it sleeps. OpenMP's default of
300,000 is half as fast again alone; where a browser has the cores too, those turns are what a training spends
its time on (``python -m benchmarks.crowded``)."""


def environment() -> dict[str, str]:
    """Ours, with this very package found first, and threads that wait as :data:`SPINS` says."""
    paths = [str(PACKAGE), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"GOMP_SPINCOUNT": SPINS, **os.environ, "PYTHONPATH": os.pathsep.join(paths)}
