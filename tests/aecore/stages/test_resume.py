"""Several stages, cut after any epoch, end as if nothing had happened."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from aecore.data import Dataset, load_dataset
from aecore.training import Fit
from tests.aecore.small import digits, equal, head, model
from tests.aecore.training.test_resume import OPTIONS, resumed, run

CASES: dict[str, dict[str, Any]] = {
    "stacked": {"hidden": (16, 8), "noise": 0.2},
    "stacked-rbm": {"hidden": (16, 8), "pretraining": "rbm", "activation": "sigmoid"},
    "grown": {"hidden": (16, 8)},
    "distilled": {"teacher_hidden": (32,), "teacher_dim": 5},
    "m2": {},
    "m1-m2": {"m1_dim": 8, "m2_hidden": (16,)},
}


def few() -> Dataset:
    """Some examples, of which thirty have a label."""
    whole = load_dataset("digits", labelled=30)
    assert whole.train.label is not None
    order = whole.train.label.argsort(descending=True)  # the labelled ones first
    return replace(
        whole,
        train=head(whole.train.take(order), 200),
        validation=head(whole.validation, 64),
        test=digits().test,
    )


@pytest.mark.parametrize("name", CASES)
def test_a_resumed_training_ends_bit_equal_wherever_it_was_cut(name: str) -> None:
    variant = name.removesuffix("-rbm")
    data = few() if variant in ("m2", "m1-m2") else digits(128)
    options = OPTIONS | {"lr_schedule": "cosine"}
    whole, reported, finished, states = run(Fit(model(variant, 0, **CASES[name]), data, **options))
    assert len(states) == len(reported)
    assert len({line["stage"] for line in reported}) == (1 if variant == "m2" else len({*_stages(name)}))
    for k, stored in enumerate(states, start=1):
        again, rest, end, _ = run(resumed(Fit(model(variant, 1, **CASES[name]), data, **options), stored))
        assert equal(again, whole), f"cut after epoch {k}"
        assert rest == reported[k:]
        assert (end.why, end.epoch, end.epochs) == (finished.why, finished.epoch, finished.epochs)


def _stages(name: str) -> list[str]:
    made = model(name.removesuffix("-rbm"), **CASES[name])
    return [stage.name for stage in made.stages() if stage.players]


def test_a_closed_form_is_done_again_only_if_it_asks_to_be() -> None:
    """The labelled examples are remembered anew; the mirrors of a pretrained stack are left alone."""
    again = {
        stage.name for name in CASES for stage in model(name.removesuffix("-rbm")).stages() if stage.again
    }
    assert again == {"labelled"}
    data, made = few(), model("m2")
    training = Fit(made, data, **OPTIONS)
    events = iter(training)
    next(event for event in events if type(event).__name__ == "EpochEnd")
    stored = {name: value.clone() for name, value in training.tensors().items()}
    fresh = Fit(model("m2", 1), data, **OPTIONS)
    fresh.restore(stored, training.numbers())
    assert len(fresh.model.get_buffer("known_x")) == 30
    assert torch.equal(fresh.model.get_buffer("known_label"), made.get_buffer("known_label"))
