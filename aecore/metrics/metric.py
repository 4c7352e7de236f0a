"""What a number in a card means. No torch here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Metric:
    """What a number in a card means.

    Attributes:
        title: Name for people.
        unit: What it is measured in, empty for a pure number.
        better: Which direction is better, ``neither`` where none is by itself.
        help: What was computed, on what, and whether a mean or a sample of q(z|x) was used.
        square: Whether it estimates a square without bias; below zero it is zero, as far as one can tell.
    """

    title: str
    unit: str
    better: Literal["lower", "higher", "neither"]
    help: str
    square: bool = False
