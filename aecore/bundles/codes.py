"""Codes of a fixed set of test examples, with what the map shows of each."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aecore.errors import BundleError, UserError

HALF = ("mu", "logvar", "mu_knots")
"""Stored as float16: a map needs no more."""

WHOLE = ("index", "label", "factors")
"""int64; everything else is float32."""

SHAPES = {
    "mu": "ND",
    "index": "N",
    "error": "N",
    "label": "N",
    "factors": "NF",
    "logvar": "ND",
    "kl": "N",
    "pca": "N2",
    "umap": "N2",
    "tsne": "N2",
    "umap3": "N3",
    "pca_mean": "D",
    "pca_components": "2D",
    "knots": "K",
    "mu_knots": "KND",
}
"""The axes of each array: N examples, D latent dimensions, F factors, K knots of log β."""

MAX_BYTES = 2**30  # unpacked


@dataclass(frozen=True, eq=False)
class Codes:
    """Codes of N test examples in D dimensions, and maps of them; read-only arrays.

    Attributes:
        mu: The code of each example (posterior mean), shape (N, D).
        index: Its position in the test split, shape (N,), int64.
        error: Distortion at the mean code, shape (N,), in the likelihood's unit.
        label: Class index, shape (N,), int64, or None.
        factors: Index of each factor's value, shape (N, F), int64, or None.
        logvar: log σ² of the posterior, shape (N, D), or None for points.
        kl: KL to the prior, shape (N,), nats, or None for points.
        pca, umap, tsne: 2-D maps, shape (N, 2), or None where one was not made.
        umap3: A 3-D map, shape (N, 3), or None where there are fewer than three dimensions.
        pca_mean: Shape (D,); a point p of the PCA map is the code pca_mean + p @ pca_components.
        pca_components: Shape (2, D).
        knots: Of a multi-rate model: log β, ascending, shape (K,); everything above is at β = 1.
        mu_knots: The code of each example at each of them, shape (K, N, D).

    Raises:
        ValueError: If an array does not have its shape, or holds a number that is not finite.
    """

    mu: NDArray[np.float32]
    index: NDArray[np.int64]
    error: NDArray[np.float32]
    label: NDArray[np.int64] | None = None
    factors: NDArray[np.int64] | None = None
    logvar: NDArray[np.float32] | None = None
    kl: NDArray[np.float32] | None = None
    pca: NDArray[np.float32] | None = None
    umap: NDArray[np.float32] | None = None
    tsne: NDArray[np.float32] | None = None
    umap3: NDArray[np.float32] | None = None
    pca_mean: NDArray[np.float32] | None = None
    pca_components: NDArray[np.float32] | None = None
    knots: NDArray[np.float32] | None = None
    mu_knots: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        sizes: dict[str, int] = {"2": 2, "3": 3}
        for name, array in self._arrays().items():
            axes = SHAPES[name]
            same = len(axes) == array.ndim and all(
                sizes.setdefault(axis, side) == side for axis, side in zip(axes, array.shape, strict=True)
            )
            if not same:
                said = ", ".join(str(sizes.get(axis, axis)) for axis in axes)
                raise ValueError(f"{name} has shape {array.shape}; it must be ({said}).")
            whole = name in WHOLE
            if array.dtype.kind not in ("iu" if whole else "f"):
                raise ValueError(
                    f"{name} holds {array.dtype}; it must hold {'whole numbers' if whole else 'floats'}."
                )
            kept = np.array(array, dtype=np.int64 if whole else np.float32)
            if not np.isfinite(kept).all():
                raise ValueError(f"{name} holds numbers that are not finite.")
            kept.flags.writeable = False
            object.__setattr__(self, name, kept)

    def _arrays(self) -> dict[str, NDArray[Any]]:
        named = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: array for name, array in named.items() if array is not None}

    def __len__(self) -> int:
        return len(self.mu)

    @property
    def maps(self) -> dict[str, NDArray[np.float32]]:
        """The 2-D maps there are, shape (N, 2) each."""
        return {name: array for name, array in self._arrays().items() if name in ("pca", "umap", "tsne")}

    def to_bytes(self) -> bytes:
        """The bytes of ``codes.npz``: the same codes always give the same bytes.

        Raises:
            UserError: If a code is beyond half precision (65,504).
        """
        stored = self._arrays()
        for name in HALF:
            if name in stored:
                with np.errstate(over="ignore"):
                    stored[name] = stored[name].astype(np.float16)
                if not np.isfinite(stored[name]).all():
                    raise UserError(
                        f"The codes reach beyond ±65,504 ({name}), more than half precision holds: the model "
                        "has diverged; train it again with a lower learning rate or with weight decay."
                    )
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, **stored)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes, bundle: str) -> Codes:
        """Read ``codes.npz``; nothing in it is executed.

        Args:
            data: Its bytes.
            bundle: Which bundle an error names.

        Raises:
            BundleError: If it is not such a file.
        """
        try:
            return cls(**_unpack(data))
        except Exception as error:  # a damaged archive fails in as many ways as it has parsers
            raise BundleError(f"Bundle {bundle}: codes.npz cannot be read ({error}).") from error


def _unpack(data: bytes) -> dict[str, NDArray[Any]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        size = sum(member.file_size for member in archive.infolist())
    if size > MAX_BYTES:
        raise ValueError(f"it unpacks to {size:,} bytes; codes have at most {MAX_BYTES:,}")
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        unknown = sorted(set(arrays.files) - set(SHAPES))
        if unknown:
            raise ValueError(f"it holds {unknown[0]!r}, which codes do not have")
        return {name: arrays[name] for name in arrays.files}
