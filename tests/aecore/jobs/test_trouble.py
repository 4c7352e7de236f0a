"""A machine that gives out: memory, processes, the clock. It is said, and the queue goes on."""

from __future__ import annotations

import errno
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from aecore.jobs.link import Link
from aecore.jobs.places import job_folder
from aecore.jobs.records import Spec
from aecore.jobs.store import Store
from aecore.jobs.worker import sit
from tests.aecore.jobs.office import LIVE, SPEC, Office
from tests.aecore.jobs.scripted import Make, Scripted

YEAR = 365 * 24 * 3600.0


def of_a_gpu(said: str, kind: type[Exception] = RuntimeError) -> Any:
    def ask(*_: Any) -> None:
        raise kind(said)

    return ask


@pytest.mark.parametrize(
    ("asks", "much"),
    [
        (of_a_gpu("CUDA out of memory. Tried to allocate 9.00 GiB. …", torch.OutOfMemoryError), "9.00 GiB"),
        (of_a_gpu("MPS backend out of memory. Tried to allocate 2.50 GB on …"), "2.50 GB"),
        (lambda *_: torch.empty(2**50), "4,503,599.6 GB"),
        (lambda *_: np.empty(2**50), "8.00 PiB"),
        (of_a_gpu("CUDA error: out of memory"), ""),
        (of_a_gpu("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), ""),
    ],
    ids=["cuda", "mps", "cpu", "numpy", "driver", "cublas"],
)  # fmt: skip
def test_too_little_memory_says_how_much_and_what_to_lower_and_the_queue_goes_on(
    office: Office, monkeypatch: pytest.MonkeyPatch, asks: Any, much: str
) -> None:
    a, b = office.add(), office.add()
    assert office.turn() == [a]
    monkeypatch.setattr("aecore.training.Fit._step", asks)
    with Store() as store:
        assert sit(store, Link(store, a), a) == 1
    office.end(a, 1)
    assert office.turn() == [b]
    job = office.store.job(a)
    assert (job.state, job.pid, job.bundle) == ("failed", None, "")
    assert job.ended
    assert "There is not enough memory for this. A smaller --batch-size needs less" in job.message
    assert job.message.endswith(f" It asked for {much} more.") if much else "asked for" not in job.message


def test_a_bundle_whose_process_cannot_start_is_refused_and_the_queue_goes_on(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    live, launch = office.add(LIVE), office.supervisor.launch
    office.store.update(live, state="stopped")
    number = office.store.say(live, "save", "mine").number

    def full(words: Sequence[str], log: Path) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(office.supervisor, "launch", full)
    assert office.turn() == []
    (said,) = office.store.said(live)
    assert (said.number, said.state, said.answer) == (
        number, "refused", "It cannot start: No space left on device.",
    )  # fmt: skip
    monkeypatch.setattr(office.supervisor, "launch", launch)
    train = office.add(SPEC)
    assert office.turn() == [train]


class Clock:
    """The clock that people set, which jumps."""

    def __init__(self) -> None:
        self.ahead, self.real = 0.0, time.time

    def __call__(self) -> float:
        return self.real() + self.ahead


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(time, "time", made)
    return made


@pytest.mark.parametrize("jump", [-30 * YEAR, YEAR])
def test_a_clock_that_jumps_changes_no_order_and_ends_nothing(
    office: Office, clock: Clock, jump: float
) -> None:
    a, watched = office.add(), office.add(LIVE)
    assert office.turn() == [a, watched]
    link = Link(office.store, watched)
    assert link.commands() == []
    clock.ahead = jump
    b = office.add()
    clock.ahead = 0.0
    c = office.add()
    assert [job.id for job in office.store.jobs()] == [a, watched, b, c]
    assert office.turn() == []
    clock.ahead = jump
    assert link.commands(now=True) == []
    assert link.unwatched < 60  # or a live training would end
    assert office.turn() == []
    assert {office.store.job(each).state for each in (a, watched)} == {"running"}
    office.end(a, state="done", pid=None)
    assert office.turn() == [b]
    clock.ahead = 0.0
    office.end(b, state="done", pid=None)
    assert office.turn() == [c]


def test_a_clock_that_jumps_while_it_trains_leaves_its_times_and_its_end_as_they_are(
    office: Office, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    histories: list[list[dict[str, Any]]] = []

    def make_bundle(folder: Path, *given: Any, **named: Any) -> Any:
        histories.append(list(given[3]))
        assert 0 < named["seconds"] < 600
        return type("Made", (), {"id": f"digits/{folder.name}"})

    monkeypatch.setattr("aecore.runs.run.make_bundle", make_bundle)
    job = office.store.add(Spec("vae", "digits", {"hidden": [8], "epochs": 4}), "me", "cpu", 9, 9).id
    assert office.turn() == [job]
    told = Link.tell

    def jumps(link: Link, *given: Any, **columns: Any) -> None:
        clock.ahead = YEAR if clock.ahead <= 0 else -30 * YEAR
        told(link, *given, **columns)

    monkeypatch.setattr(Link, "tell", jumps)
    with Store() as store:
        assert sit(store, Link(store, job), job) == 0
    found = office.store.job(job)
    assert (found.state, found.bundle) == ("done", "digits/vae-16d")
    (history,) = histories
    assert [line["epoch"] for line in history] == [1, 2, 3, 4]
    seconds = [line["seconds"] for line in history]
    assert seconds == sorted(seconds)
    assert 0 < seconds[0] <= seconds[-1] < 600
    assert found.standing
    assert 0 <= found.standing.seconds_left < 600
    assert not job_folder(job).joinpath("log").exists()  # nothing went wrong


def test_restart_on_a_full_disk_is_refused_and_nothing_is_lost(
    session: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = session().live({6: [("restart", None)], 12: [("stop", None)]})

    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(live.recorder, "begin_again", full)
    assert live.train().state == "stopped"
    assert isinstance(live.link, Scripted)
    assert live.link.refused["restart"].startswith("It cannot begin again: No space left on device.")
    assert live.run.fit.step >= 12
    assert (live.folder / "state").is_dir()  # it can be resumed
