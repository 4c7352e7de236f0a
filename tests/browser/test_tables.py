"""Rows of a table in Chromium: every column named, with its value."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from aecore import scenes
from aecore.bundles import Bundle
from tests.browser import canvas, kinds, models, pages
from tests.browser.canvas import Map


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    home = tmp_path_factory.mktemp("table")
    return kinds.trained(home, "breast-cancer", "small", hidden=[32], epochs=20)


@pytest.fixture(scope="module")
def site(table: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with models.served([table], tmp_path_factory.mktemp("www")) as url:
        yield url


@pytest.fixture
def visit(context: BrowserContext, site: str) -> Iterator[Page]:
    with kinds.visiting(context, site) as page:
        yield page


def test_a_picked_row_is_listed_column_by_column(visit: Page, site: str, table: Bundle) -> None:
    row = 4
    visit.goto(f"{site}?bundle={table.id}&point={row}")
    canvas.drawn(visit)
    data = table.card.data
    x = scenes.originals(table).x
    assert x is not None
    y = table.decode(canvas.mu(table)[row : row + 1])[0]
    lines = visit.get_by_role("region", name="Picked example").locator("table.columns tbody tr")
    expect(lines).to_have_count(len(data.columns))
    for column, line in enumerate(lines.all()):
        expect(line.get_by_role("rowheader")).to_have_text(data.columns[column])
        shown = [canvas.numbers(each)[0] for each in line.locator("td.number").all_inner_texts()]
        wanted = np.array([x[row, column], y[column]]) * data.scale[column] + data.centre[column]
        np.testing.assert_allclose(shown, wanted, rtol=0.006)
    pages.is_accessible(visit, ".loupe")


def test_the_columns_of_a_row_fit_their_panel(visit: Page, site: str, table: Bundle) -> None:
    visit.set_viewport_size({"width": 1240, "height": 900})  # as beside the side bar of a laptop
    visit.goto(f"{site}?page=reconstruct&bundle={table.id}")
    columns = visit.locator("table.columns").first
    expect(columns.locator("thead th")).to_have_count(4)  # the originals are there
    assert columns.evaluate("table => table.offsetWidth <= table.parentElement.clientWidth + 1")


def test_the_pointer_names_a_column(visit: Page, site: str, table: Bundle) -> None:
    visit.goto(f"{site}?bundle={table.id}&view=z")
    atlas = Map.of(visit, table, "z")
    place = atlas.place(atlas.left + 100, atlas.top - 40)
    atlas.drag(atlas.centre, place)
    decoded = canvas.picture(visit, "The decoded place under the cursor")
    data, column = table.card.data, 7
    y = table.decode(np.asarray(place, np.float32)[None])[0]
    own = y[column] * data.scale[column] + data.centre[column]
    box = decoded.bounding_box()
    assert box
    where = box["x"] + 100, box["y"] + (column + 0.5) / len(data.columns) * box["height"]

    def named() -> bool:
        visit.mouse.move(where[0], where[1] - 1)
        visit.mouse.move(*where)
        name, _, value = (decoded.get_attribute("title") or ": 0").partition(": ")
        return name == data.columns[column] and abs(canvas.numbers(value)[0] / own - 1) < 0.01

    assert canvas.eventually(named, 10), decoded.get_attribute("title")
    expect(visit.get_by_role("button", name="thumbnails")).to_have_count(0)
    expect(visit.get_by_role("button", name="manifold")).to_have_count(0)


def test_pages_fit_and_say_why_there_is_no_drawing(visit: Page, site: str, table: Bundle) -> None:
    visit.set_viewport_size({"width": 390, "height": 844})
    for page in ("map", "reconstruct", "traverse", "interpolate", "sample"):
        visit.goto(f"{site}?page={page}&bundle={table.id}&point=2")
        canvas.drawn(visit)
        kinds.fits(visit)
