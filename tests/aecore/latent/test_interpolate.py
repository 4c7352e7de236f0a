"""Paths between codes: ends, lengths and angles, whatever the two codes are."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from aecore.errors import UserError
from aecore.latent import interpolate
from aecore.latent.interpolate import METHODS, linear, spherical

Array = NDArray[Any]

numbers = st.floats(-10, 10, width=32, allow_subnormal=False)


@st.composite
def pairs(draw: st.DrawFn, least: int = 1) -> tuple[Array, Array]:
    """Two codes of one size."""
    dims = draw(st.integers(least, 6))
    code = arrays(np.float64, dims, elements=numbers)
    return draw(code), draw(code)


def angle(a: Array, b: Array) -> float:
    """Angle between two vectors, by the half-angle formula, which is exact for near ones too."""
    u, v = a / np.linalg.norm(a), b / np.linalg.norm(b)
    return float(2 * np.arctan2(np.linalg.norm(u - v), np.linalg.norm(u + v)))


@pytest.mark.parametrize("method", METHODS)
@given(pair=pairs(), steps=st.integers(2, 9))
def test_a_path_meets_its_ends_to_the_last_bit(method: str, pair: tuple[Array, Array], steps: int) -> None:
    path = METHODS[method](*pair, steps)
    assert path.shape == (steps, len(pair[0]))
    assert np.isfinite(path).all()
    np.testing.assert_array_equal(path[[0, -1]], pair)


@pytest.mark.parametrize("method", METHODS)
@given(pair=pairs())
def test_a_path_back_is_the_path_reversed(method: str, pair: tuple[Array, Array]) -> None:
    a, b = pair
    assume(
        np.linalg.norm(a / (np.linalg.norm(a) or 1) + b / (np.linalg.norm(b) or 1)) > 1e-3
        or method == "linear"
    )
    np.testing.assert_allclose(METHODS[method](a, b, 6), METHODS[method](b, a, 6)[::-1], atol=1e-9)


@given(pairs())
def test_the_straight_line_has_equal_steps(pair: tuple[Array, Array]) -> None:
    a, b = pair
    np.testing.assert_allclose(np.diff(linear(a, b, 5), axis=0), np.tile((b - a) / 4, (4, 1)), atol=1e-12)


@given(pairs(least=2))
def test_on_the_great_circle_length_and_angle_are_linear_in_time(pair: tuple[Array, Array]) -> None:
    a, b = pair
    assume(min(np.linalg.norm(a), np.linalg.norm(b)) > 1e-3)
    path, t = spherical(a, b, 9), np.linspace(0, 1, 9)
    lengths = np.linalg.norm(path, axis=1)
    np.testing.assert_allclose(lengths, (1 - t) * lengths[0] + t * lengths[-1], rtol=1e-9)
    total = angle(a, b)
    np.testing.assert_allclose([angle(a, z) for z in path], t * total, atol=1e-7)
    np.testing.assert_allclose([angle(z, b) for z in path], (1 - t) * total, atol=1e-7)


@given(pairs(least=2))
def test_codes_of_equal_length_give_the_slerp_of_white(pair: tuple[Array, Array]) -> None:
    a, b = pair
    assume(min(np.linalg.norm(a), np.linalg.norm(b)) > 1e-3)
    b = b * np.linalg.norm(a) / np.linalg.norm(b)
    omega = angle(a, b)
    assume(0.01 < omega < 3.1)
    t = np.linspace(0, 1, 7)[:, None]
    white = (np.sin((1 - t) * omega) * a + np.sin(t * omega) * b) / np.sin(omega)
    np.testing.assert_allclose(spherical(a, b, 7), white, atol=1e-7)


@given(arrays(np.float64, 4, elements=numbers), st.floats(0.1, 10))
def test_parallel_codes_give_the_straight_line(a: Array, factor: float) -> None:
    np.testing.assert_allclose(spherical(a, factor * a, 5), linear(a, factor * a, 5), rtol=1e-9, atol=1e-12)


@given(arrays(np.float64, 3, elements=numbers), st.floats(0.1, 10))
def test_opposite_codes_turn_half_a_circle_around_the_origin(a: Array, factor: float) -> None:
    assume(np.linalg.norm(a) > 1e-3)
    path = spherical(a, -factor * a, 5)
    np.testing.assert_allclose([angle(a, z) for z in path], np.linspace(0, np.pi, 5), atol=1e-6)
    assert np.linalg.norm(path, axis=1).min() >= 0.999 * np.linalg.norm(path[[0, -1]], axis=1).min()
    np.testing.assert_array_equal(path, spherical(a, -factor * a, 5))


def test_from_the_origin_only_the_length_grows() -> None:
    b = np.array([3.0, 4.0])
    np.testing.assert_allclose(spherical(np.zeros(2), b, 3), np.outer([0, 0.5, 1], b))
    np.testing.assert_array_equal(spherical(np.zeros(2), np.zeros(2), 3), np.zeros((3, 2)))


def test_in_one_dimension_opposite_codes_pass_the_origin() -> None:
    np.testing.assert_allclose(
        spherical(np.array([1.0]), np.array([-2.0]), 4)[:, 0], [1, 0, -1, -2], atol=1e-12
    )


def test_single_precision_stays_single() -> None:
    a, b = np.array([1, 0], np.float32), np.array([0, 1], np.float32)
    assert {method(a, b, 3).dtype for method in METHODS.values()} == {np.dtype(np.float32)}
    np.testing.assert_allclose(spherical(a, b, 3)[1], np.sqrt([0.5, 0.5]), rtol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_what_is_no_path_is_refused(method: str) -> None:
    with pytest.raises(UserError, match=r"\(2,\) and \(3,\)"):
        METHODS[method](np.zeros(2), np.zeros(3), 5)
    with pytest.raises(UserError, match="2 or more; got 1"):
        METHODS[method](np.zeros(2), np.ones(2), 1)


def test_latent_tools_load_neither_torch_nor_the_map_makers() -> None:
    heavy = ("torch", "umap", "openTSNE", "sklearn")
    code = f"import sys, {interpolate.__name__}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
