"""Workers, supervisors and submitters killed for real: nothing is lost, locked, corrupt or left behind."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aecore.bundles import damaged, list_bundles, open_bundle
from aecore.jobs import Spec, answers, command, frames, job, jobs, submit, supervisor, watched
from aecore.jobs.places import is_held
from aecore.jobs.records import ENDED
from aecore.runs import interrupted
from tests.aecore.jobs.faults import Siege
from tests.aecore.jobs.processes import ROOT, Nursery, alive, until, workers

TOKEN = "mine"
OPTIONS: dict[str, Any] = {"hidden": [8], "latent_dim": 2, "batch_size": 64, "device": "cpu"}
LONG = OPTIONS | {"epochs": 100_000}


@pytest.fixture(scope="module")
def server() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.close()


@pytest.fixture
def nursery(server: Nursery, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Nursery]:
    """Whoever submits starts a supervisor of the server's."""
    monkeypatch.setattr(supervisor, "start", lambda: server.start(own_home))
    yield server
    server.clear(own_home)


def train(epochs: int = 3, name: str = "", **options: Any) -> str:
    return submit(Spec("vae", "digits", {**OPTIONS, "epochs": epochs, **options}, name=name), TOKEN)


def live(**options: Any) -> str:
    return submit(Spec("beta-vae", "digits", OPTIONS | options, kind="live"), TOKEN)


def until_state(id: str, *states: str) -> str:  # noqa: A002
    return str(until(lambda: job(id).state if job(id).state in states else ""))


def until_steps(id: str) -> None:  # noqa: A002
    until(lambda: (found := job(id)).state == "running" and found.standing and found.standing.epoch > 1)


def kill(pid: int | None) -> None:
    assert pid
    os.kill(pid, signal.SIGKILL)


def yours() -> set[str]:
    return {each.id for each in list_bundles() if not each.shipped}


def none_left(home: Path, *pids: int) -> None:
    """Every process that was started ends."""
    until(lambda: not any(map(alive, (*workers(home), *pids))))


def test_queue_runs_by_itself_and_ends_by_itself(nursery: Nursery, own_home: Path) -> None:
    bad = train(epochs=50, optimiser="sgd", lr=10)
    first, second = train(name="one"), train(name="two")
    for each in (bad, first, second):
        until_state(each, *ENDED)
    assert job(bad).state == "failed"
    assert "no number any more" in job(bad).message
    assert [job(each).bundle for each in (first, second)] == ["digits/one", "digits/two"]
    assert [job(each).state for each in (first, second)] == ["done", "done"]
    assert open_bundle("digits/one").card.provenance.command.startswith("aecore train --variant vae")
    found = job(second)
    assert found.started
    assert (job(first).ended or 0) <= found.started
    assert found.standing
    assert found.standing.epoch == 3
    assert frames(first).manifest
    newest = frames(first).latest()  # it shows what was kept, however short the training was
    assert newest
    assert newest.header.step == found.standing.step
    assert newest.header.dials.lr == found.standing.lr > 0
    until(lambda: not is_held(own_home / "jobs.lock"))
    none_left(own_home, *nursery.supervisors)
    assert interrupted() == {}


def test_two_submitters_at_once_start_one_supervisor(nursery: Nursery, own_home: Path) -> None:
    ids = [submit(Spec("vae", "digits", LONG), TOKEN) for _ in range(2)]
    nursery.start(own_home)
    nursery.start(own_home)
    until_state(ids[0], "running")
    until(lambda: sum(map(alive, nursery.supervisors)) == 1)
    assert "have a supervisor already" in (own_home / "supervisor.log").read_text()
    assert job(ids[1]).state == "queued"
    assert len(workers(own_home)) == 1
    until_steps(ids[0])
    command(ids[1], TOKEN, "stop")
    command(ids[0], TOKEN, "stop")
    assert until_state(ids[0], *ENDED) == "stopped"
    assert job(ids[0]).bundle in yours()  # the best epoch so far is kept
    assert job(ids[1]).state == "stopped"


def test_a_worker_killed_by_the_system_fails_and_the_queue_goes_on(nursery: Nursery, own_home: Path) -> None:
    dies = submit(Spec("vae", "digits", LONG), TOKEN)
    after = train(name="after")
    until_steps(dies)
    until(lambda: list((own_home / "runs").glob("*/*/run.json")))
    kill(job(dies).pid)
    assert until_state(after, *ENDED) == "done"
    assert job(dies).state == "failed"
    assert "smaller --batch-size" in job(dies).message
    assert list(interrupted()) == [job(dies).run]
    command(dies, TOKEN, "resume")
    until_steps(dies)
    command(dies, TOKEN, "pause")
    assert until_state(dies, "paused", *ENDED) == "paused"
    assert "goes on after epoch" in job(dies).message
    none_left(own_home)
    command(dies, TOKEN, "resume")
    until_steps(dies)
    command(dies, TOKEN, "stop")
    assert until_state(dies, *ENDED) == "stopped"


class Forked:
    """The supervisors of the server and their workers."""

    def __init__(self, nursery: Nursery, home: Path) -> None:
        self.nursery, self.home = nursery, home

    def pids(self, role: str) -> list[int]:
        of = {"supervisor": self.nursery.supervisors, "worker": workers(self.home)}
        return [pid for pid in of[role] if alive(pid)]

    def revive(self) -> None:
        supervisor.wake()


def test_supervisors_and_workers_killed_at_any_moment_lose_nothing(nursery: Nursery, own_home: Path) -> None:
    siege = Siege(Forked(nursery, own_home), TOKEN, random.Random(1), longest=0.5)
    for k in range(3):
        siege.entrust(train(epochs=12, name=f"run-{k}"), epochs=12)
    for turn in range(12):
        siege.round((("supervisor",), ("worker",), ("supervisor", "worker"))[turn % 3])
    found = siege.settle()
    siege.remaining("supervisor", "worker", seconds=60)
    assert 0 < found.rounds <= 12  # none counts in which nobody was there to be killed
    assert found.killed["supervisor"] > 0
    assert found.killed["worker"] > 0
    assert set(found.finished.values()) == yours() == {"digits/run-0", "digits/run-1", "digits/run-2"}
    assert (found.corrupt, found.lost, found.failed, found.orphans) == (set(), set(), {}, set())
    assert interrupted() == {}
    assert damaged() == []
    none_left(own_home, *nursery.supervisors)


def test_a_worker_notices_within_ten_seconds_and_goes_on_with_the_next_supervisor(
    nursery: Nursery, own_home: Path
) -> None:
    id, seen = live(), submit(Spec("vae", "digits", LONG), TOKEN)  # noqa: A001
    until_steps(seen)
    recording = frames(id)
    until(lambda: len(recording) > 3)
    command(id, TOKEN, "beta", 30)
    until(lambda: (newest := recording.latest()) and newest.header.dials.beta == 30)
    started = time.monotonic()
    kill(nursery.supervisors[0])
    until(lambda: not any(map(alive, workers(own_home))))
    assert time.monotonic() - started < 10
    assert {job(each).state for each in (id, seen)} == {"interrupted"}
    step = recording.range()[-1].header.step
    assert supervisor.wake()
    until(lambda: (newest := recording.latest()) and newest.header.step > step)
    newest = recording.latest()
    assert newest
    assert newest.header.dials.beta == 30
    until_state(seen, "running")
    for each in (id, seen):
        command(each, TOKEN, "stop")
        assert until_state(each, *ENDED) == "stopped"


def test_live_is_steered_and_saved_across_processes(nursery: Nursery, own_home: Path) -> None:
    id = live()  # noqa: A001
    recording = frames(id)
    until(lambda: len(recording) > 2)
    watched(id)
    command(id, TOKEN, "pause")
    until_state(id, "paused")
    before = recording.range()[-1].header
    command(id, TOKEN, "step")
    after = until(lambda: recording.latest(before.number)).header
    assert after.step == before.step + 1
    saved = command(id, TOKEN, "save", "kept")
    assert job(id).message == ""
    answer = until(
        lambda: [e for e in answers(id) if e.number == saved.number and e.state in ("done", "refused")]
    )
    assert answer[0].answer == "digits/kept"
    assert job(id).state == "paused"
    assert job(id).bundle == "digits/kept"
    command(id, TOKEN, "stop")
    until_state(id, "stopped")
    none_left(own_home)
    command(id, TOKEN, "restart")
    until(lambda: (manifest := recording.manifest) and manifest.take == 2 and len(recording) > 2)
    kill(job(id).pid)
    assert until_state(id, *ENDED) == "failed"


def test_a_disk_that_takes_no_more(server: Nursery, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "start", lambda: server.start(own_home, largest=6_000_000))
    large = train(epochs=2, hidden=[9000])  # its state is larger than any file may be
    small = train(epochs=2)
    assert until_state(small, *ENDED) == "done"
    assert job(large).state == "failed"
    assert "cannot be written" in job(large).message
    assert "File too large" in job(large).message
    assert yours() == {job(small).bundle}
    assert damaged() == []
    server.clear(own_home)


def test_for_real_with_a_submitter_that_is_killed(own_home: Path) -> None:
    """No fork, no patch: the processes that people get."""
    code = (
        "import os, signal\nfrom aecore.jobs import Spec, submit\n"
        "options = {'latent_dim': 2, 'hidden': [8], 'device': 'cpu'}\n"
        "submit(Spec('beta-vae', 'digits', options, 'live'), 'mine')\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    (found,) = jobs()
    recording = frames(found.id)
    until(lambda: len(recording) > 2, 0.1)
    pid = job(found.id).pid
    assert pid
    assert os.getsid(pid) == pid
    assert is_held(own_home / "jobs.lock")
    command(found.id, TOKEN, "stop")
    until_state(found.id, "stopped")
    until(lambda: not alive(pid))
    assert (own_home / "jobs" / found.id / "log").read_text() == ""
    (holder,) = _of_us(own_home)
    os.kill(holder, signal.SIGTERM)
    until(lambda: not is_held(own_home / "jobs.lock"))


def _of_us(home: Path) -> list[int]:
    """Supervisors of that home."""
    listed = subprocess.run(["ps", "-eo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    pids = [int(line.split()[0]) for line in listed.splitlines() if line.endswith("-m aecore.jobs")]
    wanted = f"AECORE_HOME={home}".encode()
    return [pid for pid in pids if wanted in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")]


def test_a_worker_killed_after_a_restart_does_not_bring_the_take_before_back(nursery: Nursery) -> None:
    lab = live(beta=2.0)
    until_steps(lab)
    command(lab, TOKEN, "beta", 9)
    command(lab, TOKEN, "stop")
    until_state(lab, *ENDED)  # and its weights are put aside
    stopped = frames(lab).frame(-1)
    assert stopped
    command(lab, TOKEN, "restart")
    until(lambda: (made := frames(lab)).manifest and made.manifest.take == 2 and len(made) > 3)
    kill(job(lab).pid)
    assert until_state(lab, *ENDED) == "failed"
    command(lab, TOKEN, "resume")
    until(lambda: (made := frames(lab)).manifest and made.manifest.take == 3 and len(made) > 1)
    first = frames(lab).frame(0)
    assert first
    assert (first.header.step, first.header.dials.beta) == (0, 2)
    assert first.header.number > stopped.header.number
    command(lab, TOKEN, "stop")
    until_state(lab, *ENDED)
