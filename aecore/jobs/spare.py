"""A worker that has loaded everything before it has a job, so that a training begins when it is asked for.

It is asked for by a file in the user's folder; the supervisor starts it, and names a job to it on its pipe.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from aecore.errors import UserError
from aecore.jobs.places import home, job_folder
from aecore.jobs.process import Launch, Process, close

LASTS = 300.0  # seconds that it waits after it was last asked for
MOST = 64  # bytes of a job's id and the end of its line


def ask() -> None:
    """Asks for one, or for the one there is to wait longer.

    Raises:
        UserError: If the user's folder cannot be written.
    """
    try:
        _asked().parent.mkdir(parents=True, exist_ok=True)
        _asked().touch()
    except OSError as error:
        raise UserError(f"{_asked()} cannot be written ({error.strerror}).") from error


def is_wanted() -> bool:
    """Whether somebody has asked not long ago, and has not got it."""
    try:
        return 0 <= time.time() - _asked().stat().st_mtime < LASTS
    except OSError:
        return False


class Spare:
    """Seen from the supervisor.

    Args:
        launch: Starts a worker.
    """

    def __init__(self, launch: Launch) -> None:
        self.launch = launch
        self.process: Process | None = None

    def keep(self) -> None:
        """One look: there is one while one is wanted."""
        if self.process and self.process.poll() is not None:  # another would end like it
            self.let_go()
            _had()
        wanted = is_wanted()
        if wanted and not self.process:
            try:
                self.process = self.launch([""], home() / "jobs" / "log")
            except OSError:
                _had()
        elif not wanted:
            self.let_go()

    def take(self, job: str) -> Process | None:
        """It, at work on that job from now on; None where there is none that lives."""
        process, self.process = self.process, None
        if not process:
            return None
        _had()
        try:
            if process.poll() is None and process.stdin:
                process.stdin.write(f"{job}\n".encode())
                process.stdin.flush()
                return process
        except OSError:  # it died just now
            pass
        close(process)
        return None

    def let_go(self) -> None:
        """Ends it: it holds nothing that could be lost."""
        if self.process:
            if self.process.poll() is None:
                self.process.kill()
                self.process.poll()
            close(self.process)
        self.process = None


def stand_by(pipe: int, rehearse: Callable[[], None]) -> str:
    """In the worker: loads everything, and waits to be named a job; its log is that job's from then on.

    Args:
        pipe: From the supervisor.
        rehearse: Does what loads everything.

    Returns:
        The job's id, empty where there is none to come.
    """
    rehearse()
    job = os.read(pipe, MOST).decode().strip()
    if job:
        with (job_folder(job) / "log").open("ab") as log:
            for descriptor in (1, 2):
                os.dup2(log.fileno(), descriptor)
    return job


def _asked() -> Path:
    return home() / "jobs" / "spare"


def _had() -> None:
    with suppress(OSError):
        _asked().unlink(missing_ok=True)
