"""Short runs that end before their time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from aecore.runs import Run
from aecore.training import EpochEnd, Event
from tests.aecore.conftest import TINY

Trained = tuple[dict[str, Tensor], list[dict[str, Any]]]


class Crash(Exception):
    """The power goes."""


def crash_after(epochs: int) -> Callable[[Event], None]:
    def listen(event: Event) -> None:
        if isinstance(event, EpochEnd) and event.epoch == epochs:
            raise Crash

    return listen


def begin(name: str = "", **options: Any) -> Run:
    return Run.begin({**TINY, "variant": "vae", "hidden": [16], **options}, name)
