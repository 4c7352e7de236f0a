"""Layers in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import pages
from tests.browser.conftest import Shot


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_layers_fit_and_are_accessible(page: Page, app_url: str, shot: Shot, scheme: pages.Scheme) -> None:
    pages.opened(page, f"{app_url}/layers?bundle=digits/vae-2d", scheme)
    expect(page).to_have_title("Layers · Loupe")
    expect(page.locator(".lp-wide tbody tr").first).to_contain_text("encoder 1")
    expect(page.locator(".lp-bar i").first).to_be_visible()
    picture = page.get_by_role("img", name="Weights of the first layer as images.")
    assert picture.evaluate("e => e.complete && e.naturalWidth > 50")
    shot(f"layers-{scheme}")
    pages.is_accessible(page)
    pages.fits(page)
