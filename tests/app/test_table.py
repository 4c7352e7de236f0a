"""Table: columns in groups, the best in bold, links to the bundles."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from aecore.metrics import METRICS
from aecore.studies.comparison import GROUPS
from app.ui.facts import MAIN
from app.ui.tables import Cell, Column, Line, _line
from tests.aecore.studies.test_comparison import made
from tests.app.conftest import OpenPage
from tests.app.test_pages import html, said


def tables(page: AppTest) -> list[str]:
    """The HTML of each wide table."""
    return [json.loads(each.proto.json)["html"] for each in page.get("bidi_component")]


def heads(table: str) -> list[str]:
    """Titles of its columns of figures."""
    return re.findall(r'data-column="[1-9]\d*"[^>]*><button>([^<\N{NO-BREAK SPACE}]+)', table)


@pytest.fixture
def table_page(
    open_page: OpenPage, on_shelf: Callable[[Path], None], tmp_path: Path
) -> Callable[..., AppTest]:
    """The page on some bundles that may be compared."""
    made(tmp_path, "a", metrics={"mse": 0.25, "psnr": 20.0, "rate": 4.0, "mig": 0.3, "sap": 0.1})
    made(tmp_path, "b", "autoencoder", metrics={"mse": 0.125, "psnr": 19.0, "mig": 0.2, "sap": 0.4})
    made(tmp_path, "c", "sparse", dim=5, metrics={"mse": 0.01})

    def run(**query: str) -> AppTest:
        on_shelf(tmp_path)
        return open_page("table", **query)

    return run


def test_every_bundle_that_compares_has_a_row(table_page: Callable[..., AppTest]) -> None:
    page = table_page()
    assert not page.exception
    first, second = tables(page)
    assert re.findall(r'href="([^"]+)"', first) == [f"./?bundle=digits/{name}" for name in "bca"]
    assert re.findall(r'colspan="\d" scope="colgroup">(\w+)', first) == ["reconstruction", "density", "codes"]
    assert "<strong>0.125</strong>" in first
    assert "<strong>20</strong>" in first
    assert "<strong>0.0100</strong>" not in first  # a code of another size
    assert "<small>5 numbers</small>" in first
    assert 'aria-label="lower is better">↓' in first
    assert "<button>MIG\N{NO-BREAK SPACE}" in second
    assert "codes of 2 numbers, 20 epochs, batches of 128" in html(page)
    assert "Mutual information gap" in html(page)  # what a column means, with its settings


def test_many_columns_are_folded_to_the_main_ones_until_all_are_asked_for(
    open_page: OpenPage, on_shelf: Callable[[Path], None], tmp_path: Path
) -> None:
    every = [name for names in GROUPS.values() for name in names if METRICS[name]]
    for name, variant in (("a", "vae"), ("b", "autoencoder")):
        made(tmp_path, name, variant, metrics=dict.fromkeys(every, 0.5))
    on_shelf(tmp_path)
    titles = [METRICS[name].title for name in every]
    page = open_page("table")
    shown = heads(tables(page)[0])
    assert shown == [METRICS[name].title for name in every if name in MAIN]
    assert 0 < len(shown) < len(titles)
    page.segmented_control(key="pick-columns").set_value("all").run()
    assert not page.exception
    assert heads(tables(page)[0]) == titles
    assert page.query_params["columns"] == "all"
    assert heads(tables(open_page("table", columns="all"))[0]) == titles


def test_few_columns_are_all_shown(table_page: Callable[..., AppTest]) -> None:
    assert "PSNR" in heads(tables(table_page())[0])  # which is none of the main ones
    assert "psnr" not in MAIN


def test_without_two_variants_there_is_no_table(open_page: OpenPage) -> None:
    page = open_page("table", data="mnist")
    assert not page.exception
    assert "no table of the data set called 'mnist'" in said(page) or "No two variants" in said(page)


def test_an_unknown_data_set_is_named(table_page: Callable[..., AppTest]) -> None:
    page = table_page(data="<i>no</i>")
    assert not page.exception
    assert "<i>no</i>" in said(page)
    assert "<i>no" not in html(page)


def test_without_bundles_it_says_how_to_get_some(
    open_page: OpenPage, on_shelf: Callable[[Path], None], tmp_path: Path
) -> None:
    on_shelf(tmp_path / "none")
    assert "aecore train" in said(open_page("table"))


def test_nothing_of_a_card_is_read_as_html() -> None:
    column = Column("t", "u", "lower", "h.")
    line = Line("<b>x</b>", './?bundle="><i>', "<u>", (Cell("1", 1.0), Cell("", float("nan"))))
    text = _line(line, [("g", [column, column])])
    assert not re.search(r"<(b|i|u)>", text)
    assert text.endswith('<td data-value=""></td></tr>')
