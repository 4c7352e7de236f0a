"""``aecore study``: what is asked, what is stored, and the table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aecore.bundles import list_bundles
from aecore.cli import main
from aecore.studies import STUDIES, stored, user_folder
from tests.aecore.studies import made
from tests.aecore.studies.test_comparison import made as made_bundle

Said = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def nothing_shipped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No results but those that a test writes."""
    monkeypatch.setattr("aecore.studies.results.SHIPPED", tmp_path / "nothing")


def printed(said: Said, *words: str) -> Any:
    assert main([*words, "--json"]) == 0
    return json.loads(said.readouterr().out)


def test_list_names_every_study(capsys: Said) -> None:
    rows = printed(capsys, "study", "list")
    assert [row["name"] for row in rows] == list(STUDIES)
    assert all(row["title"].endswith("?") for row in rows)
    assert main(["study", "list"]) == 0
    assert "How much does depth buy?" in capsys.readouterr().out


@pytest.mark.parametrize("name", STUDIES)
def test_show_prints_what_is_stored_with_intervals(capsys: Said, name: str) -> None:
    study = STUDIES[name]
    estimated = {next(iter(study.common)): {"two_nn": 9.25}}
    made.write(study, user_folder(), estimates=estimated)
    shown = printed(capsys, "study", "show", name)
    assert (shown["study"], shown["metric"]) == (name, study.metric)
    assert len(shown["rows"]) == len(study.common) * len(study.settings)
    figure = shown["rows"][0]["figures"][study.metric]
    assert figure["low"] < figure["mean"] < figure["high"]
    assert figure["mean"] == pytest.approx(1 + (study.seeds - 1) / 20)
    assert figure["seeds"] == study.seeds
    assert shown["estimates"] == estimated
    assert main(["study", "show", name]) == 0
    out = capsys.readouterr().out
    assert study.title in out
    assert "9.2 by TwoNN" in out


def test_one_data_set_and_markdown(capsys: Said) -> None:
    made.write(STUDIES["depth"], user_folder())
    shown = printed(capsys, "study", "show", "depth", "--data", "mnist")
    assert {row["data"] for row in shown["rows"]} == {"mnist"}
    assert main(["study", "show", "depth", "--data", "mnist", "--markdown"]) == 0
    head, marks, first, *rest = capsys.readouterr().out.splitlines()
    assert head.startswith("| data | hidden layers | MSE (the data's units, squared) ↓ |")
    assert set(marks) <= set("|-: ")
    assert first == "| mnist | 1 | 1.1 ± 0.25 | 2.1 ± 0.25 | 1,000 | 3 |"  # t = 4.303, s = .1, three seeds
    assert len(rest) == 4


def test_what_is_wrong_is_said(capsys: Said) -> None:
    wrong = {
        ("show", "deep"): "There is no study called 'deep'. Did you mean depth",
        ("show",): "Name a study: depth, latent",
        ("prove", "depth"): "no command of aecore study called 'prove'",
        ("run", "depth", "--data", "shapes"): "no data set of the study depth called 'shapes'",
        ("show", "depth", "--data", "shapes"): "no data set of the study depth called 'shapes'",
        ("show", "depth"): "There are no results of depth yet: `aecore study run depth` trains it.",
        ("table", "mnist"): "'mnist' goes to --data",
        ("table", "--own", "--data", "fields"): "no table of the data set called 'fields'",
    }
    for words, sentence in wrong.items():
        assert main(["study", *words]) == 2
        assert sentence in capsys.readouterr().err


def test_run_trains_and_shows(capsys: Said, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def measured(config: Any, metrics: Any, loaded: Any) -> dict[str, float]:
        return dict.fromkeys((*metrics, "parameters", "seconds"), 0.5)

    monkeypatch.setattr("aecore.studies.running.measured", measured)
    assert main(["study", "run", "depth", "--data", "digits", "--out", str(tmp_path), "--json"]) == 0
    out, err = capsys.readouterr()
    assert err.splitlines()[0] == "0/15 digits, hidden layers 1, seed 0"
    assert err.splitlines()[-1] == "15/15"
    assert {row["data"] for row in json.loads(out)["rows"]} == {"digits"}
    assert len(stored(STUDIES["depth"], tmp_path)) == 15
    assert not user_folder().exists()


def test_the_table_is_of_shipped_bundles_unless_own_ones_are_asked_for(
    capsys: Said, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bundles = [made_bundle(tmp_path, "a"), made_bundle(tmp_path, "b", "autoencoder")]
    assert not any(each.shipped for each in bundles)
    monkeypatch.setattr("aecore.cli.study.list_bundles", lambda: bundles)
    assert main(["study", "table", "--data", "digits"]) == 2
    assert "no table of the data set called 'digits'" in capsys.readouterr().err
    (table,) = printed(capsys, "study", "table", "--data", "digits", "--own")
    assert [row["bundle"] for row in table["rows"]] == ["digits/b", "digits/a"]
    assert main(["study", "table", "--data", "digits", "--own", "--markdown"]) == 0
    assert "| AUTOENCODER | **0.100** |" in capsys.readouterr().out
    assert main(["study", "table", "--data", "digits", "--own"]) == 0
    assert "AUTOENCODER" in capsys.readouterr().out


@pytest.mark.parametrize("width", ["80", None])
def test_no_figure_of_the_table_is_cut_or_folded(
    capsys: Said, monkeypatch: pytest.MonkeyPatch, width: str | None
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    if width:
        monkeypatch.setenv("COLUMNS", width)
    tables = printed(capsys, "study", "table")
    assert main(["study", "table"]) == 0
    out = capsys.readouterr().out
    assert "…" not in out
    assert not width or max(map(len, out.split("\n\n", 1)[1].splitlines())) <= 110  # the line of settings
    shown = set(out.split())
    for row in tables[0]["rows"]:
        assert {f"{row['figures'][name]:.3g}" for name in ("mse", "sample_frechet")} <= shown


@pytest.mark.skipif(
    not {"mnist/vae", "mnist/autoencoder"} <= {each.id for each in list_bundles() if each.shipped},
    reason="bundles of MNIST are not built",
)
def test_the_table_of_shipped_bundles_has_mnist(capsys: Said) -> None:
    tables = printed(capsys, "study", "table")
    assert tables[0]["data"] == "mnist"
    assert tables[0]["code"] == 16
    assert {"mnist/vae", "mnist/autoencoder"} <= {row["bundle"] for row in tables[0]["rows"]}
