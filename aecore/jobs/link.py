"""What ties a worker to its supervisor and to the store: a pipe, and a look now and then."""

from __future__ import annotations

import math
import os
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from aecore.jobs.records import Command, Standing
from aecore.jobs.store import Store, Unwritable

GRACE = 8.0  # seconds a worker has to put its state aside once its supervisor is gone
LOOK = 0.05  # seconds between two looks into the store
TELL = 0.25  # seconds between two reports
GONE = 75  # exit status of a worker that was cut short


class Link:
    """Seen from the worker.

    Args:
        store: Of the thread that calls.
        job: Whose.

    Attributes:
        gone: Set once the supervisor is gone: what can be kept is to be kept now.
        sits: Whether this process holds the job's lock, so that the job's state is for it to say.
    """

    def __init__(self, store: Store, job: str) -> None:
        self.store, self.job = store, job
        self.gone = threading.Event()
        self.sits = False
        self._looked = self._told = -math.inf
        self._looks, self._watched = -1, time.monotonic()
        self._owed: dict[int, tuple[str, str]] = {}

    def watch(self, descriptor: int) -> None:
        """Waits for the end of a pipe that the supervisor holds open; past the grace the process ends."""

        def wait() -> None:
            with suppress(OSError):
                while os.read(descriptor, 1):
                    pass
            self.gone.set()
            time.sleep(GRACE)
            if self.sits:
                with suppress(Exception), Store(self.store.path) as store:
                    interrupt(store, self.job)
            sys.stderr.flush()
            os._exit(GONE)

        threading.Thread(target=wait, daemon=True).start()

    def commands(self, now: bool = False) -> list[Command]:
        """What was said since, the oldest first; looks at most twenty times a second unless ``now``."""
        if not now and time.monotonic() - self._looked < LOOK:
            return []
        self._looked = time.monotonic()
        self._settle()
        try:
            looks, said = self.store.job(self.job).looks, self.store.said(self.job, "waiting")
        except Unwritable:  # later
            return []
        if looks != self._looks:
            self._looks, self._watched = looks, self._looked
        return [command for command in said if command.number not in self._owed]

    @property
    def unwatched(self) -> float:
        """Seconds since somebody last said that they watch; no clock that is set changes it."""
        return time.monotonic() - self._watched

    def tell(self, standing: Standing | None = None, **columns: Any) -> None:
        """Reports; where only the standing is new, four times a second at most.

        A full disk is no reason to stop, and is said in the log.
        """
        if not columns and time.monotonic() - self._told < TELL:
            return
        self._told = time.monotonic()
        if standing:
            columns["standing"] = standing
        try:
            self.store.update(self.job, **columns)
        except ValueError as error:
            print(error, file=sys.stderr, flush=True)

    def answer(self, command: Command, refusal: str = "", state: str = "") -> None:
        """Says what became of a command: ``done``, or ``refused`` with a reason, once there is room."""
        self._owed[command.number] = (state or ("refused" if refusal else "done"), refusal)
        self._settle()

    def _settle(self) -> None:
        with suppress(Unwritable):
            for number, said in list(self._owed.items()):
                self.store.answer(number, *said)
                del self._owed[number]


def interrupt(store: Store, job: str) -> None:
    """Its worker is gone before its time: it waits for its turn, or goes on waiting where it was paused."""
    store.update(job, ["running"], state="interrupted", pid=None)
    store.update(job, ["paused"], pid=None)


def finite(terms: Mapping[str, float]) -> dict[str, float]:
    """The terms that are numbers: JSON knows no others."""
    return {name: value for name, value in terms.items() if math.isfinite(value)}
