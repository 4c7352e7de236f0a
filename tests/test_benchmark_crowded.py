"""``benchmarks.crowded``: what is timed trains, its company ends with it, and medians are of the repeats."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from aecore.processes import SPINS
from benchmarks import crowded


def test_a_training_is_timed_in_steps_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowded, "SECONDS", 1.0)
    began = time.perf_counter()
    rate = crowded.rate_of("digits")
    assert rate * (time.perf_counter() - began) > 64  # one step of the second half at least


def test_company_is_there_while_it_is_asked_for() -> None:
    with crowded.beside(2) as programs:
        assert [each.poll() for each in programs] == [None, None]
    assert [each.returncode for each in programs] == [-signal.SIGKILL] * 2


def test_each_way_to_wait_has_its_own_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(words: list[str], env: dict[str, str], **_: Any) -> subprocess.CompletedProcess[bytes]:
        assert words == [sys.executable, "-m", "benchmarks.crowded", "--time", "digits"]
        said.append(env["GOMP_SPINCOUNT"])
        return subprocess.CompletedProcess(words, 0, next(rates))

    said: list[str] = []
    rates = iter([b"100\n", b"50\n", b"300\n", b"10\n", b"200\n", b"40\n"])
    monkeypatch.setattr(subprocess, "run", run)
    (row,) = crowded.measured(["digits"], [0], 3)
    assert said == [SPINS, "300000"] * 3
    assert row == {
        "name": "digits", "busy": 0, "examples_per_s": 200, "default_examples_per_s": 40, "times": 5.0,
    }  # fmt: skip
    assert json.dumps(row)
