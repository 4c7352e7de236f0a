"""``benchmarks.factors``: of each β the seed with the highest MIG without shape, and the mean of all."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aecore.data import load_dataset
from benchmarks import factors
from tests.aecore.small import head


def test_the_best_seed_is_chosen_and_the_mean_is_of_all() -> None:
    found: list[dict[str, Any]] = [
        dict.fromkeys(factors.MEASURED, value) | {"mig": 1 - value, "seconds": 10.0}
        for value in (0.1, 0.4, 0.25)
    ]
    said = factors.row(6.0, found)
    assert (said["seed"], said["mig_without_shape"], said["mig"]) == (1, 0.4, 0.6)
    assert said["mean"] == pytest.approx(0.25)


def test_a_training_is_measured(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    whole = load_dataset("shapes", train_examples=2_200, test_examples=300)
    few = replace(whole, train=head(whole.train, 128))
    monkeypatch.setattr(factors, "load_dataset", lambda *_, **__: few)
    monkeypatch.setattr(sys, "argv", ["factors", "--betas", "4", "--seeds", "2", "--epochs", "1", "--json"])
    factors.main()
    row, longer = json.loads(capsys.readouterr().out)["rows"]
    assert row["beta"] == 4
    assert row["seed"] in (0, 1)
    assert (longer["epochs"], longer["seed"]) == (4, row["seed"])
    assert -0.01 <= row["mean"] <= row["mig_without_shape"] <= 1


def test_what_is_kept_is_not_trained_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    trained = []

    def run(_: Any, beta: float, epochs: int, seed: int) -> dict[str, Any]:
        trained.append((beta, epochs, seed))
        return dict.fromkeys(factors.MEASURED, round(seed / 10 + (beta > 4) * epochs / 10, 6)) | {
            "seconds": 1.0
        }

    monkeypatch.setattr(factors, "run", run)
    monkeypatch.setattr(factors, "load_dataset", lambda *_, **__: None)
    words = [
        "factors",
        "--betas",
        "4",
        "6",
        "--seeds",
        "3",
        "--results",
        str(tmp_path / "kept.json"),
        "--json",
    ]
    monkeypatch.setattr(sys, "argv", words)
    for _ in range(2):
        factors.main()
        rows = json.loads(capsys.readouterr().out)["rows"]
        said = [(row["beta"], row["epochs"], row["seed"], row["mig"]) for row in rows]
        assert said == [(4, 1, 2, 0.2), (6, 1, 2, 0.3), (6, 4, 2, 0.6)]
    assert trained == [*((beta, 1, seed) for beta in (4, 6) for seed in range(3)), (6, 4, 2)]
