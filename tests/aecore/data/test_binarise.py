"""Black and white: what is drawn, when, and where it is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from aecore.data import Dataset, load_dataset
from aecore.data.binarise import binarised
from aecore.errors import UserError


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_dataset("digits")


def test_threshold_is_a_half(digits: Dataset) -> None:
    binary = binarised(digits, "threshold")
    assert binary.spec.values == "binary"
    assert not binary.dynamic
    for grey, black_white in [
        (digits.train, binary.train),
        (digits.validation, binary.validation),
        (digits.test, binary.test),
    ]:
        assert (black_white.x == (grey.x * 16 >= 9)).all()  # 8/16 is not above a half
        assert black_white.label is grey.label


def test_dynamic_draws_what_is_not_trained_on_once(digits: Dataset) -> None:
    first, second = binarised(digits, "dynamic"), binarised(load_dataset("digits"), "dynamic")
    assert first.dynamic
    assert first.spec.values == "binary"
    assert (first.train.x == digits.train.x).all()
    assert first.test.x.unique().tolist() == first.validation.x.unique().tolist() == [0, 1]
    assert (first.test.x == second.test.x).all()
    assert (first.validation.x == second.validation.x).all()
    assert first.fingerprint != digits.fingerprint


def test_dynamic_draws_with_the_grey_value_as_probability(digits: Dataset) -> None:
    drawn, grey = binarised(digits, "dynamic").test.x, digits.test.x
    assert (drawn[grey == 0] == 0).all()
    assert (drawn[grey == 1] == 1).all()
    for level in range(1, 16):
        ones = drawn[grey == level / 16]
        sigma = (level / 16 * (1 - level / 16) / len(ones)) ** 0.5
        assert abs(ones.mean().item() - level / 16) < 4 * sigma


def test_the_draws_of_two_splits_are_independent(digits: Dataset) -> None:
    grey = torch.full((297, 1, 8, 8), 0.5)
    same = replace(
        digits, validation=replace(digits.validation, x=grey), test=replace(digits.test, x=grey.clone())
    )
    drawn = binarised(same, "dynamic")
    assert (drawn.validation.x == drawn.test.x).float().mean().item() == pytest.approx(0.5, abs=0.02)


def test_none_is_the_same_data(digits: Dataset) -> None:
    assert binarised(digits, "none") is digits


@pytest.mark.parametrize("how", ["threshold", "dynamic"])
def test_what_is_binary_already_is_refused(how: str) -> None:
    with pytest.raises(UserError, match="shapes-32 is binary already: leave binarise at none"):
        load_dataset("shapes-32", binarise=how, train_examples=10, test_examples=5, validation=2)  # type: ignore[arg-type]


def test_what_has_grey_edges_is_not_binary() -> None:
    data = load_dataset(
        "shapes-32", binarise="threshold", antialias=True, train_examples=10, test_examples=5, validation=2
    )
    assert data.spec.values == "binary"
    assert data.test.x.unique().tolist() == [0, 1]


@pytest.mark.parametrize("how", ["threshold", "dynamic"])
def test_real_values_are_refused(digits: Dataset, how: str) -> None:
    real = replace(digits, spec=replace(digits.spec, values="real"))
    with pytest.raises(UserError, match="real values, not pixels"):
        binarised(real, how)  # type: ignore[arg-type]
