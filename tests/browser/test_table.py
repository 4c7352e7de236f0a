"""The table in a real browser: it sorts, and scrolls inside its own box."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import pages
from tests.browser.conftest import Shot


def column(table: Locator, number: int) -> list[float]:
    """The numbers of a column as they stand."""
    cells = table.locator(f"tbody tr > :nth-child({number + 1})")
    return [float(each) for each in cells.evaluate_all("all => all.map(e => e.dataset.value)") if each]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_table_fits_and_is_accessible(page: Page, app_url: str, shot: Shot, scheme: pages.Scheme) -> None:
    pages.opened(page, f"{app_url}/table?data=digits", scheme)
    expect(page).to_have_title("Table · Loupe")
    expect(page.locator(".lp-wide tbody tr").first).to_be_visible()
    shot(f"table-{scheme}")
    pages.is_accessible(page)
    pages.fits(page)


def test_a_click_on_a_head_sorts_best_first_and_back(page: Page, app_url: str) -> None:
    pages.opened(page, f"{app_url}/table?data=digits")
    table = page.locator(".lp-wide").first
    for name, number, falling in (("MSE", 1, False), ("SSIM", 2, True)):
        head = table.get_by_role("button", name=name)
        head.click()
        values = column(table, number)
        assert values == sorted(values, reverse=falling)
        expect(table.locator("[aria-sort]")).to_have_attribute(
            "aria-sort", "descending" if falling else "ascending"
        )
        head.press("Enter")
        assert column(table, number) == sorted(values, reverse=not falling)
    table.get_by_role("button", name="Model").click()
    names = table.locator("tbody th a").all_inner_texts()
    assert names == sorted(names, key=str.casefold)


def test_the_main_columns_fit_a_screen_without_scrolling(page: Page, app_url: str) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    pages.opened(page, f"{app_url}/table?data=digits")
    box = page.locator(".lp-wide").first
    few = box.locator("thead button").count()
    assert box.evaluate("e => e.scrollWidth - e.clientWidth") <= 0
    page.get_by_text("All columns", exact=True).click()
    expect(box.get_by_role("button", name="PSNR")).to_be_visible()
    assert box.locator("thead button").count() > few


def test_on_a_phone_the_names_stay_while_the_figures_scroll(page: Page, app_url: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    pages.opened(page, f"{app_url}/table?data=digits")
    box, name = page.locator(".lp-wide").first, page.locator(".lp-wide tbody th").first
    before = name.bounding_box()
    assert box.evaluate("e => { e.scrollLeft = 200; return e.scrollLeft }") == 200
    after = name.bounding_box()
    assert before
    assert after
    assert abs(before["x"] - after["x"]) <= 1
