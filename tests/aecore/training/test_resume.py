"""Stored in the middle and gone on from, a training ends as if nothing had happened, bit for bit."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import safetensors.torch
from torch import Tensor

from aecore.model import Autoencoder
from aecore.training import EpochEnd, Finished, Fit
from tests.aecore.small import digits, equal, model, weights
from tests.aecore.training.test_selection import Scripted

Stored = tuple[bytes, str]
OPTIONS: dict[str, Any] = {"epochs": 4, "batch_size": 64, "device": "cpu"}

CASES: dict[str, tuple[Callable[[int], Autoencoder], dict[str, Any]]] = {
    "vae": (lambda seed: model("vae", seed), {}),
    "autoencoder": (lambda seed: model("autoencoder", seed), {"optimiser": "sgd", "lr": 0.01, "seed": 3}),
    "schedules": (
        lambda seed: model("beta-vae", seed, annealing="cyclical", capacity=5),
        {"lr_schedule": "cosine", "lr_warmup": 0.3, "optimiser": "adamw", "weight_decay": 0.01},
    ),
    "layers": (
        lambda seed: model("denoising", seed, dropout=0.2, batch_norm=True, corruption="masking"),
        {"optimiser": "rmsprop", "l1": 1e-4, "clip": 1.0, "keep": "last"},
    ),
    "two players": (lambda seed: model("factor-vae", seed), {"lr": 3e-3}),
    "stages": (lambda seed: model("stacked", seed, hidden=(32,)), {}),
}


def store(training: Fit) -> Stored:
    """As files hold it."""
    tensors = {name: value.contiguous() for name, value in training.tensors().items()}
    return safetensors.torch.save(tensors), json.dumps(training.numbers())


def run(training: Fit) -> tuple[dict[str, Tensor], list[dict[str, Any]], Finished, list[Stored]]:
    """Weights at the end, what was reported without the times, the end, and the state after each epoch."""
    reported, states = [], []
    for event in training:
        if isinstance(event, EpochEnd):
            reported.append({k: v for k, v in event.line().items() if k not in ("seconds", "examples_per_s")})
            states.append(store(training))
    assert isinstance(event, Finished)
    return weights(training.model), reported, event, states


def resumed(training: Fit, stored: Stored) -> Fit:
    tensors, numbers = stored
    training.restore(safetensors.torch.load(tensors), json.loads(numbers))
    return training


@pytest.mark.parametrize("name", CASES)
def test_a_resumed_training_ends_bit_equal_wherever_it_was_cut(name: str) -> None:
    make, options = CASES[name]
    options = OPTIONS | options
    whole, reported, finished, states = run(Fit(make(0), digits(), **options))
    assert len(states) == options["epochs"]
    for k, stored in enumerate(states, start=1):
        again, rest, end, _ = run(resumed(Fit(make(1), digits(), **options), stored))
        assert equal(again, whole), f"cut after epoch {k}"
        assert rest == reported[k:]
        assert (end.why, end.epoch, end.epochs) == (finished.why, finished.epoch, finished.epochs)


def test_a_training_that_stopped_early_does_not_go_on() -> None:
    options = OPTIONS | {"epochs": 6, "patience": 2}
    whole, _, finished, states = run(Scripted(model("vae"), digits(), **options))
    assert finished.why == "early"
    again, rest, end, _ = run(resumed(Scripted(model("vae", seed=1), digits(), **options), states[-1]))
    assert rest == []
    assert equal(again, whole)
    assert (end.why, end.epoch, end.epochs) == ("early", finished.epoch, finished.epochs)


def test_time_spent_before_counts() -> None:
    training = Fit(model("vae"), digits(), **OPTIONS)
    for event in training:
        if isinstance(event, EpochEnd) and event.epoch == 2:
            stored = store(training)
            break
    spent = json.loads(stored[1])["seconds"]
    assert spent > 0
    _, _, end, _ = run(resumed(Fit(model("vae"), digits(), **OPTIONS), stored))
    assert end.seconds > spent
