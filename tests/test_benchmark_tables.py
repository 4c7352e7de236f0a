"""README's tables of benchmarks: what was printed, and nothing that was typed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from benchmarks import tables
from benchmarks.tables import README, RESULTS, TABLES, cell, filled, markdown

WRITTEN = README.read_text("utf-8")
IN_README = re.findall(r"<!-- benchmark (\w+) -->", WRITTEN)


def test_readme_has_what_is_kept() -> None:
    assert sorted(IN_README) == sorted(path.stem for path in RESULTS.glob("*.json"))
    assert set(IN_README) <= TABLES.keys()
    assert filled(WRITTEN) == WRITTEN, "run `python -m benchmarks.tables`"


def test_a_table_has_the_rows_and_columns_of_its_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "RESULTS", tmp_path)
    cases = [
        {"name": "loupe", "first_screen_s": 2.44444, "import_aecore_s": 0.01},
        {"name": "streamlit", "first_screen_s": 1, "import_aecore_s": None},
    ]
    (tmp_path / "startup.json").write_text(json.dumps({"repeats": 5, "cases": cases}))
    assert markdown("startup") == (
        "|  | command to first screen (s) | `import aecore` (s) |\n"
        "| --- | --: | --: |\n"
        "| loupe | 2.444 | 0.01 |\n"
        "| streamlit | 1 |  |\n"
    )
    text = "Before.\n<!-- benchmark startup -->\nold\n<!-- end of benchmark -->\nAfter.\n"
    assert filled(text) == text.replace("old\n", markdown("startup"))


def test_a_model_of_two_libraries_has_two_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "RESULTS", tmp_path)
    model = {
        "name": "wae",
        "aecore": {"test_mse": 0.01, "kl": None},
        "pythae": {"test_mse": 0.02, "kl": None},
    }
    (tmp_path / "variants.json").write_text(json.dumps({"models": [model]}))
    assert [line.split(" | ")[1:] for line in markdown("variants").splitlines()[2:]] == [
        ["aecore", "0.01 |"],
        ["pythae", "0.02 |"],
    ]


def test_a_price_has_the_gap_of_both_budgets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "RESULTS", tmp_path)
    of = {"rate": 2.0, "distortion": 80.0, "objective": 82.0}
    row = {"beta": 1.0, "multi_rate": of, "dedicated": {**of, "settings": ["plain"]}, "gap": -0.5}
    row["alike"] = {**of, "objective": 81.0}
    result = {"table": [row], "equal_steps": {"table": [{**row, "gap": 0.25}]}}
    (tmp_path / "rates.json").write_text(json.dumps(result))
    assert markdown("rates").splitlines()[2] == "| 1 | 2 | 80 | 82 | 2 | 80 | 82 | −0.5 | 0.25 | 81 |"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, ""),
        ("cpu", "cpu"),
        (12345, "12,345"),
        (70000.4, "70,000"),
        (-0.00123456, "−0.001235"),
        (0, "0"),
    ],
)
def test_a_cell_is_read_at_a_glance(value: object, said: str) -> None:
    assert cell(value) == said
