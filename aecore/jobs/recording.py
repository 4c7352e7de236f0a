"""A recording: what a training looked like, frame by frame, written while others read it. No torch here.

``frames.json`` says what is recorded and in which file; that file, ``frames-<generation>``, only grows.
A frame in it is 16 bytes, little-endian (the mark ``LPF1``, the length of the header, that of the body,
the CRC-32 of both), a header in JSON, and a body: the parts that the header lists, one after the other.

- ``mu`` and ``logvar``: codes of the probe examples, float16, shape (N, D); ``logvar`` only where q(z|x)
  is a Gaussian;
- images: ``grid.png``, the manifold of a code of two dimensions, or samples of the same noise each time,
  ``reconstructions.png``, a strip of the examples in ``originals.png``, and ``traversals.png``, a strip for
  each dimension in ``traversed`` (neither in frames of before, nor where a code is a choice from a codebook);
- other data: ``samples`` and ``reconstructions``, float16, shape (M, *shape); of tokens their
  probabilities, shape (M, T, V). The examples are ``x`` in ``originals.safetensors``.

A recording that outgrows its budget, and one that begins anew, gets another file and the next generation.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aecore.jobs.manifest import MANIFEST, Manifest, with_tuples

MARK = b"LPF1"
HEAD = struct.Struct("<4sIII")
MOST = 1 << 28  # bytes of a frame: what claims more is damaged


@dataclass(frozen=True)
class Dials:
    """How a live training was set.

    Attributes:
        beta: Where β is set, or None where the objective has no price of a nat.
        beta_now: What it is now, on its way there.
        lr: Where the learning rate is set.
        free_bits: Nats of each dimension that cost nothing.
        annealing: How β gets to where it is set.
        annealing_epochs: Epochs that a rise takes.
        annealing_since: Progress of the training at which it began.
        slow: Frames a second of slow motion, one after every step; 0: full speed.
    """

    beta: float | None = None
    beta_now: float | None = None
    lr: float = 0.0
    free_bits: float = 0.0
    annealing: str = "constant"
    annealing_epochs: float = 10.0
    annealing_since: float = 0.0
    slow: float = 0.0


@dataclass(frozen=True)
class Header:
    """What a frame says.

    Attributes:
        number: Grows from frame to frame, over all takes.
        step, epoch: Steps done, and the epoch it is in, counted from 1.
        seconds: Spent training so far.
        dials: The settings.
        terms: Training means over this epoch so far, as ``Progress`` has them.
        rate: Mean over the probe examples, nats. None where there is no such thing, as with the next two.
        distortion: Mean over some of them, one draw of z each from the same noise; in the likelihood's unit.
        negative_elbo: Rate, distortion and the likelihood's constants together: of means over different
            examples, so an estimate for all of them, not the bound of any set.
        kl: Mean KL of each dimension over the probe examples, nats, shape (D,), or empty.
        active_units: Dimensions whose mean varies over the probe examples.
        bounds: Of the plane in ``grid.png``: least and largest of both coordinates, or empty.
        traversed: The dimension of each row of ``traversals.png``, or empty.
        parts: Name, type (``float16`` or ``png``), shape and bytes of each part of the body.
    """

    number: int
    step: int
    epoch: int
    seconds: float
    dials: Dials
    terms: Mapping[str, float] = field(default_factory=dict)
    rate: float | None = None
    distortion: float | None = None
    negative_elbo: float | None = None
    kl: tuple[float, ...] = ()
    active_units: int = 0
    bounds: tuple[float, ...] = ()
    traversed: tuple[int, ...] = ()
    parts: tuple[tuple[str, str, tuple[int, ...], int], ...] = ()


@dataclass(frozen=True)
class Frame:
    """One frame.

    Attributes:
        header: What it says.
        body: Its parts, one after the other.
        raw: The bytes as they lie in the file, to be sent on as they are.
    """

    header: Header
    body: bytes
    raw: bytes

    @property
    def arrays(self) -> dict[str, NDArray[np.float16]]:
        """Its parts that are numbers, by name."""
        return {
            name: np.frombuffer(data, "<f2").reshape(shape)
            for name, kind, shape, data in self._parts()
            if kind == "float16"
        }

    @property
    def pictures(self) -> dict[str, bytes]:
        """Its parts that are PNG, by name."""
        return {name: data for name, kind, _, data in self._parts() if kind == "png"}

    def _parts(self) -> Iterator[tuple[str, str, tuple[int, ...], bytes]]:
        start = 0
        for name, kind, shape, size in self.header.parts:
            yield name, kind, tuple(shape), self.body[start : start + size]
            start += size


def encode(header: Header, body: bytes) -> bytes:
    """A frame as it lies in the file."""
    text = json.dumps(asdict(header)).encode()
    return HEAD.pack(MARK, len(text), len(body), zlib.crc32(body, zlib.crc32(text))) + text + body


def decode(raw: bytes) -> Frame | None:
    """A frame from its bytes; None if they are damaged."""
    try:
        mark, header, body, crc = HEAD.unpack_from(raw)
        if mark != MARK or len(raw) != HEAD.size + header + body or zlib.crc32(raw[HEAD.size :]) != crc:
            return None
        said: dict[str, Any] = json.loads(raw[HEAD.size : HEAD.size + header])
        made = Header(**with_tuples(said) | {"dials": Dials(**said["dials"])})
        return Frame(made, raw[HEAD.size + header :], raw)
    except (struct.error, ValueError, TypeError, KeyError):
        return None


def offsets(path: Path, known: Sequence[int] = (0,)) -> list[int]:
    """Where frames begin, and where the last whole one ends.

    A frame that is torn, and all that follows bytes that are no frame, are left out.

    Args:
        path: The file of frames.
        known: What this has found before.
    """
    found = list(known)
    try:
        with path.open("rb") as file:
            end = file.seek(0, 2)
            while (start := found[-1]) + HEAD.size <= end:
                file.seek(start)
                mark, header, body, _ = HEAD.unpack(file.read(HEAD.size))
                after = start + HEAD.size + header + body
                if mark != MARK or header + body > MOST or after > end:
                    break
                found.append(after)
    except OSError:
        pass
    return found


class Recording:
    """The frames of one job, read while they are written.

    Args:
        folder: Of the job.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._manifest: Manifest | None = None
        self._stamp: tuple[int, ...] = ()
        self._offsets = [0]

    @property
    def manifest(self) -> Manifest | None:
        """What is recorded, or None where nothing is yet."""
        try:
            stat = (self.folder / MANIFEST).stat()
            stamp = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        except OSError:
            return None
        if stamp != self._stamp:
            self._manifest, self._stamp, self._offsets = Manifest.read(self.folder), stamp, [0]
        return self._manifest

    @property
    def originals(self) -> bytes:
        """The examples that are reconstructed, as a strip in PNG or in safetensors; empty where none are."""
        try:
            return (self.folder / self.manifest.originals).read_bytes() if self.manifest else b""
        except OSError:
            return b""

    def __len__(self) -> int:
        """Whole frames there are now."""
        if not (manifest := self.manifest):
            return 0
        self._offsets = offsets(self.folder / manifest.file, self._offsets)
        return len(self._offsets) - 1

    def frame(self, position: int) -> Frame | None:
        """The frame at a position, from 0, or from −1 for the last; None if none is there, or damaged."""
        count = len(self)
        place = position + count if position < 0 else position
        if not 0 <= place < count or not self._manifest:
            return None
        try:
            with (self.folder / self._manifest.file).open("rb") as file:
                file.seek(self._offsets[place])
                return decode(file.read(self._offsets[place + 1] - self._offsets[place]))
        except OSError:  # a new generation has just taken its place
            return None

    def latest(self, after: int = -1) -> Frame | None:
        """The newest frame, if its number is larger than ``after``; those in between are passed over."""
        return newest if (newest := self.frame(-1)) and newest.header.number > after else None

    def range(self, start: int = 0, stop: int | None = None) -> list[Frame]:
        """The frames from one position to before another, as ``frame`` gives them; damaged ones left out."""
        found = (self.frame(position) for position in range(*slice(start, stop).indices(len(self))))
        return [frame for frame in found if frame]
