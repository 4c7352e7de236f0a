"""``benchmarks.factors``: the best seed of each β, the mean of all, and the best of all for longer."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks import factors


def trainings(found: Mapping[float, list[float]]) -> list[dict[str, Any]]:
    """Rows of the study, a MIG without shape a seed."""
    return [
        {
            "data": "shapes", "setting": f"{beta:g}", "seed": seed,
            "config": factors.STUDY.config("shapes", factors.STUDY.settings[0], seed) | {"beta": beta},
            "figures": {"mig_without_shape": value, "mig": 1 - value},
        }
        for beta, values in found.items()
        for seed, value in enumerate(values)
    ]  # fmt: skip


def test_the_best_seed_is_chosen_and_the_mean_is_of_all() -> None:
    said = factors.row(trainings({6: [0.1, 0.4, 0.25]}))
    assert (said["beta"], said["seed"], said["mig_without_shape"], said["mig"]) == (6, 1, 0.4, 0.6)
    assert said["mean"] == pytest.approx(0.25)


def test_the_best_of_all_is_trained_once_for_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    trained: list[Mapping[str, Any]] = []

    def run(config: Mapping[str, Any]) -> dict[str, float]:
        trained.append(config)
        return {"mig_without_shape": 0.5, "mig": 0.4, "seconds": 1.0}

    found = {4.0: [0.1, 0.2], 6.0: [0.1, 0.1], 8.0: [0.3, 0.1], 10.0: [0.0, 0.2]}
    monkeypatch.setattr(factors, "stored", lambda _: trainings(found))
    monkeypatch.setattr(factors, "run", run)
    monkeypatch.setattr(sys, "argv", ["factors", "--results", str(tmp_path / "kept.json"), "--json"])
    for _ in range(2):
        factors.main()
        rows = json.loads(capsys.readouterr().out)["rows"]
        said = [(row["beta"], row["epochs"], row["seed"], row["mig_without_shape"]) for row in rows]
        assert said == [(4, 1, 1, 0.2), (6, 1, 0, 0.1), (8, 1, 0, 0.3), (10, 1, 1, 0.2), (8, 4, 0, 0.5)]
    (config,) = trained
    assert (config["beta"], config["seed"], config["epochs"]) == (8, 0, 4)
    assert config["lr_warmup"] * 4 == factors.STUDY.common["shapes"]["lr_warmup"]


def test_a_training_is_measured() -> None:
    config = factors.STUDY.config("shapes", factors.STUDY.settings[0], 0)
    small = {"train_examples": 2_200, "test_examples": 300, "hidden": [8], "epochs": 1, "device": "cpu"}
    found = factors.run(config | small)
    assert found["seconds"] > 0
    assert all(-0.01 <= found[name] <= 1 for name in ("mig", "mig_without_shape"))
