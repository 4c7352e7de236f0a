"""A missing data set skips a test on a person's machine, and fails it in CI."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

RequireData = Callable[[str], None]


@pytest.fixture(autouse=True)
def no_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AECORE_DATA", str(tmp_path))


def test_what_is_always_there_is_not_missing(require_data: RequireData) -> None:
    require_data("digits")


def test_it_skips(require_data: RequireData, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AECORE_REQUIRE_DATA", raising=False)
    with pytest.raises(pytest.skip.Exception, match="mnist"):
        require_data("mnist")


def test_ci_fails(require_data: RequireData, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AECORE_REQUIRE_DATA", "1")
    with pytest.raises(pytest.fail.Exception, match="mnist"):
        require_data("mnist")
