"""What holds for every page: it fits, and axe finds nothing serious."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser import live

AXE = Path(__file__).parents[2] / "app" / "canvas" / "node_modules" / "axe-core" / "axe.min.js"
MAIN = '[data-testid="stMain"]'
LAPTOP, PHONE = (1440, 900), (390, 844)
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


def opened(page: Page, url: str, scheme: Scheme = "light") -> Page:
    """A page of Streamlit's own, drawn to its end."""
    page.emulate_media(color_scheme=scheme)
    page.goto(url)
    live.wait_idle(page)
    expect(page.locator('[data-testid="stException"]')).to_have_count(0)
    return page


def fits(page: Page) -> None:
    """Nothing scrolls sideways, on a laptop and on a phone, but what has a box of its own for it."""
    for width, height in (PHONE, LAPTOP):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(200)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), width
        main = page.locator(MAIN)
        assert main.evaluate("e => e.scrollWidth - e.clientWidth") <= 0, width


def is_accessible(page: Page, within: str = MAIN) -> None:
    """Axe finds nothing serious in what we draw: what Streamlit draws around it is not ours to change."""
    if not AXE.is_file():
        reason = "axe-core is not here: run `npm ci` in app/canvas"
        if "CI" in os.environ:
            pytest.fail(reason)
        pytest.skip(reason)
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("within => axe.run(within, { resultTypes: ['violations'] })", within)
    worst = [
        f"{each['id']}: {each['help']}; {[node['html'][:150] for node in each['nodes']][:4]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
    ]
    assert not worst, "\n".join(worst)
    assert found["passes"]


def is_accessible_in_both(page: Page) -> None:
    """Axe finds nothing serious in either theme, and nothing is wider than the window."""
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(300)  # colours fade over
        is_accessible(page)
    fits(page)
