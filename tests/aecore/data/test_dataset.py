"""The types: what a fingerprint notices, and what splits carry along."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from aecore.data import Dataset, DataSpec, Split
from aecore.data.dataset import Values


def made_of(x: torch.Tensor, values: Values = "unit") -> Dataset:
    spec = DataSpec("toy", "image", tuple(x.shape[1:]), values)
    return Dataset(spec, "Toy", "none", "here", train=Split(x), validation=Split(x[:0]), test=Split(x))


@pytest.mark.parametrize("values", ["binary", "unit", "real"])
def test_the_fingerprint_notices_one_pixel(values: Values) -> None:
    x = torch.rand(5, 1, 4, 4).round()
    changed = x.clone()
    changed[3, 0, 2, 1] = 1 - changed[3, 0, 2, 1]
    assert made_of(x, values).fingerprint == made_of(x.clone(), values).fingerprint
    assert made_of(x, values).fingerprint != made_of(changed, values).fingerprint


def test_the_fingerprint_notices_one_level_of_grey_and_no_rounding() -> None:
    x = torch.arange(16.0).reshape(1, 1, 4, 4) / 255
    assert made_of(x).fingerprint == made_of(x + 1e-4).fingerprint
    x_next = x.clone()
    x_next[0, 0, 0, 0] += 1 / 255
    assert made_of(x).fingerprint != made_of(x_next).fingerprint


def test_the_fingerprint_of_real_values_sees_what_lies_outside_the_unit_interval() -> None:
    x = torch.tensor([-3.0, 7.0]).reshape(2, 1, 1, 1)
    assert made_of(x, "real").fingerprint != made_of(x * 2, "real").fingerprint
    assert made_of(x, "real").fingerprint != made_of(x + 1e-6, "real").fingerprint


def test_the_fingerprint_notices_order_and_shape() -> None:
    x = torch.arange(8.0).reshape(2, 1, 2, 2) / 255
    prints = {made_of(t).fingerprint for t in (x, x.flip(0), x.reshape(2, 1, 1, 4), x.reshape(1, 2, 2, 2))}
    assert len(prints) == 4


def test_the_fingerprint_does_not_depend_on_training_examples() -> None:
    data = made_of(torch.rand(5, 1, 2, 2))
    assert replace(data, train=Split(torch.rand(9, 1, 2, 2))).fingerprint == data.fingerprint


def test_taking_examples_takes_their_labels_and_factors() -> None:
    split = Split(torch.arange(6.0).reshape(6, 1), torch.arange(6), torch.arange(12).reshape(6, 2))
    some = split.take(torch.tensor([4, 1]))
    assert (len(some), some.x.tolist()) == (2, [[4.0], [1.0]])
    assert some.label is not None
    assert some.factors is not None
    assert (some.label.tolist(), some.factors.tolist()) == ([4, 1], [[8, 9], [2, 3]])


def test_moving_examples_moves_everything() -> None:
    split = Split(torch.zeros(2, 1), torch.zeros(2, dtype=torch.int64)).to("meta")
    assert split.label is not None
    assert (split.x.device.type, split.label.device.type, split.factors) == ("meta", "meta", None)


def test_size_counts_numbers() -> None:
    assert DataSpec("toy", "image", (3, 32, 32), "unit").size == 3072
