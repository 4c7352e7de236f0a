"""A worker in waiting: there when it is wanted, gone when not, and its training is as any other's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from aecore.errors import UserError
from aecore.jobs import Job, Spec, frames, job, prepare, spare, submit, supervisor
from aecore.jobs.link import GRACE
from aecore.jobs.places import home, job_folder
from aecore.jobs.process import Process
from aecore.processes import environment
from tests.aecore.jobs.office import LIVE, Office
from tests.aecore.jobs.processes import alive, until

TOKEN = "mine"
OPTIONS = {"hidden": (8,), "latent_dim": 2, "epochs": 2, "device": "cpu"}
SPEC = Spec("vae", "digits", OPTIONS, kind="live")


def said(office: Office, worker: int) -> bytes:
    """What was written to a worker's pipe."""
    return office.workers[worker].stdin.getvalue()  # type: ignore[union-attr]


def test_nobody_waits_unasked(office: Office) -> None:
    assert office.turn() == []
    job = office.add()
    assert office.turn() == [job]


def test_one_that_was_asked_for_takes_the_next_job_and_no_other_comes(office: Office) -> None:
    spare.ask()
    assert office.turn() == [""]
    assert office.turn() == []  # it is there
    first, second = office.add(LIVE), office.add()
    assert office.turn() == [second]
    assert said(office, 0) == f"{first}\n".encode()
    assert [office.store.job(each).state for each in (first, second)] == ["running", "running"]
    assert job_folder(first).is_dir()  # for its log
    assert office.turn() == []
    office.workers[0].status = -signal.SIGSEGV
    office.turn()
    assert "SIGSEGV" in office.store.job(first).message  # its end is that job's


def test_a_job_that_comes_first_waits_for_nobody(office: Office) -> None:
    spare.ask()
    job = office.add()
    assert office.turn() == [job]
    assert office.turn() == []


def test_it_ends_unused_after_a_while(office: Office) -> None:
    spare.ask()
    office.turn()
    assert supervisor.pending(office.store)
    long_ago = time.time() - spare.LASTS - 1
    os.utime(home() / "jobs" / "spare", (long_ago, long_ago))
    assert office.turn() == []
    assert office.workers[0].status == -signal.SIGKILL
    assert not supervisor.pending(office.store)  # the supervisor may end


def test_one_that_dies_is_not_started_again_and_again(office: Office) -> None:
    spare.ask()
    office.turn()
    office.workers[0].status = 1
    assert office.turn() == []
    job = office.add()
    assert office.turn() == [job]


@pytest.mark.parametrize("died", [True, False])
def test_one_that_dies_as_a_job_comes_is_replaced(office: Office, died: bool) -> None:
    spare.ask()
    office.turn()
    if died:
        office.workers[0].status = 1
    else:
        office.workers[0].stdin.close()  # type: ignore[union-attr]
        office.workers[0].stdin = Broken()
    job = office.add()
    assert office.turn() == [job]


class Broken(BytesIO):
    """A pipe whose reader has gone."""

    def write(self, _: object) -> int:
        raise BrokenPipeError


def test_where_no_process_can_be_started_nobody_tries_for_ever(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[None] = []

    def full(*_: object) -> Process:
        tried.append(None)
        raise OSError("no room")

    monkeypatch.setattr(office.supervisor.spare, "launch", full)
    spare.ask()
    office.turn()
    office.turn()
    assert len(tried) == 1


def test_who_cannot_write_hears_it(own_home: Path) -> None:
    home().mkdir(parents=True, exist_ok=True)
    (home() / "jobs").write_text("in the way")
    with pytest.raises(UserError, match="cannot be written"):
        prepare()


@pytest.fixture
def attended(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Supervisors that are started, as processes of ours."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        started.append(subprocess.Popen([sys.executable, "-m", "aecore.jobs"], env=environment()))

    monkeypatch.setattr(supervisor, "start", start)
    yield started
    for each in started:
        each.terminate()
        each.wait()


def test_what_it_trains_is_what_any_worker_trains(attended: list[subprocess.Popen[bytes]]) -> None:
    prepare()
    held = until(waiting)
    ready = job_of(submit(SPEC, TOKEN))
    assert ready.pid == held
    until(lambda: job(ready.id).state == "done")
    usual = job_of(submit(SPEC, TOKEN))
    assert usual.pid != held
    until(lambda: job(usual.id).state == "done")
    one, other = (frames(each.id).frame(-1) for each in (ready, usual))
    assert one
    assert other
    assert one.header.step == other.header.step > 0
    assert one.arrays["mu"].tobytes() == other.arrays["mu"].tobytes()


def test_it_goes_with_its_supervisor(attended: list[subprocess.Popen[bytes]]) -> None:
    prepare()
    held = until(waiting)
    attended[0].kill()
    began = time.monotonic()
    until(lambda: not alive(held))
    assert time.monotonic() - began < GRACE


def job_of(id: str) -> Job:  # noqa: A002
    """A job once its worker has said who it is."""
    until(lambda: job(id).pid)
    return job(id)


def waiting() -> int:
    """The process that waits for a job in this home; 0 where none does."""
    for each in Path("/proc").glob("[0-9]*"):
        try:
            words = (each / "cmdline").read_bytes().split(b"\0")
            theirs = (each / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[-3:] == [b"aecore.jobs.worker", b"", b""] and f"AECORE_HOME={home()}".encode() in theirs:
            return int(each.name)
    return 0
