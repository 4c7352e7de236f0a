"""Studies in a real browser, on results that were made up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from aecore.studies import STUDIES
from tests.aecore.studies import made
from tests.browser import pages
from tests.browser.conftest import Shot


@pytest.fixture(autouse=True, scope="module")
def results(home: Path) -> Iterator[None]:
    """Results in the home of the live Loupe."""
    for study in STUDIES.values():
        if study.name != "noise":
            made.write(study, home / "studies")
    yield
    for file in (home / "studies").iterdir():
        file.unlink()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["beta", "pretraining"])
def test_a_study_fits_and_is_accessible(
    page: Page, app_url: str, shot: Shot, name: str, scheme: pages.Scheme
) -> None:
    pages.opened(page, f"{app_url}/studies?study={name}", scheme)
    expect(page).to_have_title("Studies · Loupe")
    expect(page.locator(".js-plotly-plot")).to_have_count(2)
    shot(f"studies-{name}-{scheme}")
    pages.is_accessible(page)
    pages.fits(page)


def test_another_study_and_figure_are_followed_by_the_address(page: Page, app_url: str) -> None:
    pages.opened(page, f"{app_url}/studies")
    page.locator(".st-key-pick-study input").click()
    page.get_by_role("option", name=STUDIES["beta"].title).click()
    expect(page).to_have_url(re.compile("study=beta"))
    page.get_by_text("Active units", exact=True).click()
    expect(page).to_have_url(re.compile("metric=active_units"))
    expect(page.locator(".lp-table").first).to_contain_text("Active units")
