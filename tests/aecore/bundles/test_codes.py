"""Codes survive the disk to half precision; what is not codes is refused, and never executed."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aecore.bundles import Codes
from aecore.bundles.codes import HALF
from aecore.errors import BundleError, UserError
from tests.aecore.bundles import standin


def packed(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["gaussian", "point"])
@pytest.mark.parametrize("n", [1, 40])
def test_codes_read_back(n: int, kind: str) -> None:
    made = standin.codes(n, kind)
    read = Codes.from_bytes(made.to_bytes(), "mnist/toy")
    assert len(read) == n
    assert list(read.maps) == ["pca", "umap", "tsne"]
    for each in fields(Codes):
        before, after = getattr(made, each.name), getattr(read, each.name)
        if before is None:
            assert after is None
            continue
        assert after.dtype == before.dtype
        assert not after.flags.writeable
        rounding = 2.0**-11 if each.name in HALF else 0.0
        np.testing.assert_allclose(after, before, rtol=rounding, atol=1e-7 if rounding else 0)


def test_the_same_codes_are_the_same_bytes() -> None:
    made = standin.codes()
    assert made.to_bytes() == standin.codes().to_bytes()
    assert Codes.from_bytes(made.to_bytes(), "x").to_bytes() == made.to_bytes()
    assert made.to_bytes() != standin.codes(seed=1).to_bytes()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"mu": np.zeros(40)}, r"mu has shape \(40,\); it must be \(N, D\)"),
        ({"label": np.zeros(39, int)}, r"label has shape \(39,\); it must be \(40\)"),
        ({"logvar": np.zeros((40, 4))}, r"logvar has shape \(40, 4\); it must be \(40, 3\)"),
        ({"pca": np.zeros((40, 3))}, r"pca has shape \(40, 3\); it must be \(40, 2\)"),
        ({"pca_components": np.zeros((3, 2))}, "pca_components"),
        ({"label": np.zeros(40)}, "label holds float64; it must hold whole numbers"),
        ({"error": np.zeros(40, complex)}, "error holds complex128; it must hold floats"),
        ({"kl": np.full(40, np.nan)}, "kl holds numbers that are not finite"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(standin.codes(), **changes)


def test_codes_beyond_half_precision_are_refused() -> None:
    with pytest.raises(UserError, match="more than half precision holds"):
        replace(standin.codes(), mu=np.full((40, 3), 7e4)).to_bytes()


class Trap:
    """Unpickling it would raise another error than the one that is wanted."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (exit, (3,))


def test_a_pickle_is_refused() -> None:
    trap = packed(mu=np.array([Trap()], dtype=object), index=np.arange(1), error=np.zeros(1))
    with pytest.raises(BundleError, match=r"Bundle mnist/toy: codes\.npz cannot be read .*allow_pickle"):
        Codes.from_bytes(trap, "mnist/toy")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a zip",
        packed(mu=np.zeros((2, 3))),
        packed(mu=np.zeros((2, 3)), index=np.arange(2), error=np.zeros(2), extra=np.zeros(2)),
        packed(mu=np.zeros((2, 3)), index=np.arange(2), error=np.full(2, np.inf)),
    ],
)
def test_what_is_not_codes_is_refused(data: bytes) -> None:
    with pytest.raises(BundleError, match=r"Bundle mnist/toy: codes\.npz"):
        Codes.from_bytes(data, "mnist/toy")


def test_a_header_that_promises_too_much_is_refused() -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f4", "fortran_order": False, "shape": (10**12, 9)}
    )
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("mu.npy", header.getvalue())
    with pytest.raises(BundleError):
        Codes.from_bytes(archive.getvalue(), "mnist/toy")


def test_a_small_file_that_unpacks_to_a_large_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aecore.bundles.codes.MAX_BYTES", 10_000)
    with pytest.raises(BundleError, match="unpacks to"):
        Codes.from_bytes(standin.codes(2_000).to_bytes(), "mnist/toy")


@given(st.data())
def test_damage_is_an_error_or_harmless(data: st.DataObject) -> None:
    """Whatever one byte becomes, nothing but a BundleError comes out of reading it."""
    raw = bytearray(standin.codes(3).to_bytes())
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with suppress(BundleError):
        Codes.from_bytes(bytes(raw), "mnist/toy")
