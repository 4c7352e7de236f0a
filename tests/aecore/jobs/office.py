"""A supervisor turned by hand, whose workers only say that they run."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from aecore.jobs.records import Spec
from aecore.jobs.settings import Limits
from aecore.jobs.store import Store
from aecore.jobs.supervisor import Supervisor

SPEC = Spec("vae", "digits")
LIVE = replace(SPEC, kind="live")


class Worker:
    """A process that ends when a test says so."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words, self.pid, self.status = tuple(words), 4_000_000, None  # type: tuple[str, ...], int, int | None
        self.stdin: IO[bytes] | None = BytesIO()

    def poll(self) -> int | None:
        return self.status

    def kill(self) -> None:
        self.status = -signal.SIGKILL


class Office:
    """A supervisor, turned by hand."""

    def __init__(self) -> None:
        self.workers: list[Worker] = []
        self.store = Store()
        self.supervisor = Supervisor(self.launch)

    def launch(self, words: Sequence[str], log: Path) -> Worker:
        self.workers.append(Worker(words))
        return self.workers[-1]

    def add(self, spec: Spec = SPEC, owner: str = "me", device: str = "cpu") -> str:
        return self.store.add(spec, owner, device, 99, 99).id

    def turn(self, **settings: Any) -> list[str]:
        """One look; the ids that it started."""
        before = len(self.workers)
        self.supervisor._turn(self.store, Limits(**settings))
        return [worker.words[0] for worker in self.workers[before:]]

    def end(self, job: str, status: int = 0, **columns: Any) -> None:
        """A worker says how it ended, and does."""
        if columns:
            self.store.update(job, **columns)
        next(each for each in self.workers[::-1] if each.words == (job,)).status = status
