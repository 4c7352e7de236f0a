"""Writing a recording: only ever to the end of a file, and never more than its budget for long."""

from __future__ import annotations

import itertools
import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aecore.jobs.manifest import MANIFEST, Manifest
from aecore.jobs.recording import Header, Recording, decode, encode, offsets

Parts = Mapping[str, bytes | NDArray[np.float16]]


class Recorder:
    """The one writer of a recording; where there is one of the same model already, it goes on with it.

    Args:
        folder: Of the job; it exists.
        manifest: What is recorded.
        originals: The content of ``manifest.originals``.
        budget: Bytes of the file of frames beyond which every second frame is dropped.

    Attributes:
        last: The frame that was written last, its parts left out; None before the first.

    Raises:
        OSError: If nothing can be written.
    """

    def __init__(self, folder: Path, manifest: Manifest, originals: bytes, budget: float) -> None:
        self.folder, self.budget = folder, budget
        found = Manifest.read(folder)
        basis = found.basis or manifest.basis if found else {}  # one of before is gone on with, too
        as_now = found and replace(
            found,
            take=1,
            generation=1,
            first=0,
            basis=basis,
            fitted=manifest.fitted,
            factors=manifest.factors,
        )
        if found and as_now == manifest:
            self.manifest = found
            self.last: Header | None = _newest(folder)
            self.size = self._forget_torn()
        else:
            self.manifest, self.last = found or manifest, _newest(folder)
            later = self._later()  # numbers go on: a browser keeps a frame under its number for good
            _replace(folder / manifest.originals, originals)
            self.last = None
            self._change(
                replace(manifest, take=later.take + 1, generation=later.generation, first=later.first)
                if found
                else manifest,
                b"",
            )
        self._tidy()

    @property
    def _path(self) -> Path:
        return self.folder / self.manifest.file

    def append(self, header: Header, parts: Parts) -> Header:
        """Writes one frame, whole or not at all.

        Args:
            header: Its number and parts are filled in here.
            parts: The body: PNG as bytes, numbers as arrays.

        Returns:
            The header as it was written.

        Raises:
            OSError: If there is no room. Nothing has changed then.
        """
        data = [part if isinstance(part, bytes) else part.astype("<f2").tobytes() for part in parts.values()]
        listed = tuple(
            (name, "png", (), len(raw))
            if isinstance(part, bytes)
            else (name, "float16", part.shape, len(raw))
            for (name, part), raw in zip(parts.items(), data, strict=True)
        )
        written = replace(header, number=self._next, parts=listed)
        self.size += _append(self._path, encode(written, b"".join(data)), self.size)
        self.last = written
        if self.size > self.budget:
            with suppress(OSError):  # there is no room for the smaller one either: later
                self._rewrite(lambda header, k: k % 2 == 0 or header.number == written.number)
        return written

    def begin_again(self) -> None:
        """Drops every frame: the training begins anew. Numbers go on."""
        self._change(replace(self._later(), take=self.manifest.take + 1), b"")
        self.last = None

    def cut(self, step: int) -> None:
        """Drops the frames after a step: the training goes on from there once more. Numbers go on."""
        if self.last and self.last.step > step:
            self._rewrite(lambda header, _: header.step <= step)
            self.last = _newest(self.folder)

    @property
    def _next(self) -> int:
        """Number of the next frame."""
        return max(self.manifest.first, self.last.number + 1 if self.last else 0)

    def _later(self) -> Manifest:
        return replace(self.manifest, generation=self.manifest.generation + 1, first=self._next)

    def _rewrite(self, keep: Callable[[Header, int], bool]) -> None:
        """Keeps the frames for which ``keep``, given the header and the position, is true."""
        places, content = offsets(self._path), self._path.read_bytes()
        raws = [content[start:end] for start, end in itertools.pairwise(places)]
        kept = [raw for k, raw in enumerate(raws) if (frame := decode(raw)) and keep(frame.header, k)]
        self._change(self._later(), b"".join(kept))

    def _change(self, manifest: Manifest, content: bytes) -> None:
        """Another file of frames; who reads sees the old one or the new one."""
        _replace(self.folder / manifest.file, content)
        _replace(self.folder / MANIFEST, manifest.to_bytes())
        old, self.manifest, self.size = self._path, manifest, len(content)
        if old != self._path:
            old.unlink(missing_ok=True)

    def _forget_torn(self) -> int:
        """Cuts off what a writer that was killed left half done; the bytes that remain."""
        whole = offsets(self._path)[-1]
        if not self._path.exists():
            self._path.touch()
        os.truncate(self._path, whole)
        return whole

    def _tidy(self) -> None:
        for stray in (*self.folder.glob("frames-*"), *self.folder.glob(".tmp-*")):
            if stray != self._path:
                stray.unlink(missing_ok=True)


def _newest(folder: Path) -> Header | None:
    """The last frame of a recording that can be read, its parts left out."""
    recording = Recording(folder)
    frames = map(recording.frame, reversed(range(len(recording))))
    return next((frame.header for frame in frames if frame), None)


def _append(path: Path, data: bytes, size: int) -> int:
    """Bytes that were added to a file of ``size``: all of them, or it is as it was.

    Raises:
        OSError: If there is no room.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o666)
    try:
        os.lseek(descriptor, size, os.SEEK_SET)
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left) :]
    except OSError:
        os.ftruncate(descriptor, size)
        raise
    finally:
        os.close(descriptor)
    return len(data)


def _replace(path: Path, data: bytes) -> None:
    """Puts a file in place, whole."""
    aside = path.with_name(f".tmp-{path.name}-{secrets.token_hex(4)}")
    try:
        aside.touch()
        _append(aside, data, 0)
        aside.replace(path)
    except OSError:
        aside.unlink(missing_ok=True)
        raise
