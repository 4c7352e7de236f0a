"""Studies that are trained: on a handful of digits, interrupted, gone on with, diverged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aecore.metrics import intrinsic
from aecore.runs import complete
from aecore.runs.config import load_data
from aecore.studies import STUDIES, Setting, Study, estimates, stored, table
from aecore.studies import running as running_module
from aecore.studies.running import run
from aecore.studies.study import ESTIMATED
from aecore.training import Diverged
from aecore.variants import build
from tests.aecore.small import digits

QUICK = Study(
    name="quick",
    title="Is it quick?",
    varies="learning rate",
    metric="mse",
    also=("knn5_accuracy",),
    common={"digits": {"variant": "autoencoder", "epochs": 1, "hidden": [8], "latent_dim": 2}},
    settings=(Setting("slow", {"lr": 1e-4}), Setting("fast", {"lr": 1e-2})),
    seeds=2,
)


class Stop(Exception):
    """Somebody pulls the plug."""


def quiet(done: int, count: int, what: str) -> None:
    pass


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The configurations that were trained."""
    seen: list[dict[str, Any]] = []
    measured = running_module.measured

    def recorded(config: Any, metrics: Any, loaded: Any) -> dict[str, float]:
        seen.append(dict(config))
        return measured(config, metrics, loaded)

    monkeypatch.setattr(running_module, "measured", recorded)
    return seen


def test_every_setting_is_trained_with_every_seed_and_measured(tmp_path: Path) -> None:
    said: list[tuple[int, int, str]] = []
    run(QUICK, tmp_path, listen=lambda *each: said.append(each))
    assert said[0] == (0, 4, "digits, learning rate slow, seed 0")
    assert said[-1] == (4, 4, "")
    lines = table(QUICK, stored(QUICK, tmp_path))
    assert [(line.label, line.figures["mse"].seeds) for line in lines] == [("slow", 2), ("fast", 2)]
    assert lines[0].figures.keys() == {"mse", "knn5_accuracy", "parameters"}
    config = complete(QUICK.config("digits", QUICK.settings[0], 0))
    numbers = sum(p.numel() for p in build(config, digits().spec).parameters())
    assert lines[0].figures["parameters"].mean == numbers
    assert lines[1].figures["mse"].mean < lines[0].figures["mse"].mean


def test_the_same_seed_gives_the_same_figures(tmp_path: Path) -> None:
    def figures(folder: Path) -> list[dict[str, float]]:
        run(QUICK, folder, listen=quiet)
        return [row["figures"] for row in stored(QUICK, folder)]

    first = figures(tmp_path / "a")
    assert first == figures(tmp_path / "b")
    assert first[0] != first[1]


def test_interrupted_it_goes_on_where_it_was(tmp_path: Path, trained: list[dict[str, Any]]) -> None:
    def stop(done: int, count: int, what: str) -> None:
        if done == 3:
            raise Stop

    with pytest.raises(Stop):
        run(QUICK, tmp_path, listen=stop)
    assert len(trained) == len(stored(QUICK, tmp_path)) == 3
    run(QUICK, tmp_path, listen=quiet)
    assert [(each["lr"], each["seed"]) for each in trained] == [(1e-4, 0), (1e-4, 1), (1e-2, 0), (1e-2, 1)]
    run(QUICK, tmp_path, listen=quiet)
    assert len(trained) == 4


def test_a_setting_that_was_changed_is_trained_anew(tmp_path: Path, trained: list[dict[str, Any]]) -> None:
    run(QUICK, tmp_path, listen=quiet)
    changed = replace(QUICK, settings=(QUICK.settings[0], Setting("fast", {"lr": 2e-2})))
    run(changed, tmp_path, listen=quiet)
    assert [each["lr"] for each in trained[4:]] == [2e-2, 2e-2]
    assert len(stored(QUICK, tmp_path)) == 4


def test_what_diverges_has_a_row_without_figures(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def diverge(config: Any, metrics: Any, loaded: Any) -> dict[str, float]:
        if config["lr"] == 1e-2:
            raise Diverged("The loss is not finite.")
        return {"mse": 0.1, "knn5_accuracy": 0.5, "parameters": 1, "seconds": 1}

    monkeypatch.setattr(running_module, "measured", diverge)
    run(QUICK, tmp_path, listen=quiet)
    assert [row["figures"] == {} for row in stored(QUICK, tmp_path)] == [False, False, True, True]
    assert [line.label for line in table(QUICK, stored(QUICK, tmp_path))] == ["slow"]


def test_the_dimensions_of_the_data_are_estimated_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    study = replace(QUICK, of_data=("two_nn", "levina_bickel"), settings=QUICK.settings[:1], seeds=1)
    run(study, tmp_path, listen=quiet)
    from aecore.data import load_dataset

    x = load_dataset("digits").train.x[:ESTIMATED].flatten(1).numpy()
    wanted = {"two_nn": intrinsic.two_nn(x), "levina_bickel": intrinsic.levina_bickel(x)}
    assert estimates(study, tmp_path)["digits"] == pytest.approx(wanted)
    assert 5 < wanted["two_nn"] < 20
    monkeypatch.setattr(intrinsic, "two_nn", None)
    run(study, tmp_path, listen=quiet)
    assert estimates(study, tmp_path)["digits"] == pytest.approx(wanted)


@pytest.mark.parametrize("name", STUDIES)
def test_every_setting_of_every_study_can_be_trained(name: str) -> None:
    study = STUDIES[name]
    for setting in study.settings:
        config = complete(study.config(next(iter(study.common)), setting, 0))
        build(config, load_data(config).spec)
