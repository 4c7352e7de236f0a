"""A worker's process, as the supervisor has it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Protocol

from aecore.processes import environment


class Process(Protocol):
    """A worker, as ``subprocess.Popen`` has it; its standard input is a pipe that nobody else holds open."""

    pid: int
    stdin: IO[bytes] | None

    def poll(self) -> int | None: ...
    def kill(self) -> None: ...


Launch = Callable[[Sequence[str], Path], Process]


def launch(words: Sequence[str], log: Path) -> Process:
    """Starts a worker: ``words`` are its arguments, ``log`` is where it says what went wrong."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "aecore.jobs.worker", *words],
            stdin=subprocess.PIPE, stdout=output, stderr=output, start_new_session=True, env=environment(),
        )  # fmt: skip


def close(process: Process) -> None:
    """Lets go of its pipe."""
    if process.stdin:
        with suppress(OSError):
            process.stdin.close()
