"""What tests of the queue and of those who ask share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aecore.jobs import supervisor
from tests.aecore.jobs.office import Office
from tests.aecore.jobs.scripted import Make, Session


@pytest.fixture
def office(own_home: Path) -> Iterator[Office]:
    made = Office()
    yield made
    made.store.close()


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """How often a supervisor would have been started."""
    started: list[None] = []
    monkeypatch.setattr(supervisor, "start", lambda: started.append(None))
    return started


@pytest.fixture
def session(own_home: Any) -> Iterator[Make]:
    made: list[Session] = []

    def make(variant: str = "beta-vae", **options: Any) -> Session:
        made.append(Session(variant, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()
