"""kill -9 at random moments, and what must hold all along: for the test of it and ``benchmarks.faults``."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from aecore.bundles import damaged, list_bundles, open_bundle
from aecore.errors import UserError
from aecore.jobs import command, job
from aecore.jobs.records import ENDED
from aecore.jobs.store import Store
from tests.aecore.jobs.processes import PATIENCE, alive

LEAVE = 15.0  # seconds a worker may outlive its supervisor: ten are promised, the rest is a busy machine's


class Cast(Protocol):
    """The processes of one user's folder."""

    def pids(self, role: str) -> list[int]:
        """Those of a role, ``worker``, ``supervisor`` or ``server``, that run now."""

    def revive(self) -> None:
        """Starts again what people start: a server, and whoever runs the queue."""


@dataclass
class Tally:
    """What has been found so far.

    Attributes:
        rounds: How often somebody was killed.
        killed: Processes by their role.
        resumed: How often a run whose worker was killed was resumed.
        finished: Bundle of each job that was ever said to be done.
        corrupt: Bundles, and the store, that cannot be read, and bundles that lack an epoch.
        lost: Jobs that are gone, or whose bundle is.
        failed: Jobs that ended otherwise than by a kill, with the reason.
        orphans: Workers that outlived their supervisor by more than ``LEAVE``, and what was left at the end.
    """

    rounds: int = 0
    killed: Counter[str] = field(default_factory=Counter)
    resumed: int = 0
    finished: dict[str, str] = field(default_factory=dict)
    corrupt: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)
    orphans: set[int] = field(default_factory=set)


class Siege:
    """Kills, looks, and lets the survivors go on.

    Args:
        cast: Whom.
        token: Of whose the jobs are: a run that was killed is resumed, as its owner would.
        moments: When.
        longest: Seconds between two kills at most.
    """

    def __init__(self, cast: Cast, token: str, moments: Random, longest: float) -> None:
        self.cast, self.token, self.moments, self.longest = cast, token, moments, longest
        self.jobs: dict[str, int] = {}
        self.leaving: dict[int, float] = {}
        self.tally = Tally()

    def entrust(self, id: str, epochs: int) -> None:  # noqa: A002
        """A job that is to end well, and how many epochs it has."""
        self.jobs[id] = epochs

    @property
    def open(self) -> int:
        """Jobs that are not done yet."""
        return len(self.jobs.keys() - self.tally.finished.keys() - self.tally.failed.keys())

    def round(self, roles: Sequence[str]) -> None:
        """Waits for a moment, kills every process of those roles, looks at what is left, and revives.

        It counts only if somebody was killed: where nobody is, nothing is tried.
        """
        time.sleep(self.moments.uniform(0, self.longest))
        victims = [(role, pid) for role in roles for pid in self.cast.pids(role)]
        self.moments.shuffle(victims)
        if any(role == "supervisor" for role, _ in victims):
            until_when = time.monotonic() + LEAVE
            self.leaving |= {pid: until_when for pid in self.cast.pids("worker") if pid not in self.leaving}
        killed: Counter[str] = Counter()
        for role, pid in victims:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                killed[role] += 1
        self.tally.killed += killed
        self.tally.rounds += bool(killed)
        self.look()
        self.cast.revive()

    def look(self) -> None:
        """Whatever must hold at any moment; runs that were killed go on."""
        tally = self.tally
        tally.corrupt |= {f"{folder.parent.name}/{folder.name}" for folder, _ in damaged()}
        with Store() as store:
            if store.database.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
                tally.corrupt.add("jobs.db")
            found = {each.id: each for each in store.jobs()}
        tally.lost |= self.jobs.keys() - found.keys()
        for each in found.values():
            if each.state == "done":
                tally.finished[each.id] = each.bundle
            elif each.state == "failed" and "killed" in each.message:
                command(each.id, self.token, "resume")
                tally.resumed += 1
            elif each.state in ENDED:
                tally.failed[each.id] = each.message or each.state
        there = {bundle.id for bundle in list_bundles()}
        tally.lost |= {done for done, bundle in tally.finished.items() if bundle not in there}
        now = time.monotonic()
        tally.orphans |= {pid for pid, end in self.leaving.items() if end < now and alive(pid)}
        self.leaving = {pid: end for pid, end in self.leaving.items() if alive(pid)}

    def settle(self, patience: float = PATIENCE) -> Tally:
        """Lets every job come to its end, and reads each bundle to its last byte; nobody is killed any more.

        Args:
            patience: Seconds after which a queue that has not come to its end is taken to stand still.

        Raises:
            AssertionError: If it does.
        """
        end = time.monotonic() + patience
        self.look()
        while self.open:
            assert time.monotonic() < end, f"the queue stands still: {self.tally}"
            time.sleep(0.1)
            self.look()
        for id in self.jobs.keys() & self.tally.finished.keys():  # noqa: A001
            name = job(id).bundle
            try:
                bundle = open_bundle(name)
                for file in bundle.card.files:
                    bundle.read(file)
                whole = len(bundle.history) == self.jobs[id]
            except (UserError, OSError):
                whole = False
            if not whole:
                self.tally.corrupt.add(name)
        return self.tally

    def remaining(self, *roles: str, seconds: float = LEAVE) -> None:
        """Notes as orphans what is left of those roles after some seconds."""
        end = time.monotonic() + seconds
        while (left := {pid for role in roles for pid in self.cast.pids(role)}) and time.monotonic() < end:
            time.sleep(0.05)
        self.tally.orphans |= left
