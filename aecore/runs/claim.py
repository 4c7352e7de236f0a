"""A run's name, held by the process that trains it, until it lets go or dies."""

from __future__ import annotations

import fcntl
import itertools
import os
import time
import weakref
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from aecore.bundles.files import current
from aecore.errors import UserError

LOOKS = 5
"""How often somebody who only looks whether a run is held may be in the way, for an instant each."""


class Busy(UserError):
    """Another process holds the run."""


class Claim:
    """Keeps others from training a run, or from taking its name, while this one does.

    A context: at its end, or when it is forgotten, the name is free again, and no empty
    folder is left.

    Args:
        state: The run's folder; it need not exist.

    Raises:
        Busy: If another process holds it.
        UserError: If nothing can be written there.
    """

    def __init__(self, state: Path) -> None:
        self.state = state
        made = [parent for parent in state.parents if not parent.exists()]
        try:
            descriptor = _open(state)
        except BlockingIOError:
            raise Busy(f"{state.parent.name}/{state.name} is being trained by another process.") from None
        except OSError as error:
            _remove_empty(state, made)
            reason = error.strerror or str(error)
            raise UserError(
                f"{state.name} cannot be trained: {state.parent} cannot be written ({reason})."
            ) from error
        self._release = weakref.finalize(self, _let_go, descriptor, state, made)

    def __enter__(self) -> Claim:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Lets go; a second time does nothing."""
        self._release()


def is_busy(state: Path) -> bool:
    """Whether a process holds the run."""
    try:
        descriptor = os.open(_lock_of(state), os.O_RDONLY)
    except OSError:  # nobody ever held it
        return False
    try:
        _lock(descriptor, fcntl.LOCK_SH)  # who looks does not disturb others who look
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _open(state: Path) -> int:
    """The descriptor that holds the lock.

    Raises:
        BlockingIOError: If another one holds it.
        OSError: If there is no place for it.
    """
    for attempt in itertools.count():
        state.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):  # who held it before has just cleaned up: once more
            descriptor = os.open(_lock_of(state), os.O_RDWR | os.O_CREAT, 0o666)
            try:
                _lock(descriptor, fcntl.LOCK_EX)
                if os.path.samestat(os.fstat(descriptor), _lock_of(state).stat()):
                    return descriptor
            except BlockingIOError:
                if attempt >= LOOKS:
                    os.close(descriptor)
                    raise
                time.sleep(0.01)
            os.close(descriptor)
    raise AssertionError("it is ours or another's")


def _let_go(descriptor: int, state: Path, made: Sequence[Path]) -> None:
    if not current(state).exists():
        _lock_of(state).unlink(missing_ok=True)
    os.close(descriptor)
    _remove_empty(state, made)


def _remove_empty(state: Path, made: Sequence[Path]) -> None:
    """Removes folders that hold nothing: those of runs, and what was made for them."""
    for folder in dict.fromkeys([*state.parents[:2], *made]):
        with suppress(OSError):  # it holds something
            folder.rmdir()


def _lock_of(state: Path) -> Path:
    return state.parent / f".lock-{state.name}"


def _lock(descriptor: int, kind: int) -> None:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:  # some network file systems know no locks
        return
