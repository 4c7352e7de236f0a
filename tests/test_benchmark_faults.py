"""``benchmarks.faults`` tells processes apart, and a siege sees what is lost, corrupt, or left behind."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aecore.bundles import open_bundle
from aecore.jobs import Spec, owner_of
from aecore.jobs.store import Store
from benchmarks import faults
from tests.aecore.jobs import faults as machinery
from tests.app import make_bundle

SLEEP = "import time; time.sleep(60)"


class Cast:
    """A worker that sleeps, and nobody else."""

    def __init__(self, worker: subprocess.Popen[bytes]) -> None:
        self.worker, self.revived = worker, 0

    def pids(self, role: str) -> list[int]:
        return [self.worker.pid] if role == "worker" and self.worker.poll() is None else []

    def revive(self) -> None:
        self.revived += 1


@pytest.fixture
def siege(own_home: Path) -> Iterator[machinery.Siege]:
    with subprocess.Popen([sys.executable, "-c", SLEEP]) as worker:
        yield machinery.Siege(Cast(worker), "mine", random.Random(0), longest=0.01)
        worker.kill()


def done(name: str) -> str:
    """A job that says it has made that bundle."""
    with Store() as store:
        job = store.add(Spec("vae", "digits", {}), owner_of("mine"), "cpu", 99, 99)
        store.update(job.id, state="done", bundle=name)
    return job.id


def test_what_is_lost_or_corrupt_is_seen(siege: machinery.Siege, own_home: Path) -> None:
    folder = make_bundle.write(own_home / "bundles", "whole")
    whole, gone = done("digits/whole"), done("digits/gone")
    siege.entrust(whole, len(open_bundle("digits/whole").history))
    siege.entrust(gone, 12)
    siege.entrust("0123456789", 12)  # the store knows of no such job
    siege.round(["worker"])
    assert siege.tally.killed == {"worker": 1}
    assert siege.tally.lost == {gone, "0123456789"}
    assert siege.tally.corrupt == set()
    assert siege.open == 1
    del siege.jobs["0123456789"], siege.jobs[gone]
    assert siege.settle().corrupt == set()
    siege.jobs[whole] += 1  # an epoch that is not there
    assert siege.settle().corrupt == {"digits/whole"}
    siege.jobs[whole] -= 1
    siege.tally.corrupt.clear()
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"?")
    assert siege.settle().corrupt == {"digits/whole"}


def test_who_is_left_behind_is_seen(siege: machinery.Siege) -> None:
    assert isinstance(siege.cast, Cast)
    pid = siege.cast.worker.pid
    siege.leaving[pid] = 0.0  # its supervisor has been dead for long
    siege.look()
    assert siege.tally.orphans == {pid}
    siege.tally.orphans.clear()
    siege.remaining("worker", seconds=0)
    assert siege.tally.orphans == {pid}
    siege.round(["worker"])
    siege.tally.orphans.clear()
    siege.cast.worker.wait()
    siege.remaining("worker", seconds=0)
    siege.look()
    assert siege.tally.orphans == set()
    assert siege.cast.revived == 1
    siege.round(["worker", "supervisor"])  # nobody is there any more: that is no round
    assert (siege.tally.rounds, siege.tally.killed) == (1, {"worker": 1})


def test_a_job_that_fails_by_itself_is_no_victim(siege: machinery.Siege) -> None:
    failed = done("")
    with Store() as store:
        store.update(failed, state="failed", message="The loss is no number any more.")
    siege.entrust(failed, 12)
    siege.round([])
    assert siege.tally.failed == {failed: "The loss is no number any more."}
    assert (siege.open, siege.tally.resumed) == (0, 0)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads /proc")
def test_processes_are_told_apart_by_home_and_words(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", SLEEP], env={"AECORE_HOME": str(tmp_path)}) as process:
        try:
            while not (found := faults.processes(tmp_path)):
                assert process.poll() is None
            assert found == {process.pid: "other"}
            assert faults.processes(tmp_path / "elsewhere") == {}
        finally:
            process.kill()
    assert faults.processes(tmp_path) == {}
    assert faults.role_of(["-m", "aecore.jobs"]) == "supervisor"
    assert faults.role_of(["-m", "aecore.jobs.worker", "0123456789"]) == "worker"
    assert faults.role_of(["-m", "streamlit", "run", "app/server.py"]) == "server"
    assert faults.role_of(["-c", '"$@" &', "sh", sys.executable, "-m", "aecore.jobs"]) == "other"
