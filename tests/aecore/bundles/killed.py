"""Writes or removes a folder, killed at another system call each time: `python -m …killed FOLDER`.

It forks, so it must not load PyTorch; the test that starts it reads its exit status.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aecore.bundles.files import current, remove_folder, write_folder

CALLS = ("open", "write", "fsync", "rename", "mkdir", "unlink", "rmdir", "close")


def content(version: str) -> dict[str, bytes]:
    return {f"{n}.bin": version.encode() * 1000 * n for n in (1, 2, 3)} | {"card.json": version.encode()}


def write(folder: Path, version: str) -> None:
    write_folder(folder, content(version))


def die_at(n: int) -> None:
    """Kill this process when it makes its nth call; a write before it is cut in half."""
    count = itertools.count(1)

    def mortal(call: Callable[..., Any], name: str) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            if name == "write":
                args = (args[0], args[1][: len(args[1]) // 2 + 1])
            if next(count) == n:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*args, **kwargs)

        return wrapped

    for name in CALLS:
        setattr(os, name, mortal(getattr(os, name), name))


def survives(act: Callable[[], None], n: int) -> bool:
    """Whether an act that would die at call n got to its end."""
    child = os.fork()
    if child == 0:
        die_at(n)
        act()
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def found_at(folder: Path) -> dict[str, bytes] | None:
    now = current(folder)
    return {path.name: path.read_bytes() for path in now.iterdir()} if now.exists() else None


def check(root: Path, replaced: bool) -> int:
    """Kill at every call; returns how many there were."""
    for n in itertools.count(1):
        folder = root / str(n) / "toy"
        if replaced:
            write(folder, "old")
        whole = survives(lambda folder=folder: write(folder, "new"), n)  # type: ignore[misc]
        found = found_at(folder)
        allowed = [content("new")] if whole else [content("new"), content("old") if replaced else None]
        assert found in allowed, (n, found and sorted(found))
        write(folder, "next")
        assert [path.name for path in folder.parent.iterdir()] == ["toy"], n
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == content("next")
        if whole:
            return n - 1
    raise AssertionError


def check_removal(root: Path, aside: bool) -> int:
    """Kill at every call of a removal, with another copy still aside or not; returns how many there were."""
    for n in itertools.count(1):
        folder = root / str(n) / "toy"
        write(folder, "old")
        if aside:
            folder.rename(folder.parent / ".old-toy")
            folder.mkdir()
            for name, data in content("new").items():
                (folder / name).write_bytes(data)
        whole = survives(lambda folder=folder: remove_folder(folder), n)  # type: ignore[misc]
        found = found_at(folder)
        assert found in [None, content("new" if aside else "old")], (n, found and sorted(found))
        if whole:
            assert list(folder.parent.iterdir()) == []
            return n - 1
        write(folder, "next")
        assert [path.name for path in folder.parent.iterdir()] == ["toy"], n
    raise AssertionError


if __name__ == "__main__":
    place = Path(sys.argv[1])
    print(check(place / "fresh", replaced=False), check(place / "replaced", replaced=True))
    print(check_removal(place / "removed", aside=False), check_removal(place / "both", aside=True))
