"""What tests of runs share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.aecore.runs.crashed import Trained


@pytest.fixture
def finished(monkeypatch: pytest.MonkeyPatch) -> list[Trained]:
    """What bundles would have been made of: weights, and history without its times."""
    made: list[Trained] = []

    def make_bundle(folder: Path, model: Any, data: Any, config: Any, history: Any, **_: Any) -> None:
        times = ("seconds", "examples_per_s")
        kept = [{name: value for name, value in line.items() if name not in times} for line in history]
        made.append(({name: value.clone() for name, value in model.state_dict().items()}, kept))

    monkeypatch.setattr("aecore.runs.run.make_bundle", make_bundle)
    return made
