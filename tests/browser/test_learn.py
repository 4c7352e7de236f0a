"""Learn in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import pages
from tests.browser.conftest import Shot


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_lesson_fits_and_is_accessible(page: Page, app_url: str, shot: Shot, scheme: pages.Scheme) -> None:
    pages.opened(page, f"{app_url}/learn?variant=ladder-vae", scheme)
    expect(page).to_have_title("Learn · Loupe")
    expect(page.get_by_role("heading", name="Ladder VAE", exact=True)).to_be_visible()
    expect(page.locator(".st-key-equation .katex")).to_be_visible()
    shot(f"learn-{scheme}")
    pages.is_accessible(page)
    pages.fits(page)


def test_the_equation_is_large_and_the_text_a_narrow_column(page: Page, app_url: str) -> None:
    pages.opened(page, f"{app_url}/learn?variant=vae")
    size = "e => parseFloat(getComputedStyle(e).fontSize)"
    text = page.locator(".st-key-lesson p").first
    assert page.locator(".st-key-equation .katex").first.evaluate(size) >= 1.5 * text.evaluate(size)
    wide = "all => Math.max(...all.map(e => e.getBoundingClientRect().width))"
    widest = page.locator(".st-key-lesson p").evaluate_all(wide) / text.evaluate(size)
    assert widest < 45  # em; a letter is about half of one


def test_another_variant_is_followed_by_the_address_and_a_bundle_leads_to_its_map(
    page: Page, app_url: str
) -> None:
    pages.opened(page, f"{app_url}/learn?bundle=digits/vae-2d")
    expect(page.get_by_role("heading", name="VAE", exact=True)).to_be_visible()
    page.locator(".st-key-pick-variant input").click()
    page.get_by_role("option", name="Autoencoder", exact=True).click()
    expect(page).to_have_url(re.compile("variant=autoencoder"))
    expect(page.get_by_text("1,200,000,000,000,000")).to_be_visible()
    page.get_by_role("link", name="digits/autoencoder", exact=True).click()
    expect(page).to_have_title("Map · Loupe")
    expect(page).to_have_url(re.compile(r"bundle=digits(/|%2F)autoencoder"))


def test_the_file_of_a_variant_can_be_read(page: Page, app_url: str) -> None:
    pages.opened(page, f"{app_url}/learn?variant=iwae")
    page.get_by_text("One readable file: iwae.py").click()
    expect(page.get_by_text("@variant(").first).to_be_visible()
