"""What every test gets: its own `$AECORE_HOME`, fixed seeds, one thread, and a way to ask for real data."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is loaded, and for what a test starts

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

# Times differ from machine to machine; CI repeats the same examples each time.
settings.register_profile("loupe", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("loupe-ci", settings.get_profile("loupe"), derandomize=True, database=None)
settings.load_profile("loupe-ci" if os.environ.get("CI") else "loupe")


class OneBrowser(LoadScopeScheduling):  # type: ignore[misc]
    """A file's tests share a worker of pytest-xdist and their fixtures; browser tests one browser too.

    Groups named by a marker would say the same, but pytest-xdist 3.8 does not see them under pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        return "tests/browser" if nodeid.startswith("tests/browser/") else nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)  # without pytest-xdist, `-p no:xdist`, nobody asks
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneBrowser:
    return OneBrowser(config, log)


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Small matrices are slower on many threads, and workers of pytest-xdist share the cores."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty `$AECORE_HOME`: a test neither sees nor changes the user's bundles."""
    home = tmp_path / "home"
    monkeypatch.setenv("AECORE_HOME", str(home))
    return home


@pytest.fixture(autouse=True)
def seeded() -> None:
    """The same random numbers whichever tests ran before."""
    import torch

    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 (libraries draw from it)
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def require_data() -> Callable[[str], None]:
    """Skips a test whose data set is not at hand, as in ``require_data("mnist")``.

    Under ``AECORE_REQUIRE_DATA=1`` the test fails instead: CI must not skip in silence.
    """

    def require_data(name: str) -> None:
        from aecore import data

        if data.available(name):
            return
        reason = f"the data set {name} is not here: set AECORE_DATA, or run `aecore data get {name}`"
        if os.environ.get("AECORE_REQUIRE_DATA") == "1":
            pytest.fail(reason)
        pytest.skip(reason)

    return require_data
