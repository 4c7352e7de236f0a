"""``codes.safetensors``: codes of the same test examples by every member, and maps of them that agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from aecore.errors import BundleError, UserError
from aecore.sweeps.card import CODES

Half = NDArray[np.float16]

SHAPES = {
    "mu": "KND",
    "logvar": "KND",
    "error": "KN",
    "kl": "KN",
    "pca": "KN2",
    "umap": "KN2",
    "index": "N",
    "label": "N",
    "factors": "NF",
}
"""The axes of each array: K members, N examples, D latent dimensions, F factors."""

WHOLE = ("index", "label", "factors")
"""int32; everything else is float16."""


@dataclass(frozen=True, eq=False)
class SweepCodes:
    """What each member makes of N test examples; read-only arrays.

    Attributes:
        mu: Means of q(z|x), shape (K, N, D).
        logvar: log σ², shape (K, N, D).
        error: Distortion at the mean code, shape (K, N), in the likelihood's unit.
        kl: KL to the prior, shape (K, N), nats.
        pca: PCA maps, each turned to lie on the one before, shape (K, N, 2).
        index: Position of each example in the test split, shape (N,).
        umap: Aligned UMAPs, shape (K, N, 2), or None.
        label: Class index, shape (N,), or None.
        factors: Index of each factor's value, shape (N, F), or None.

    Raises:
        ValueError: If an array does not have its shape, or holds a number that is not finite.
    """

    mu: Half
    logvar: Half
    error: Half
    kl: Half
    pca: Half
    index: NDArray[np.int32]
    umap: Half | None = None
    label: NDArray[np.int32] | None = None
    factors: NDArray[np.int32] | None = None

    def __post_init__(self) -> None:
        sizes: dict[str, int] = {"2": 2}
        for name, array in self.arrays().items():
            axes = SHAPES[name]
            if len(axes) != array.ndim or any(
                sizes.setdefault(axis, side) != side for axis, side in zip(axes, array.shape, strict=True)
            ):
                said = ", ".join(str(sizes.get(axis, axis)) for axis in axes)
                raise ValueError(f"{name} has shape {array.shape}; it must be ({said}).")
            if array.dtype != (np.int32 if name in WHOLE else np.float16):
                raise ValueError(f"{name} holds {array.dtype}.")
            if not np.isfinite(array).all():
                raise ValueError(f"{name} holds numbers that are not finite.")
            array.flags.writeable = False

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any] | None]) -> SweepCodes:
        """Arrays of any precision as they are stored; None is left out.

        Raises:
            UserError: If a number is beyond half precision (65,504).
        """
        kept: dict[str, Any] = {}
        for name, array in arrays.items():
            if array is None:
                continue
            with np.errstate(over="ignore"):
                kept[name] = np.ascontiguousarray(array, np.int32 if name in WHOLE else np.float16)
            if not np.isfinite(kept[name]).all():
                raise UserError(
                    f"The codes reach beyond ±65,504 ({name}), more than half precision holds: a member "
                    "has diverged; train the sweep again with a lower learning rate."
                )
        return cls(**kept)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Those there are, by name."""
        named = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: array for name, array in named.items() if array is not None}

    def __len__(self) -> int:
        """N, the examples."""
        return int(self.mu.shape[1])

    def map(self, name: str) -> Half:
        """A map by its name, shape (K, N, 2): ``plane``, ``pca`` or ``umap``.

        Raises:
            KeyError: If there is none of that name.
        """
        found = {"plane": self.mu if self.mu.shape[2] == 2 else None, "pca": self.pca, "umap": self.umap}[
            name
        ]
        if found is None:
            raise KeyError(name)
        return found

    def to_bytes(self) -> bytes:
        """The same codes always give the same bytes."""
        saved: bytes = safetensors.numpy.save(self.arrays())
        return saved

    @classmethod
    def from_bytes(cls, data: bytes, sweep: str) -> SweepCodes:
        """Read the file.

        Args:
            data: Its bytes.
            sweep: Which sweep an error names.

        Raises:
            BundleError: If it is not such a file.
        """
        try:
            return cls(**{name: np.array(array) for name, array in safetensors.numpy.load(data).items()})
        except (TypeError, ValueError, safetensors.SafetensorError) as error:
            raise BundleError(f"Sweep {sweep}: {CODES} cannot be read ({error}).") from error
