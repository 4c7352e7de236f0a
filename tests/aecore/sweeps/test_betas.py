"""Ranges of β, and where a β lies among them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from aecore.errors import UserError
from aecore.sweeps import between, locate, parse

POSITIVE = st.floats(0.001, 900).map(lambda value: float(f"{value:.4g}"))
COUNT = st.integers(2, 40)


@given(POSITIVE, POSITIVE, COUNT)
def test_a_log_range_has_equal_ratios_and_both_ends(low: float, high: float, count: int) -> None:
    assume(high > 1.5 * low)
    betas = parse(f"{low!r}:{high!r}:log{count}")
    assert (len(betas), betas[0], betas[-1]) == (count, low, high)
    ratio = (high / low) ** (1 / (count - 1))
    assert np.allclose(np.array(betas[1:]) / betas[:-1], ratio, rtol=1e-5)


@given(st.floats(0, 400).map(lambda value: float(f"{value:.4g}")), st.floats(1, 400), COUNT)
def test_a_lin_range_has_equal_steps(low: float, width: float, count: int) -> None:
    high = float(f"{low + width:.4g}")
    assume(high > low + 0.5)
    betas = parse(f"{low!r}:{high!r}:lin{count}")
    assert (len(betas), betas[0], betas[-1]) == (count, low, high)
    assert np.allclose(np.diff(betas), (high - low) / (count - 1), atol=1e-5 * high)


@given(st.lists(POSITIVE, min_size=2, max_size=30), st.booleans())
def test_a_list_comes_out_rising_and_each_once(values: list[float], zero: bool) -> None:
    assume(len(set(values)) > 1)
    betas = parse(",".join(map(repr, values)), with_zero=zero)
    assert list(betas) == sorted({*values, *([0.0] if zero else [])})
    assert parse(",".join(map(repr, betas))) == betas


def test_ranges_and_numbers_go_together() -> None:
    assert parse("0, 0.1:10:log3, 4") == (0, 0.1, 1, 4, 10)
    assert parse("0.05:16:log13", with_zero=True) == parse("0,0.05:16:log13")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1", "gives 1"),
        ("1,1", "gives 1"),
        ("", "no number"),
        ("1,x", "'x' is no number"),
        ("nan,1", "'nan' is no number"),
        ("1:2:log1", "2 to 64 values"),
        ("1:2:log65", "2 to 64 values"),
        ("2:1:log3", "A range of β rises"),
        ("0:1:log3", "starts above 0"),
        ("1:2:3", "is no number"),
        ("-1,1", "from 0 to 1000"),
        ("1,2000", "from 0 to 1000"),
        ("0:9:lin40,10:19:lin40", "gives 80"),
    ],
)
def test_what_is_no_range_is_said(text: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        parse(text)


@given(st.lists(POSITIVE, min_size=2, max_size=12, unique=True), st.booleans(), st.floats(0, 1))
def test_locate_undoes_between(values: list[float], zero: bool, t: float) -> None:
    betas = parse(",".join(map(repr, values)), with_zero=zero)
    for k in range(len(betas) - 1):
        low, high = betas[k], betas[k + 1]
        beta = between(low, high, t)
        assume(low < beta < high)
        found, share = locate(betas, beta)
        assert found == k
        assert math.isclose(share, t, abs_tol=1e-4)
        assert locate(betas, high) == (k, 1.0)
    assert locate(betas, betas[0]) == (0, 0.0)


def test_half_way_is_the_geometric_mean_and_a_quarter_from_zero() -> None:
    assert between(0.1, 10) == pytest.approx(1)
    assert between(0, 0.2) == pytest.approx(0.05)


def test_beyond_the_members_is_nothing() -> None:
    with pytest.raises(UserError, match=r"β from 0.1 to 4; 5 is beyond"):
        locate((0.1, 4), 5)
