"""How a process is started that trains beside a page."""

from __future__ import annotations

import subprocess
import sys

import pytest

from aecore.processes import SPINS, environment


def spins(env: dict[str, str]) -> str:
    """The turns that OpenMP says of itself in a process of ours; empty where PyTorch uses another OpenMP."""
    said = subprocess.run(
        [sys.executable, "-c", "import torch; torch.ones(3)"],
        env=env | {"OMP_DISPLAY_ENV": "VERBOSE"}, check=True, capture_output=True, text=True,
    )  # fmt: skip
    found = [line.split("'")[1] for line in said.stderr.splitlines() if "GOMP_SPINCOUNT" in line]
    return found[0] if found else ""


def test_its_threads_wait_asleep_unless_the_user_says_how(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    if not spins(environment()):
        pytest.skip("PyTorch's threads here are not those of GNU's OpenMP")
    assert spins(environment()) == SPINS
    monkeypatch.setenv("GOMP_SPINCOUNT", "77")
    assert spins(environment()) == "77"


def test_our_package_is_found_before_the_users_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    said = subprocess.run(
        [sys.executable, "-c", "import aecore, sys; print(aecore.__file__, '/elsewhere' in sys.path)"],
        env=environment(), cwd="/", check=True, capture_output=True, text=True,
    )  # fmt: skip
    import aecore

    assert said.stdout.split() == [aecore.__file__, "True"]
