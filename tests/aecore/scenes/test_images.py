"""Originals are the right ones or none, and a card that anybody may have written is not obeyed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from aecore import scenes
from aecore.bundles import Bundle, Codes
from aecore.data import load_dataset
from aecore.data.parts import SplitName, part
from aecore.scenes import images
from aecore.scenes.images import TRAINING
from tests.aecore.scenes.conftest import Make, changed
from tests.app import make_bundle


def with_data(bundle: Bundle, **entries: Any) -> Bundle:
    return changed(bundle, data=replace(bundle.card.data, **entries))


def test_each_row_is_the_example_that_was_encoded(make: Make) -> None:
    bundle = make()
    rows = np.random.default_rng(0).permutation(len(make_bundle.digits().test))[:150]
    x = make_bundle.digits().test.x.numpy()[rows]
    bundle = changed(
        bundle, Codes(mu=bundle.codes.mu, index=rows, error=bundle.codes.error, logvar=bundle.codes.logvar)
    )
    found = scenes.originals(bundle)
    assert found.missing == ""
    np.testing.assert_array_equal(found.x, x)


@pytest.mark.parametrize("split", ["validation", "train", "all"])
def test_codes_of_another_split_have_its_examples(make: Make, split: SplitName) -> None:
    data = make_bundle.digits()
    chosen = part(data, split)
    index = np.arange(150)[::-1] if split == "validation" else np.arange(150) * 7
    own = replace(data, test=chosen).fingerprint
    bundle = make()
    codes = Codes(mu=bundle.codes.mu, index=index, error=bundle.codes.error, logvar=bundle.codes.logvar)
    bundle = changed(bundle, codes, codes_split=split, codes_fingerprint=own)
    np.testing.assert_array_equal(scenes.originals(bundle).x, chosen.x.numpy()[index])
    other = scenes.originals(changed(bundle, codes_fingerprint="0" * 64))
    assert other.x is None
    assert "not the one that this bundle was made from" in other.missing


def test_all_is_train_then_validation_then_test() -> None:
    data = make_bundle.digits()
    every = part(data, "all")
    sizes = np.cumsum([len(data.train), len(data.validation), len(data.test)])
    for split, end in zip((data.train, data.validation, data.test), sizes, strict=True):
        np.testing.assert_array_equal(every.x[end - len(split) : end], split.x)
        assert every.label is not None
        assert split.label is not None
        np.testing.assert_array_equal(every.label[end - len(split) : end], split.label)
    assert len(every) == sizes[-1]


def test_a_split_that_is_empty_is_refused() -> None:
    with pytest.raises(ValueError, match="has no validation examples"):
        part(load_dataset("digits", validation=0), "validation")


def test_what_training_draws_anew_is_drawn_once() -> None:
    data = load_dataset("digits", binarise="dynamic")
    first, second = part(data, "train"), part(data, "train")
    assert set(np.unique(first.x)) == {0, 1}
    np.testing.assert_array_equal(first.x, second.x)
    assert float((first.x - data.train.x).mean()) == pytest.approx(0, abs=0.01)
    np.testing.assert_array_equal(part(data, "test").x, data.test.x)


def test_other_data_are_missing_and_how_to_have_both_is_said(make: Make) -> None:
    found = scenes.originals(make(fingerprint="0" * 64))
    assert found.x is None
    assert "train the model again" in found.missing


def test_data_that_are_not_here_are_missing(
    make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("AECORE_DATA", str(tmp_path / "empty"))
    found = scenes.originals(make(data_name="mnist"))
    assert found.x is None
    assert "aecore data get mnist" in found.missing


def test_data_that_nobody_knows_are_missing(make: Make) -> None:
    assert "no data set called 'other'" in scenes.originals(make(data_name="other")).missing


@pytest.mark.parametrize("option", ["download", "name", "frobnicate"])
def test_an_option_that_the_data_do_not_have_is_refused(
    make: Make, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    bundle = with_data(make(), options={option: True})
    monkeypatch.setattr(images, "load_dataset", None)
    found = scenes.originals(bundle)
    assert found.x is None
    assert repr(option) in found.missing


@pytest.mark.parametrize("split", ["test", "train"])
def test_only_what_is_shown_is_loaded(make: Make, monkeypatch: pytest.MonkeyPatch, split: SplitName) -> None:
    asked: list[dict[str, Any]] = []

    def load(name: str, **options: Any) -> Any:
        asked.append({"name": name, **options})
        return make_bundle.digits()

    many = {"train_examples": 600_000, "validation": 9, "seed": 3, "antialias": True, "test_examples": 200}
    bundle = changed(with_data(make(data_name="shapes"), options=many), codes_split=split)
    monkeypatch.setattr(images, "load_dataset", load)
    scenes.originals(bundle)
    smallest = {"train_examples": 1, "validation": 0, "seed": 0} if split == "test" else {}
    assert asked == [{"name": "shapes", **many, **smallest}]


def test_what_is_trained_on_does_not_change_the_test_split() -> None:
    usual = load_dataset("shapes-32", test_examples=20, train_examples=50, validation=10, seed=4)
    least: Any = {"test_examples": 20} | TRAINING
    assert load_dataset("shapes-32", **least).fingerprint == usual.fingerprint


def test_codes_of_more_examples_than_there_are_are_no_crash(make: Make) -> None:
    fingerprint = load_dataset("shapes-32", test_examples=9).fingerprint
    bundle = with_data(make(fingerprint=fingerprint), name="shapes-32", options={"test_examples": 9})
    below = replace(bundle.codes, index=bundle.codes.index - 150)  # NumPy would count from the end
    for each in (bundle, changed(make("below"), below)):
        found = scenes.originals(each)
        assert found.x is None
        assert "more examples" in found.missing
