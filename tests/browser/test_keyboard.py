"""Without a mouse, and for a screen reader: everything is reached, named, and can be acted on."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from aecore.bundles import Bundle
from tests.browser import canvas, pages
from tests.browser.canvas import Map
from tests.browser.conftest import OpenPage
from tests.browser.test_pages import BUNDLE, PAGES

FOCUSED = """() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  if (!at || !at.closest('.loupe')) return null;
  const ring = ({ outlineStyle, outlineWidth }) => outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
  return {
    name: at.getAttribute('aria-label') || at.labels?.[0]?.innerText || at.innerText
      || at.querySelector('[aria-label]')?.getAttribute('aria-label') || '',
    seen: ring(getComputedStyle(at)) || ring(getComputedStyle(at, '::before'))
      || ring(getComputedStyle(at.parentElement))
      || [...at.children].some((child) => ring(getComputedStyle(child))),
  };
}"""
REACHABLE = """root => [...root.querySelectorAll('button, input, select, [tabindex="0"]')].filter(
  (e) => !e.disabled && e.checkVisibility() && !(e.type === 'radio' && !e.checked)).length"""


def tab_through(page: Page) -> list[str]:
    """Names of all that Tab stops at in the canvas, in order; each must show that it has the focus."""
    names: list[str] = []
    for _ in range(150):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused is None and names:
            break
        if focused is not None:
            assert focused["name"].strip(), f"something without a name after {names[-1:]}"
            assert focused["seen"], f"{focused['name']} does not show its focus"
            names.append(focused["name"])
    return names


@pytest.mark.parametrize("name", ["", "traverse", "sample", "interpolate", "draw", "compare"])
def test_tab_reaches_everything_and_the_focus_is_seen(open_page: OpenPage, name: str) -> None:
    page = open_page(f"/{name}?{BUNDLE}")
    page.wait_for_timeout(500)
    count = page.locator(".loupe").evaluate(REACHABLE)
    assert count >= 8
    assert len(tab_through(page)) >= count


def test_the_map_by_keyboard(open_page: OpenPage, two: Bundle) -> None:
    page = open_page(f"/?bundle={two.id}")
    atlas = Map.of(page, two, "z")
    stage = page.get_by_role("application", name=re.compile("Arrow keys"))
    stage.focus()
    for _ in range(5):
        page.keyboard.press("Shift+ArrowRight")
    place = atlas.place(atlas.left + 120, atlas.top)
    canvas.decodes(canvas.picture(page, "The decoded place under the cursor"), two, place)
    expect(stage.locator("[aria-live]")).to_contain_text("Nearest: label")
    page.keyboard.press("Enter")
    row = int(((atlas.places - place) ** 2).sum(axis=1).argmin())
    expect(page.get_by_role("region", name="Picked example")).to_contain_text(f"#{two.codes.index[row]}")
    page.keyboard.press("l")  # the lasso
    page.keyboard.press("Enter")  # takes what is in sight
    expect(page.get_by_role("region", name="Selection")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("region", name="Selection")).to_have_count(0)
    page.keyboard.press("d")
    expect(page.get_by_role("radio", name="Decode")).to_be_checked()


def test_traverse_by_keyboard(open_page: OpenPage, two: Bundle) -> None:
    page = open_page(f"/traverse?bundle={two.id}")
    decoded = canvas.picture(page, "The decoded code")
    before = canvas.read(decoded)
    slider = page.get_by_role("region", name="Code", exact=True).get_by_role("slider").first
    slider.focus()
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    assert canvas.eventually(lambda: bool((canvas.read(decoded) != before).any()))
    strip = page.get_by_role("region", name="What each dimension does").get_by_role("button").first
    strip.focus()
    between = canvas.read(decoded)
    page.keyboard.press("Enter")
    assert canvas.eventually(lambda: bool((canvas.read(decoded) != between).any()))


def test_sample_by_keyboard(open_page: OpenPage, two: Bundle) -> None:
    page = open_page(f"/sample?bundle={two.id}")
    grid = page.get_by_role("application", name=re.compile("decoded draws"))
    grid.focus()
    for key in ("ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    expect(page.get_by_role("region", name="Sample 12: has it memorised?")).to_be_visible()
    expect(grid.locator("[aria-live]")).to_have_text("Sample 12 of 80, row 2, column 2")
    page.get_by_role("button", name="Draw again").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("seed 2")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_serious(
    open_page: OpenPage, page: Page, name: str, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme)
    # Rows and a point, so that the map's panels are there too.
    open_page(f"/{name}?{BUNDLE}&point=3")
    page.wait_for_timeout(300)
    pages.is_accessible(page)
