"""Where jobs keep what they have, who holds a file, and whose a token is. No torch here."""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import time
from pathlib import Path

from aecore.bundles import user_root
from aecore.errors import UserError

DIALS = "dials.json"
"""Beside weights that are put aside: how they were being trained."""

LOOKS = 20
"""How often somebody who only looks whether a file is held may be in the way, for an instant each."""


def home() -> Path:
    """The user's folder, ``$AECORE_HOME``."""
    return user_root().parent


def job_folder(job: str) -> Path:
    """Where a job keeps its log, its recording and, if it is live, its weights."""
    return home() / "jobs" / job


def owner_of(token: str) -> str:
    """What of a token is stored: its sha256.

    Raises:
        UserError: If there is none: nobody could ever steer the job again.
    """
    if not token:
        raise UserError("A job is started and steered with a token; the empty one is none.")
    return hashlib.sha256(token.encode()).hexdigest()


def terminal_token() -> str:
    """The token of the command line, which may steer every job: made once, readable by its user alone.

    Raises:
        UserError: If the user's folder cannot be written.
    """
    path = home() / "jobs.token"
    try:
        if said := _said(path):
            return said
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(descriptor, secrets.token_urlsafe(24).encode())
        finally:
            os.close(descriptor)
        try:
            os.link(aside, path)  # who comes second takes what is there
        except FileExistsError:
            pass
        finally:
            aside.unlink()
        return _said(path)
    except OSError as error:
        raise UserError(f"{path} cannot be written ({error.strerror}).") from error


def _said(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


class Lock:
    """A file held by this process, until it lets go or dies.

    Args:
        path: Made if need be, its folder too.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.descriptor = -1

    def take(self) -> bool:
        """Holds it; False if another process does.

        Raises:
            OSError: If there is no place for it.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
        for _ in range(LOOKS):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.005)
            else:
                self.descriptor = descriptor
                return True
        os.close(descriptor)
        return False

    def release(self) -> None:
        """Lets go; a second time does nothing."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


def is_held(path: Path) -> bool:
    """Whether a process holds that file."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:  # nobody ever did
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
