"""A run's name belongs to one process at a time."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from aecore.errors import UserError
from aecore.runs.claim import Busy, Claim, is_busy


def test_one_holds_it_and_then_another(tmp_path: Path) -> None:
    state = tmp_path / "runs" / "digits" / "mine"
    assert not is_busy(state)
    with Claim(state):
        assert is_busy(state)
        with pytest.raises(Busy, match="digits/mine is being trained by another process"):
            Claim(state)
    assert not is_busy(state)
    with Claim(state):
        pass
    assert list(tmp_path.iterdir()) == []


def test_letting_go_twice_takes_nothing_from_the_next(tmp_path: Path) -> None:
    state = tmp_path / "runs" / "digits" / "mine"
    first = Claim(state)
    first.release()
    with Claim(state):
        first.release()
        assert is_busy(state)


def test_the_lock_stays_while_there_is_something_to_resume(tmp_path: Path) -> None:
    state = tmp_path / "runs" / "digits" / "mine"
    with Claim(state):
        state.mkdir()
    assert state.is_dir()
    assert not is_busy(state)


def test_a_killed_process_lets_go(tmp_path: Path) -> None:
    state = tmp_path / "runs" / "digits" / "mine"
    code = (
        "import sys, pathlib, time; from aecore.runs.claim import Claim\n"
        "claim = Claim(pathlib.Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(state)], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == "held\n"
        assert is_busy(state)
        other.kill()
    assert not is_busy(state)
    with Claim(state):
        pass
    assert list(tmp_path.iterdir()) == []


def test_who_looks_is_in_nobody_s_way(tmp_path: Path) -> None:
    state = tmp_path / "digits" / "mine"
    state.mkdir(parents=True)
    lock = os.open(tmp_path / "digits" / ".lock-mine", os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_SH)  # as is_busy does, for an instant
    assert not is_busy(state)
    looked = threading.Timer(0.01, os.close, [lock])
    looked.start()
    with Claim(state):
        assert is_busy(state)
    looked.join()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UserError, match=r"mine cannot be trained: .*digits cannot be written"):
        Claim(tmp_path / "file" / "runs" / "digits" / "mine")
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
