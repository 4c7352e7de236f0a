"""Folders that are whole or not there: written aside, synced, and renamed into place.

At every moment ``folder`` is the old bundle, the new one, or for an instant absent while
``.old-<name>`` beside it is the whole old one; ``current`` says which. What a killed
writer leaves is called ``.tmp-…``; nobody lists it, and the next write removes it.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

from aecore.errors import UserError

ASIDE = ".old-"
"""Before the name of a bundle while another takes its place."""

FULL = (errno.ENOSPC, errno.EDQUOT)


def sha256(data: bytes) -> str:
    """Hexadecimal sha256 of some bytes."""
    return hashlib.sha256(data).hexdigest()


def digest(path: Path) -> str:
    """sha256 of a file, computed once for as long as the file is untouched.

    Raises:
        OSError: If it cannot be read.
    """
    stat = path.stat()
    return _digest(path, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)


@lru_cache(maxsize=4096)
def _digest(path: Path, *identity: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def current(folder: Path) -> Path:
    """Where the folder's content is now: a writer may just be between its two renames."""
    aside = _aside(folder)
    return aside if not folder.exists() and aside.exists() else folder


def write_folder(
    folder: Path, files: Mapping[str, bytes], check: Callable[[Path], None] = lambda _: None
) -> None:
    """Write a folder, all of it or nothing; one that is there is replaced.

    Args:
        folder: Where it is to be; missing parents are made.
        files: Content by file name.
        check: Called with the finished folder before it gets its name; what it raises
            stops the write.

    Raises:
        UserError: If the disk is full, or the place cannot be written. Nothing has changed then.
    """
    made = [parent for parent in folder.parents if not parent.exists()]
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _locked(folder.parent) as alone:
            if alone:
                _tidy(folder.parent)
            _write(folder, files, check)
    except BaseException as error:
        for parent in made:
            with suppress(OSError):  # somebody else may have begun to use it
                parent.rmdir()
        if isinstance(error, OSError):
            raise _refusal(folder, files, error) from error
        raise


def _refusal(folder: Path, files: Mapping[str, bytes], error: OSError) -> UserError:
    if error.errno in FULL:
        size = sum(map(len, files.values())) / 1e6
        return UserError(
            f"The disk is full: {folder.name} needs {size:.1f} MB in {folder.parent}. Nothing was changed; "
            "make room and write it again."
        )
    reason = error.strerror or str(error)
    return UserError(f"{folder.name} cannot be written in {folder.parent} ({reason}). Nothing was changed.")


def _write(folder: Path, files: Mapping[str, bytes], check: Callable[[Path], None]) -> None:
    temporary = folder.parent / f".tmp-{folder.name}-{secrets.token_hex(4)}"
    try:
        temporary.mkdir()
        for name, data in files.items():
            _write_file(temporary / name, data)
        check(temporary)
        _sync(temporary)
        _swap(temporary, folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _write_file(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync(folder: Path) -> None:
    """Make the folder's entries, renames among them, outlive a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _swap(new: Path, folder: Path) -> None:
    aside = _aside(folder)
    replaced = folder.exists()
    try:
        if replaced:
            folder.rename(aside)
        new.rename(folder)
        _sync(folder.parent)
    except BaseException:
        if not new.exists():
            folder.rename(new)
        if replaced and not folder.exists():
            aside.rename(folder)
        raise
    if aside.exists():
        _discard(aside)


def _aside(folder: Path) -> Path:
    return folder.parent / (ASIDE + folder.name)


def remove_folder(folder: Path) -> None:
    """Remove what ``write_folder`` wrote: at every moment it is whole or gone.

    What cannot be removed stays, whole, or as a ``.tmp-…`` that the next write removes.
    """
    for each in (_aside(folder), folder):  # in this order, or the old one would come back
        _discard(each)


def _discard(folder: Path) -> None:
    """Remove a folder by way of a temporary name, so that what has its own is always whole."""
    trash = folder.parent / f".tmp-{folder.name.removeprefix(ASIDE)}-{secrets.token_hex(4)}"
    with suppress(OSError):  # the next write tries again
        folder.rename(trash)
        shutil.rmtree(trash)


def _tidy(parent: Path) -> None:
    """Finish or remove what killed writers left; call it only while no other can be at work."""
    for aside in parent.glob(ASIDE + "*"):
        folder = parent / aside.name.removeprefix(ASIDE)
        if folder.exists():
            _discard(aside)
        else:
            aside.rename(folder)
    for temporary in parent.glob(".tmp-*"):
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Hold the folder against other writers; False where its file system knows no such locks."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield _lock(descriptor)
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError:  # some network file systems lock no folders
        return False
    return True
