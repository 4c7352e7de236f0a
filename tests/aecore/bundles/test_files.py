"""A folder is the old one, the new one or not there, whatever happens while it is written."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aecore.bundles.files import ASIDE, current, digest, sha256, write_folder
from aecore.errors import UserError

ROOT = Path(__file__).parents[3]


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_folder_is_written_and_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b" / "toy"
    for files in ({"x": b"1", "y": b""}, {"x": b"2" * 10_000_000}):
        write_folder(folder, files)
        assert content(folder) == files
        assert list(folder.parent.iterdir()) == [folder]
    assert (folder.stat().st_mode & 0o777) == (folder.parent.stat().st_mode & 0o777)


def test_killed_at_any_system_call(tmp_path: Path) -> None:
    run = [sys.executable, "-m", "tests.aecore.bundles.killed", str(tmp_path)]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    fresh, replaced, removed, both = map(int, done.stdout.split())
    assert fresh > 15
    assert replaced > fresh + 5
    assert removed > 5
    assert both > removed + 5


@pytest.mark.parametrize("replaced", [False, True])
@pytest.mark.parametrize("call", ["mkdir", "open", "write", "fsync", "rename"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_full_disk_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, replaced: bool, code: int
) -> None:
    """The nth such call fails, for every n until none does."""
    new = {"x": b"new" * 1000, "y": b"new"}
    for n in range(100):
        folder = tmp_path / str(n) / "mnist" / "toy"
        folder.parent.parent.mkdir()
        if replaced:
            write_folder(folder, {"x": b"old"})
        before = sorted(folder.parents[1].rglob("*"))
        with monkeypatch.context() as patch:
            failed = fail(patch, call, n, code)
            said = attempt(folder, new)
        if said:
            assert sorted(folder.parents[1].rglob("*")) == before
            assert not replaced or content(folder) == {"x": b"old"}
            assert "Nothing was changed" in said
            assert said.startswith("toy cannot" if code == errno.EIO else "The disk is full: toy needs")
            continue
        assert content(folder) == new  # the old one was not yet removed, or nothing failed
        if not failed:
            assert n > 0
            return
    raise AssertionError


def attempt(folder: Path, files: dict[str, bytes]) -> str:
    """What the user is told; empty where all went well."""
    try:
        write_folder(folder, files)
    except UserError as error:
        return str(error)
    return ""


def fail(patch: pytest.MonkeyPatch, call: str, n: int, code: int) -> list[bool]:
    """Make the nth call of ``os.<call>`` fail; the list is empty until it did."""
    real: Callable[..., Any] = getattr(os, call)
    calls, failed = iter(range(10_000)), []

    def failing(*args: Any, **kwargs: Any) -> Any:
        if next(calls) == n:
            failed.append(True)
            raise OSError(code, os.strerror(code))
        return real(*args, **kwargs)

    patch.setattr(os, call, failing)
    return failed


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_check_that_fails_stops_the_write(tmp_path: Path, error: type[BaseException]) -> None:
    def check(folder: Path) -> None:
        assert content(folder) == {"x": b"1"}
        raise error

    with pytest.raises(error):
        write_folder(tmp_path / "a" / "toy", {"x": b"1"}, check)
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"toy cannot be written in .*file"):
        write_folder(tmp_path / "file" / "toy", {"x": b"1"})


def test_leftovers_are_removed_and_an_interrupted_swap_is_finished(tmp_path: Path) -> None:
    for name in (".tmp-toy-1234", ASIDE + "lost", ASIDE + "toy", "toy"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text(name)
    assert current(tmp_path / "toy") == tmp_path / "toy"
    assert current(tmp_path / "lost") == tmp_path / f"{ASIDE}lost"
    assert current(tmp_path / "none") == tmp_path / "none"
    write_folder(tmp_path / "other", {"x": b"1"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lost", "other", "toy"]
    assert content(tmp_path / "lost") == {"x": f"{ASIDE}lost".encode()}
    assert content(tmp_path / "toy") == {"x": b"toy"}


def test_writers_of_one_place_wait_for_each_other(tmp_path: Path) -> None:
    errors: list[BaseException] = []

    def write(mark: bytes) -> None:
        try:
            for _ in range(20):
                write_folder(tmp_path / "toy", {"x": mark * 1000, "y": mark})
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(mark,)) for mark in (b"a", b"b", b"c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    found = content(tmp_path / "toy")
    assert found["x"] == found["y"] * 1000
    assert [path.name for path in tmp_path.iterdir()] == ["toy"]


def test_without_locks_it_writes_and_leaves_others_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    (tmp_path / ".tmp-other-1").mkdir()  # it may be somebody's who is writing
    for mark in (b"1", b"2"):
        write_folder(tmp_path / "toy", {"x": mark})
        assert content(tmp_path / "toy") == {"x": mark}
    assert sorted(path.name for path in tmp_path.iterdir()) == [".tmp-other-1", "toy"]


def test_a_digest_follows_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x"
    for data in (b"one", b"two", b"twenty"):
        path.unlink(missing_ok=True)
        path.write_bytes(data)
        assert digest(path) == digest(path) == sha256(data)
