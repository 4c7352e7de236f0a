"""The table is scikit-learn's, and its scale is the training split's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import StandardScaler

from aecore.data import Dataset, DataSpec, Split, load_dataset
from aecore.data.standardise import standardised
from aecore.errors import UserError

SPLITS = ("train", "validation", "test")


def in_units(data: Dataset, split: Split) -> torch.Tensor:
    """Values in the columns' own units, float64."""
    return split.x.double() * torch.tensor(data.spec.scale) + torch.tensor(data.spec.centre)


def table(train: Split, validation: Split, test: Split) -> Dataset:
    spec = DataSpec("toy", "table", tuple(train.x.shape[1:]), "real")
    return Dataset(spec, "Toy", "none", "here", train, validation, test)


def test_it_is_scikit_learns_table() -> None:
    bunch, data = load_breast_cancer(), load_dataset("breast-cancer")
    spec = data.spec
    assert (spec.kind, spec.shape, spec.values) == ("table", (30,), "real")
    assert spec.columns == tuple(bunch.feature_names)
    assert spec.classes == tuple(bunch.target_names)
    assert [len(data.train), len(data.validation), len(data.test)] == [400, 55, 114]
    rows = torch.cat([in_units(data, getattr(data, name)) for name in SPLITS]).numpy()
    labels = torch.cat([getattr(data, name).label for name in SPLITS]).numpy()
    theirs = np.abs((rows[:, None] - bunch.data) / bunch.data.std(0)).max(2)  # (569, 569)
    same = theirs.argmin(1)
    assert float(theirs.min(1).max()) < 1e-5
    assert sorted(same) == list(range(569))
    np.testing.assert_array_equal(labels, bunch.target[same])


@pytest.mark.parametrize(("validation", "seed"), [(55, 0), (0, 0), (200, 3)])
def test_the_scale_is_that_of_the_training_split_alone(validation: int, seed: int) -> None:
    data = load_dataset("breast-cancer", validation=validation, seed=seed)
    scaler = StandardScaler().fit(in_units(data, data.train).numpy())
    np.testing.assert_allclose(data.spec.centre, scaler.mean_, rtol=1e-6)
    np.testing.assert_allclose(data.spec.scale, scaler.scale_, rtol=1e-6)
    for name in SPLITS:
        split = getattr(data, name)
        if len(split):
            expected = scaler.transform(in_units(data, split).numpy())
            np.testing.assert_allclose(split.x, expected, atol=1e-5)
    np.testing.assert_allclose(data.train.x.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(data.train.x.std(0, correction=0), 1, atol=1e-5)
    assert float(data.test.x.mean(0).abs().max()) > 0.02  # nobody has looked at it


def test_outliers_that_are_held_out_do_not_move_the_scale() -> None:
    train = torch.randn(50, 3, generator=torch.Generator().manual_seed(0))
    calm = table(Split(train), Split(train[:5]), Split(train[:9]))
    wild = table(Split(train), Split(train[:5] * 1e6), Split(train[:9] * 1e6))
    assert standardised(calm).spec == standardised(wild).spec
    assert torch.equal(standardised(calm).train.x, standardised(wild).train.x)


def test_a_column_that_does_not_vary_keeps_its_unit() -> None:
    x = torch.tensor([[0.1, 1.0], [0.1, 3.0], [0.1, 5.0]])
    data = standardised(table(Split(x), Split(x[:0]), Split(torch.tensor([[2.1, 3.0]]))))
    assert data.spec.scale[0] == 1
    assert data.train.x[:, 0].tolist() == [0, 0, 0]
    np.testing.assert_allclose(data.test.x, [[2.0, 0.0]], atol=1e-6)
    assert data.validation.x.shape == (0, 2)


def test_the_order_in_which_a_library_adds_changes_no_bit() -> None:
    data = load_dataset("breast-cancer")
    raw = load_breast_cancer().data[:300]
    order = np.random.RandomState(0).permutation(300)
    splits = [
        table(Split(torch.from_numpy(raw[rows])), data.test, data.test) for rows in (np.arange(300), order)
    ]
    first, second = (standardised(each) for each in splits)
    assert first.spec == second.spec
    assert torch.equal(first.train.x[torch.from_numpy(order)], second.train.x)


def test_labels_and_factors_come_along() -> None:
    split = Split(torch.randn(4, 2), torch.arange(4), torch.arange(4)[:, None])
    data = standardised(table(split, split, split))
    assert data.test.label is not None
    assert data.test.label.tolist() == [0, 1, 2, 3]
    assert data.test.factors is split.factors


@pytest.mark.parametrize("name", ["breast-cancer", "waves", "words"])
def test_only_images_are_made_black_and_white(name: str) -> None:
    with pytest.raises(UserError, match=f"{name} holds no images"):
        load_dataset(name, binarise="threshold")
    assert "binarise" not in load_dataset(name).spec.options


def test_tokens_have_a_fingerprint_that_tells_any_two_apart() -> None:
    spec = DataSpec("toy", "tokens", (3,), "token", vocabulary=tuple(map(str, range(700))))
    x = torch.tensor([[1, 2, 0], [3, 0, 0]])

    def of(x: torch.Tensor) -> str:
        return Dataset(spec, "Toy", "none", "here", Split(x), Split(x[:0]), Split(x)).fingerprint

    other = x.clone()
    other[0, 0] += 256
    assert of(x) == of(x.to(torch.int32)) != of(other)
    assert replace(spec).size == 3
