"""The canvas as a static page, served by nothing but a file server."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from aecore.bundles import Bundle
from tests.browser import canvas, live
from tests.browser.canvas import Map
from tests.browser.kinds import visiting
from tests.browser.test_draw import DIGIT, comes_back, stroke
from tests.browser.test_sample import cells

BUNDLES = ("digits/vae-2d", "mnist/vae-2d")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of what ``aecore site`` wrote, below a folder of the file server as on a course page."""
    folder = tmp_path_factory.mktemp("www")
    command = [sys.executable, "-m", "aecore", "site", *BUNDLES, "--out", str(folder / "course")]
    subprocess.run(command, check=True, capture_output=True)
    with live.serve_files(folder) as url:
        yield f"{url}course/"


@pytest.fixture
def visit(context: BrowserContext, site: str) -> Iterator[Page]:
    """A page of it; no error passes."""
    with visiting(context, site) as page:
        yield page


def test_the_map_decodes_and_selects(visit: Page, site: str, two: Bundle, tmp_path: Path) -> None:
    visit.goto(f"{site}?bundle={two.id}")
    atlas = Map.of(visit, two, "z")
    place = atlas.place(atlas.left + 80, atlas.top - 50)
    atlas.drag(atlas.centre, place, drop=False)
    canvas.decodes(canvas.picture(visit, "The decoded place under the cursor"), two, place)
    visit.mouse.up()
    canvas.choose(visit, "Tool", "Box")
    low, high = atlas.place(atlas.left - 70, atlas.top + 60), atlas.place(atlas.left + 50, atlas.top - 70)
    atlas.drag(low, high)
    rows = np.flatnonzero(((atlas.places > low) & (atlas.places < high)).all(axis=1))
    status = visit.get_by_role("region", name="Selection").get_by_role("status").first
    expect(status).to_contain_text(f"{len(rows)} images")
    expect(visit).to_have_url(re.compile("rows="))
    visit.reload()
    expect(status).to_contain_text(f"{len(rows)} images")
    canvas.shot(visit, "site-map", tmp_path)


def test_pages_are_links_and_keep_the_bundle(visit: Page, site: str) -> None:
    visit.goto(f"{site}?bundle=mnist/vae-2d")
    canvas.drawn(visit)
    for name in ("Reconstruct", "Traverse", "Interpolate", "Sample", "Draw", "Compare", "Map"):
        visit.get_by_role("navigation", name="Pages").get_by_role("link", name=name).click()
        expect(visit).to_have_title(f"{name} · Loupe")
        expect(visit.get_by_role("combobox", name="Model", exact=True)).to_have_value("mnist/vae-2d")
        canvas.drawn(visit)
        assert visit.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
    visit.go_back()
    expect(visit).to_have_title("Compare · Loupe")
    visit.get_by_role("navigation", name="Pages").get_by_role("link", name="Map").click()
    visit.get_by_role("combobox", name="Data set", exact=True).select_option("Digits")
    expect(visit).to_have_url(re.compile("bundle=digits(%2F|/)vae-2d"))


def test_traverse_moves_the_picture(visit: Page, site: str, two: Bundle) -> None:
    visit.goto(f"{site}?page=traverse&bundle={two.id}")
    decoded = canvas.picture(visit, "The decoded code")
    z = canvas.mu(two).astype(float).mean(axis=0)
    canvas.decodes(decoded, two, z)
    slider = visit.get_by_role("slider", name=re.compile("^Dimension 2")).first
    slider.fill(slider.get_attribute("max") or "")
    z[1] = float(slider.input_value())
    canvas.decodes(decoded, two, z)


def test_samples_are_drawn(visit: Page, site: str, two: Bundle) -> None:
    visit.goto(f"{site}?page=sample&bundle={two.id}")
    visit.get_by_role("slider", name="Temperature").fill("0")
    mean = canvas.as_pixels(two.decode(np.zeros((1, 2))))[0, ..., 0]
    assert canvas.eventually(lambda: np.abs(cells(visit) - mean).max() <= 2)


def test_a_drawing_is_encoded(visit: Page, site: str, two: Bundle) -> None:
    visit.goto(f"{site}?page=draw&bundle={two.id}")
    stroke(visit, DIGIT)
    comes_back(visit, two)
