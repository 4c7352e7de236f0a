"""A folder that somebody asked for, written whole or not at all."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from aecore.errors import UserError


@contextmanager
def whole(out: Path, ours: Callable[[Path], bool]) -> Iterator[Path]:
    """A temporary folder that takes the place of ``out`` at the end, unless something goes wrong.

    Args:
        out: Where the result goes: nothing may be there, or an empty folder, or an earlier result.
        ours: Whether a folder that is there is an earlier result, which is replaced.

    Raises:
        UserError: If something else is there, or it cannot be written. Nothing has changed then.
    """
    out = out.absolute()
    _check(out, ours)
    made = [parent for parent in out.parents if not parent.exists()]
    temporary, aside = (out.parent / f".{out.name}-{secrets.token_hex(4)}-{word}" for word in ("new", "old"))
    try:
        temporary.mkdir(parents=True)
        yield temporary
        _check(out, ours)  # it took a while
        if out.exists():
            out.rename(aside)
        temporary.rename(out)
    except BaseException as error:
        if aside.exists() and not out.exists():
            aside.rename(out)
        shutil.rmtree(temporary, ignore_errors=True)
        for parent in made:
            with suppress(OSError):  # it was not made, or somebody else has begun to use it
                parent.rmdir()
        if isinstance(error, OSError):
            reason = error.strerror or str(error)
            raise UserError(f"{out} cannot be written ({reason}). Nothing was changed.") from error
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _check(out: Path, ours: Callable[[Path], bool]) -> None:
    try:
        free = not out.exists() or (out.is_dir() and (not any(out.iterdir()) or ours(out)))
    except OSError as error:
        raise UserError(f"{out} cannot be looked into ({error.strerror}).") from error
    if out.is_symlink() or not free:
        raise UserError(
            f"{out} is there already and is not an earlier result of this command: choose an empty folder, "
            "or one that does not exist."
        )
