"""Goals from the literature: each is of something that can be trained, and met or not as it says."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from aecore.metrics import METRICS
from aecore.places import shipped_root
from aecore.runs import complete
from aecore.zoo import recipes
from benchmarks import literature

GOALS = {goal.recipe: goal for goal in literature.GOALS}


@pytest.mark.parametrize("name", GOALS)
def test_a_goal_is_of_a_recipe_or_of_a_configuration_that_fits(name: str) -> None:
    goal = GOALS[name]
    config = complete(dict(goal.config)) if goal.config else recipes(shipped_root(), [name])[0].config
    assert config["data"] == "mnist"
    assert {goal.metric, goal.beside or goal.metric} <= METRICS.keys()
    assert METRICS[goal.metric].better == ("higher" if goal.higher else "lower")


def test_the_network_of_2006_is_that_of_the_paper_and_its_error_of_a_whole_image() -> None:
    goal = GOALS["784-1000-500-250-30"]
    assert (goal.config["hidden"], goal.config["latent_dim"]) == ((1000, 500, 250), 30)
    said = literature.row(goal, goal.config, {"mse": 2.9 / 784, "pca_mse": 13.87 / 784, "seconds": 1.0})
    assert said["ours"] == pytest.approx(2.9)
    assert said["PCA"] == pytest.approx(13.87)
    assert (said["goal"], said["met"]) == ("≤ 3", "yes")


def test_a_goal_is_met_on_the_right_side() -> None:
    assert [GOALS["mnist/m2"].met(error) for error in (11.9, 11.97, 12.0)] == [True, True, False]
    assert [GOALS["mnist/vq-vae"].met(used) for used in (127.0, 128.0, 200.0)] == [False, True, True]


def test_what_is_shipped_is_read_from_its_card(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["literature", "--shipped", "--json", "--only", "mnist/vq-vae"])
    literature.main()
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    (row,) = said["rows"]
    card = json.loads((shipped_root() / "mnist" / "vq-vae" / "card.json").read_text("utf-8"))
    assert row["ours"] == pytest.approx(card["metrics"]["codebook_perplexity"])
    assert said["settings"]["mnist/vq-vae"]["codebook_size"] == 2 * GOALS["mnist/vq-vae"].goal


def test_what_no_bundle_has_is_trained_beside_those_that_are_read(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def measured(config: dict[str, Any], *_: Any) -> dict[str, float]:
        asked.append(config)
        return {"classification_error": 11.0, "seconds": 3.0}

    monkeypatch.setattr(literature, "measured", measured)
    monkeypatch.setattr(
        sys, "argv", ["literature", "--shipped", "--json", "--only", "mnist/m2", "m2, 3 numbers"]
    )
    literature.main()
    read, trained = json.loads(capsys.readouterr().out)["rows"]
    assert [config["latent_dim"] for config in asked] == [3]
    assert (trained["ours"], trained["met"]) == (11.0, "yes")
    assert read["ours"] > 0
    assert read["s"] > 3
