"""Holding out: disjoint, complete, in proportion, and for ever the same."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from aecore.data import Split
from aecore.data.splits import complement, hold_out, stratified
from aecore.errors import UserError

FROZEN = [1, 22, 60, 66, 71, 72, 77, 79]


@given(st.lists(st.integers(0, 5), min_size=1, max_size=200), st.data(), st.integers(0, 99))
def test_a_stratified_sample_has_every_class_in_proportion(
    labels: list[int], data: st.DataObject, seed: int
) -> None:
    label = np.array(labels)
    count = data.draw(st.integers(0, len(label)))
    held_out = stratified(label, count, seed)
    assert len(np.unique(held_out)) == count
    shares = np.bincount(label, minlength=6) * count / len(label)
    assert (np.abs(np.bincount(label[held_out], minlength=6) - shares) <= 1).all()
    together = np.concatenate([held_out, complement(held_out, len(label))])
    assert sorted(together) == list(range(len(label)))


def test_the_sample_is_frozen() -> None:
    # Were these to move, test examples of shipped bundles would become training examples.
    label = np.arange(100) % 4
    assert stratified(label, 8, seed=0).tolist() == FROZEN
    assert stratified(label, 8, seed=1).tolist() != FROZEN


def numbered(n: int) -> Split:
    return Split(torch.arange(n).float().reshape(n, 1, 1, 1), torch.arange(n) % 3)


def test_held_out_examples_keep_their_labels_and_leave_the_rest() -> None:
    train, validation = hold_out(numbered(90), 30, seed=3, name="toy")
    assert validation.label is not None
    assert torch.bincount(validation.label).tolist() == [10, 10, 10]
    assert sorted(torch.cat([train.x, validation.x]).flatten().tolist()) == list(range(90))
    for split in (train, validation):
        assert split.label is not None
        assert torch.equal((split.x.flatten() % 3).long(), split.label)


def test_no_validation_is_an_empty_split() -> None:
    pool = numbered(9)
    train, validation = hold_out(pool, 0, seed=0, name="toy")
    assert train is pool
    assert validation.x.shape == (0, 1, 1, 1)
    assert validation.label is not None
    assert len(validation.label) == 0


def test_a_split_without_labels_can_be_held_out_too() -> None:
    train, validation = hold_out(Split(torch.zeros(10, 1, 2, 2)), 4, seed=0, name="toy")
    assert (len(train), len(validation)) == (6, 4)
    assert validation.label is None


@pytest.mark.parametrize("count", [-1, 9, 10])
def test_impossible_counts_are_refused(count: int) -> None:
    with pytest.raises(UserError, match=f"from 0 to 8: .* 9 training examples of toy; {count} is not"):
        hold_out(numbered(9), count, seed=0, name="toy")
