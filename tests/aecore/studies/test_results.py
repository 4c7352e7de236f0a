"""Means, intervals, and what counts as a result."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from scipy import stats

from aecore.errors import UserError
from aecore.studies import STUDIES, Estimate, estimates, find, store, stored, table, user_folder
from aecore.studies.results import SHIPPED, is_of
from tests.aecore.studies import made

DEPTH = STUDIES["depth"]


def test_an_interval_is_students() -> None:
    values = [0.101, 0.108, 0.0995]
    found = Estimate.of(values)
    low, high = stats.t.interval(0.95, 2, loc=sum(values) / 3, scale=stats.sem(values))
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.mean == pytest.approx(sum(values) / 3)
    assert found.seeds == 3
    assert Estimate.of([2.0]) == Estimate(2.0, 2.0, 2.0, 1)


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_is_told_as_it_was_stored(name: str, tmp_path: Path) -> None:
    study = STUDIES[name]
    made.write(study, tmp_path)
    lines = table(study, stored(study, tmp_path))
    wanted = [(data, setting.label) for data in study.common for setting in study.settings]
    assert [(line.data, line.label) for line in lines] == wanted
    for k, metric in enumerate(study.metrics, start=1):
        assert lines[0].figures[metric].mean == pytest.approx(k + (study.seeds - 1) / 20)
        assert lines[0].figures[metric].seeds == study.seeds


@pytest.mark.parametrize(
    ("name", "data"), [(name, data) for name in STUDIES for data in STUDIES[name].common]
)
def test_results_of_every_setting_and_seed_come_with_loupe(name: str, data: str) -> None:
    study = STUDIES[name]
    rows = stored(study, SHIPPED)
    found = [
        any(is_of(row, study, data, setting.label, seed) for row in rows)
        for setting in study.settings
        for seed in range(study.seeds)
    ]
    assert all(found)


def test_what_diverged_has_a_row_and_no_line(tmp_path: Path) -> None:
    plain = made.plain(DEPTH)
    made.write(DEPTH, tmp_path, lambda data, label, seed: {} if label == "8" else plain(data, label, seed))
    assert sum(row["figures"] == {} for row in stored(DEPTH, tmp_path)) == 2 * DEPTH.seeds
    assert {line.label for line in table(DEPTH, stored(DEPTH, tmp_path))} == {"1", "2", "4", "6"}


def test_one_seed_that_diverged_is_counted_as_missing(tmp_path: Path) -> None:
    plain = made.plain(DEPTH)
    made.write(DEPTH, tmp_path, lambda data, label, seed: {} if seed == 1 else plain(data, label, seed))
    assert {line.figures["mse"].seeds for line in table(DEPTH, stored(DEPTH, tmp_path))} == {2}


def test_a_row_of_another_configuration_counts_for_nothing(tmp_path: Path) -> None:
    rows = made.rows(DEPTH, made.plain(DEPTH))
    for row in rows:
        if row["setting"] == "4":
            row["config"] = row["config"] | {"lr": 1.0}
    store(DEPTH, rows, tmp_path, {})
    assert {line.label for line in table(DEPTH, stored(DEPTH, tmp_path))} == {"1", "2", "6", "8"}


def test_ones_own_results_stand_before_those_shipped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("aecore.studies.results.SHIPPED", tmp_path / "shipped")
    made.write(DEPTH, tmp_path / "shipped", estimates={"digits": {"two_nn": 3.0}})
    assert len(stored(DEPTH)) == 30
    assert estimates(DEPTH) == {"digits": {"two_nn": 3.0}}
    own = [row | {"figures": {**row["figures"], "parameters": 9}} for row in stored(DEPTH)[:2]]
    store(DEPTH, own, user_folder(), {})
    assert len(stored(DEPTH)) == 30
    assert [row["figures"]["parameters"] for row in stored(DEPTH)] == [9] * 2 + [1000] * 28
    assert estimates(DEPTH) == {"digits": {"two_nn": 3.0}}


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"rows": 3}', '{"rows": [{"data": "digits"}]}', '{"rows": [1]}']
)
def test_a_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "depth.json").write_text(text)
    with pytest.raises(UserError, match="depth.json holds no results of a study"):
        stored(DEPTH, tmp_path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        store(DEPTH, [], tmp_path / "file", {})


def test_the_file_is_json_with_a_row_a_line(tmp_path: Path) -> None:
    made.write(DEPTH, tmp_path)
    text = (tmp_path / "depth.json").read_text("utf-8")
    assert len(json.loads(text)["rows"]) == text.count('\n    {"data"') == 30
    assert [path.name for path in tmp_path.iterdir()] == ["depth.json"]


def test_no_two_settings_of_a_study_are_alike() -> None:
    for study in STUDIES.values():
        for data in study.common:
            configs = [json.dumps(study.config(data, each, 0), sort_keys=True) for each in study.settings]
            assert len(set(configs)) == len(configs), study.name
            assert len({each.label for each in study.settings}) == len(study.settings)
        assert study.text.endswith(".")


def test_an_unknown_study_lists_those_there_are() -> None:
    with pytest.raises(UserError, match="no study called 'deep'. Did you mean depth"):
        find("deep", STUDIES)
