"""The classifier behind judges and perceptual losses: shapes, learning, and that it repeats."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from aecore.data import DataSpec, Split
from aecore.errors import UserError
from aecore.nets.classifier import FEATURES, Classifier, _shown, accuracy, fit_classifier
from tests.aecore.small import digits, equal, weights

CLASSES = tuple("abc")


def fresh(seed: int = 0) -> Classifier:
    torch.manual_seed(seed)
    return Classifier(digits().spec)


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 28, 28), (3, 32, 32), (1, 64, 64), (2, 9, 20)])
def test_levels_halve_down_to_four_pixels(shape: tuple[int, int, int]) -> None:
    classifier = Classifier(DataSpec("some", "image", shape, "unit", CLASSES))
    x = torch.rand(5, *shape)
    *maps, top = classifier.features(x)
    assert maps[0].shape[2:] == shape[1:]
    for larger, smaller in pairwise(maps):
        assert smaller.shape[2:] == tuple((side + 1) // 2 for side in larger.shape[2:])
    assert 2 < max(maps[-1].shape[2:]) <= 4
    assert top.shape == (5, FEATURES)
    assert classifier(x).shape == (5, 3)
    assert torch.equal(classifier(x), classifier.head(top))
    assert sum(p.numel() for p in classifier.parameters()) < 200_000  # under 400 KB in half precision


def test_it_learns_grey_and_binary_pixels() -> None:
    data, classifier = digits(train=1000), fresh()
    assert accuracy(classifier, data.test) < 0.4
    fit_classifier(classifier, data.train, epochs=10)
    assert not classifier.training
    assert accuracy(classifier, data.test) > 0.9
    assert accuracy(classifier, replace(data.test, x=(data.test.x > 0.5).float())) > 0.8


def test_the_same_seed_gives_the_same_weights_and_the_generator_is_left_alone() -> None:
    data, state = digits(), torch.get_rng_state()
    first, again, other = fresh(), fresh(), fresh()
    torch.set_rng_state(state)
    fit_classifier(first, data.train, epochs=1, seed=3)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(99)
    fit_classifier(again, data.train, epochs=1, seed=3)
    fit_classifier(other, data.train, epochs=1, seed=4)
    assert equal(weights(first), weights(again))
    assert not equal(weights(first), weights(other))


def test_it_is_trained_where_gradients_are_off() -> None:
    classifier = fresh()
    before = weights(classifier)
    with torch.no_grad():
        fit_classifier(classifier, digits().train, epochs=1)
    assert not equal(before, weights(classifier))


def test_examples_of_unknown_class_are_left_out() -> None:
    train = digits().train
    assert train.label is not None
    hidden = replace(train, label=torch.where(torch.arange(len(train)) < 64, train.label, -1))
    known = train.take(torch.arange(64))
    one, two = fresh(), fresh()
    fit_classifier(one, hidden, epochs=1)
    fit_classifier(two, known, epochs=1)
    assert equal(weights(one), weights(two))
    for nothing in (Split(train.x), replace(train, label=torch.full_like(train.label, -1))):
        with pytest.raises(UserError, match="these have no labels"):
            fit_classifier(fresh(), nothing)


def test_pixels_are_grey_at_a_threshold_or_drawn() -> None:
    x = torch.full((3000, 1, 2, 2), 0.6)
    shown = _shown(x, torch.Generator().manual_seed(0)).flatten(1)
    grey = (shown == x.flatten(1)).all(1)
    ones = (shown == 1).all(1)
    assert grey.float().mean() == pytest.approx(1 / 3, abs=0.03)
    assert ones.float().mean() == pytest.approx(1 / 3 + 0.6**4 / 3, abs=0.03)
    assert ((shown == 0) | (shown == 1))[~grey].all()
    assert shown[~grey & ~ones].mean() < 0.6
    binary = (torch.rand(100, 1, 4, 4) > 0.5).float()
    assert torch.equal(_shown(binary, torch.Generator().manual_seed(0)), binary)


def test_what_holds_no_labelled_images_is_refused() -> None:
    for spec in (
        DataSpec("rows", "table", (30,), "real", CLASSES),
        DataSpec("unlabelled", "image", (1, 8, 8), "unit"),
    ):
        with pytest.raises(UserError, match=f"{spec.name} holds none"):
            Classifier(spec)
