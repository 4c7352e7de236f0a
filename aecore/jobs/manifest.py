"""What a recording is of: ``frames.json``. No torch here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

MANIFEST = "frames.json"


@dataclass(frozen=True)
class Manifest:
    """What is recorded.

    Attributes:
        data, variant: Names.
        kind, shape: Of the data set.
        latent_dim: D.
        index: Where each probe example stands in the test split, shape (N,).
        label: Its class, shape (N,), or None.
        classes: Name of each label.
        factors: Of each factor its ``name``, its ``values``, and the index among them ``of`` each probe
            example; none in recordings of before.
        shown: Which probe examples are reconstructed, as positions in ``index``.
        columns: Cells in a row of ``grid.png``.
        fitted: Whether samples are drawn from a Gaussian fitted to the probe's codes, for want of a prior.
        manifold: Whether ``grid.png`` is the plane of a code of two dimensions, or samples.
        dials: What can be turned: names of commands.
        basis: ``examples``, ``likelihood`` and ``binarise`` of :func:`aecore.scenes.basis`; empty in
            recordings of before.
        legend: ``vocabulary``, ``columns``, ``centre`` and ``scale`` of ``DataSpec``; empty for images.
        take: Counts from 1 how often the training was begun.
        generation: In which file the frames are: ``frames-<generation>``.
        first: The number of a new frame is no less.
    """

    data: str
    variant: str
    kind: str
    shape: tuple[int, ...]
    latent_dim: int
    index: tuple[int, ...]
    label: tuple[int, ...] | None
    classes: tuple[str, ...]
    shown: tuple[int, ...]
    columns: int
    manifold: bool
    dials: tuple[str, ...] = ()
    fitted: bool = False
    basis: Mapping[str, str] = field(default_factory=dict)
    legend: Mapping[str, list[Any]] = field(default_factory=dict)
    factors: tuple[Mapping[str, Any], ...] = ()
    take: int = 1
    generation: int = 1
    first: int = 0

    @property
    def file(self) -> str:
        """Name of the file of frames."""
        return f"frames-{self.generation}"

    @property
    def originals(self) -> str:
        """Name of the file of the examples that are reconstructed."""
        return "originals.safetensors" if self.legend else "originals.png"

    def to_bytes(self) -> bytes:
        """As ``frames.json`` has it."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def read(cls, folder: Path) -> Manifest | None:
        """That of a recording, or None where there is none that can be read."""
        try:
            return cls(**with_tuples(json.loads((folder / MANIFEST).read_bytes())))
        except (OSError, ValueError, TypeError, AttributeError):
            return None


def with_tuples(said: dict[str, Any]) -> dict[str, Any]:
    """What JSON has as lists."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in said.items()}
