"""`aecore zoo measure`: a card gets the metrics of today, and nothing else changes; `zoo judge`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aecore import zoo
from aecore.bundles import Bundle
from aecore.bundles.files import write_folder
from aecore.cli import main
from aecore.errors import UserError
from aecore.metrics.edition import edition
from aecore.metrics.judge import find_judge, make_judge
from aecore.runs import measure
from tests.aecore.conftest import flat_maps
from tests.aecore.small import digits

TINY = 'variant = "vae"\nlatent_dim = 2\nhidden = [8]\nepochs = 1\ndevice = "cpu"\n'


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one recipe and its bundle."""
    root = tmp_path_factory.mktemp("zoo")
    (root / "digits").mkdir()
    (root / "digits" / "tiny.toml").write_text(TINY)
    with pytest.MonkeyPatch.context() as patch:
        flat_maps(patch)
        patch.setenv("AECORE_HOME", str(root / "home"))
        zoo.build(zoo.recipes(root)[0])
    return root


@pytest.fixture
def root(built: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("aecore.cli.zoo.shipped_root", lambda: built)
    return built


def bundle(root: Path) -> Bundle:
    return Bundle.open(root / "digits" / "tiny")


def aged(root: Path) -> Bundle:
    """The bundle as an older library left it: without some metrics, and with one that is wrong."""
    new = bundle(root)
    metrics = {name: value for name, value in new.card.metrics.items() if not name.startswith("sample_")}
    versions = {name: each for name, each in new.card.provenance.versions.items() if name != "metrics"}
    card = replace(
        new.card,
        metrics=metrics | {"mse": 0.5},
        provenance=replace(new.card.provenance, versions=versions),
    )
    files = {name: new.read(name) for name in new.card.files}
    write_folder(new.path, files | {"card.json": card.to_bytes()})
    return bundle(root)


def test_a_new_bundle_has_the_metrics_of_today(built: Path) -> None:
    assert bundle(built).card.provenance.versions["metrics"] == edition()
    assert zoo.is_measured(zoo.recipes(built)[0])


def test_measuring_changes_metrics_and_nothing_else(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new, old = bundle(root), aged(root)
    assert not zoo.is_measured(zoo.recipes(root)[0])
    assert main(["zoo", "measure", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"measured": ["digits/tiny"], "bundles": 1}
    now = bundle(root)
    assert now.card.metrics.keys() == new.card.metrics.keys()
    for name, value in new.card.metrics.items():
        assert now.card.metrics[name] == pytest.approx(value), name
    assert now.card.digest != old.card.digest
    assert now.card.files == old.card.files
    assert {name: now.read(name) for name in now.card.files} == {
        name: old.read(name) for name in old.card.files
    }
    provenance = replace(old.card.provenance, versions=old.card.provenance.versions | {"metrics": edition()})
    assert replace(now.card, metrics={}) == replace(old.card, metrics={}, provenance=provenance)
    assert main(["zoo", "measure"]) == 0
    assert capsys.readouterr().out == "Measured 0 of 1 bundles; the others have the metrics of today.\n"


def test_again_measures_what_is_up_to_date(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr("aecore.runs.measure.measure", lambda each: done.append(each.path.name))
    assert main(["zoo", "measure", "digits/tiny"]) == 0
    assert done == []
    assert main(["zoo", "measure", "digits/tiny", "--again"]) == 0
    assert done == ["tiny"]
    assert main(["zoo", "measure", "digits/no"]) == 2


def test_a_measurement_that_fails_leaves_the_bundle_as_it_was(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = aged(root)

    def fail(_: Any) -> Any:
        raise UserError("no data")

    monkeypatch.setattr("aecore.runs.measure.evaluated", fail)
    with pytest.raises(UserError, match="no data"):
        measure.measure(old)
    assert bundle(root).card == old.card


def test_what_is_not_built_is_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = root / "digits" / "other.toml"
    recipe.write_text(TINY)
    try:
        assert main(["zoo", "measure", "digits/other"]) == 0
    finally:
        recipe.unlink()
    out = capsys.readouterr().out
    assert out.endswith("digits/other is not built: `aecore zoo build digits/other`.\n")


def test_judges_are_trained_once(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("aecore.metrics.judge.make_judge", lambda *at: make_judge(*at, epochs=1))
    assert main(["zoo", "judge", "digits"]) == 0
    assert capsys.readouterr().out.startswith("digits: ")
    judge = find_judge(digits().spec, root)
    assert judge
    assert [each.id for each in zoo.recipes(root)] == ["digits/tiny"]
    assert main(["zoo", "judge", "digits", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"made": [], "judges": 1}
    assert main(["zoo", "judge", "digits", "--again"]) == 0
    again = find_judge(digits().spec, root)
    assert again
    assert again.sha256 == judge.sha256
    assert main(["zoo", "judge", "words"]) == 2
    assert "There is no judge called 'words'" in capsys.readouterr().err
