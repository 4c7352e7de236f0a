"""A worker that has loaded what trainings need before it has a job, so that one begins when it is asked for.

It is asked for by a file in the user's folder; the supervisor starts it, and names a job to it on its pipe.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from aecore.errors import UserError
from aecore.jobs.places import home, job_folder
from aecore.jobs.process import Launch, Process, close

LASTS = 90.0  # seconds that it waits after it was last asked for: a page that is looked at asks every minute
KILLED = 1.0  # seconds that a process takes to be gone, at most
LOOK = 500  # ms between two looks whether there is a job by now
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
    """Whether somebody has asked not long ago, and none has been handed out since."""
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
        _had()
        if not process:
            return None
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
            end = time.monotonic() + KILLED
            while self.process.poll() is None and time.monotonic() < end:
                time.sleep(0.005)
            close(self.process)
        self.process = None


def stand_by(pipe: int, rehearse: Callable[[], None]) -> str:
    """In the worker: gets ready, and waits to be named a job; its log is that job's from then on.

    Args:
        pipe: From the supervisor; once that is gone, so is this process.
        rehearse: Does what loads what is needed.

    Returns:
        The job's id, empty where there is none to come.
    """
    named = threading.Event()

    def watch() -> None:
        poll = select.poll()
        poll.register(pipe, 0)  # of its end alone: what is written is for the reader below
        while not named.is_set():
            if poll.poll(LOOK):
                os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
    rehearse()
    job = os.read(pipe, MOST).decode().strip()
    named.set()
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
