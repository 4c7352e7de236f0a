"""``benchmarks.rates`` chooses on validation, reports test figures, and goes on where it stopped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import rates
from tests.aecore.small import digits

BETAS = (0.1, 10.0)


class Trained:
    """Stands for a model: its name, and the β it is asked for."""

    def __init__(self, name: str, beta: float = 0.0) -> None:
        self.name, self.beta = name, beta

    def at(self, beta: float) -> Trained:
        return Trained(self.name, beta)


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was trained; the model with a KL warm-up and a cosine is the best on validation, not on test."""
    done: list[str] = []

    def train(variant: str, data: Any, steps: int, seed: int, options: dict[str, Any]) -> tuple[Trained, Any]:
        kind = "+".join([*options.get("lr_schedule", "").split(), *options.get("annealing", "").split()])
        done.append(f"{variant} {kind} {steps} {seed}")
        return Trained(variant + kind), {"seconds": 10.0 if variant == "beta-vae" else 7.0, "steps": steps}

    def figures(model: Trained, data: Any, beta: float) -> dict[str, dict[str, float]]:
        best = model.name == "beta-vaecosine+linear"
        objective = {"validation": 1.0 if best else 2.0, "test": 3.0 if best else 2.5}
        if model.name.startswith("multi"):
            assert model.beta == beta
            objective = {"validation": 9.0, "test": 4.0 + beta}
        return {s: {"rate": 1.0, "distortion": 2.0, "objective": of} for s, of in objective.items()}

    monkeypatch.setattr(rates, "train", train)
    monkeypatch.setattr(rates, "figures", figures)
    return done


def test_it_chooses_on_validation_reports_test_and_keeps_what_is_done(
    trainings: list[str], tmp_path: Path
) -> None:
    results = rates.Results(tmp_path / "kept.json", digits())
    table = rates.compared(results, BETAS, steps=100, times=2, seeds=2)
    # For each β four settings at the first seed, the best one at the other, and trained alike at both.
    assert len(trainings) == 2 + 2 * (4 + 1 + 2)
    assert trainings[0] == "multi-rate-vae cooldown 200 0"
    for row, beta in zip(table["table"], BETAS, strict=True):
        assert row["dedicated"]["setting"] == "cosine, KL warm-up"
        assert row["dedicated"]["objective"] == 3
        assert row["alike"]["objective"] == 2.5
        assert row["multi_rate"]["objective"] == pytest.approx(4 + beta)
        assert row["gap"] == pytest.approx(1 + beta)
    assert (table["multi_rate_train_s"], table["dedicated_train_s"]) == (7, 20)
    assert (table["steps"], table["multi_rate_steps"]) == (100, 200)
    again = rates.Results(tmp_path / "kept.json", digits())
    assert rates.compared(again, BETAS, steps=100, times=2, seeds=2) == table
    assert len(trainings) == 16
    rates.compared(again, BETAS, steps=100, times=1, seeds=2)
    assert len(trainings) == 18  # one multi-rate training a seed; the dedicated ones are the same


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("BATCH_SIZE", 64),
        ("LIKELIHOOD", "natural"),
        ("NETS", {"digits": {"hidden": [9]}}),
        ("DATA", {"digits": {"binarise": "threshold"}}),
        ("VERSIONS", {"aecore": "0"}),
    ],
)
def test_what_was_trained_otherwise_is_trained_again(
    trainings: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, other: Any
) -> None:
    for _ in range(2):
        rates.Results(tmp_path / "kept.json", digits()).multi_rate(100, 0)
    assert len(trainings) == 1
    monkeypatch.setattr(rates, name, other)
    rates.Results(tmp_path / "kept.json", digits()).multi_rate(100, 0)
    assert len(trainings) == 2


def test_a_training_takes_the_steps_it_is_given_and_is_measured_by_hand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = digits(binarise="threshold")
    monkeypatch.setitem(rates.NETS, "digits", {"hidden": (16,), "latent_dim": 3})
    found = {}
    for variant, options in (
        ("multi-rate-vae", rates.MULTI_RATE),
        ("beta-vae", {**rates.PLAIN, "beta": 0.5}),
    ):
        model, took = rates.train(variant, data, 6, 0, options)
        assert took["steps"] == 6
        assert took["seconds"] > 0
        found = rates.figures(model.at(0.5) if variant == "multi-rate-vae" else model, data, 0.5)
        for of in found.values():
            assert of["objective"] == of["distortion"] + 0.5 * of["rate"]
    assert found["validation"] != found["test"]
    assert json.dumps(found)
