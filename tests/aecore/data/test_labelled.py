"""Labels that are not to be known: which, how many, and who may look at them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from aecore.data import DataSpec, Split, load_dataset
from aecore.data.splits import balanced, unlabel
from aecore.errors import UserError
from aecore.metrics import evaluate
from aecore.metrics.codes import knn_accuracy
from tests.aecore.small import model


@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.integers(0, 60), st.integers(0, 9))
def test_classes_take_turns(classes: list[int], wanted: int, seed: int) -> None:
    label = np.array(classes)
    count = min(wanted, len(label))
    chosen = balanced(label, count, seed)
    assert len(np.unique(chosen)) == len(chosen) == count
    assert np.all(np.diff(chosen) > 0)
    drawn = {k: int((label[chosen] == k).sum()) for k in set(classes)}
    for k, n in drawn.items():  # no class is behind another unless it has run out
        assert n == classes.count(k) or n >= max(drawn.values()) - 1
    assert set(balanced(label, max(count - 1, 0), seed)) <= set(chosen)


def test_some_training_labels_are_known_and_the_same_ones_always() -> None:
    whole, few = load_dataset("digits"), load_dataset("digits", labelled=50)
    assert whole.train.label is not None
    assert few.train.label is not None
    known = few.train.label >= 0
    assert few.train.label[known].bincount().tolist() == [5] * 10
    assert torch.equal(few.train.label[known], whole.train.label[known])
    assert torch.equal(few.train.x, whole.train.x)
    for split in ("validation", "test"):
        assert torch.equal(getattr(few, split).label, getattr(whole, split).label)
    again = load_dataset("digits", labelled=50).train.label
    assert again is not None
    assert torch.equal(few.train.label, again)
    assert few.fingerprint == whole.fingerprint


def test_what_is_chosen_is_said_and_what_is_usual_is_not() -> None:
    assert load_dataset("digits", labelled=50).spec.options["labelled"] == 50
    assert "labelled" not in load_dataset("digits").spec.options
    spec = load_dataset("digits", labelled=50).spec
    assert isinstance(spec, DataSpec)
    assert load_dataset(spec.name, **spec.options).spec == spec  # type: ignore[arg-type]


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(UserError, match="--labelled is a whole number from 0 to"):
        load_dataset("digits", labelled=5000)
    with pytest.raises(UserError, match="waves has no labels"):
        unlabel(Split(torch.zeros(3, 1)), 2, "waves")


def test_metrics_learn_from_known_labels_alone() -> None:
    few, made = load_dataset("digits", labelled=40), model("autoencoder").eval()
    label, truth = few.train.label, few.test.label
    assert label is not None
    assert truth is not None
    with torch.no_grad():
        train, test = made.encode(few.train.x[label >= 0]), made.encode(few.test.x)
    by_hand = knn_accuracy(train.numpy(), label[label >= 0].numpy(), test.numpy(), truth.numpy())
    assert evaluate(made, few)["knn5_accuracy"] == pytest.approx(by_hand)
