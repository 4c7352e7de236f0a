"""A password in ``jobs.toml`` on a real server: said on the Train page, and kept by the browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

WAIT = 90_000  # milliseconds
ASKED = "Training here needs the password."


@pytest.fixture
def open_train(context: BrowserContext, app_url: str, home: Path) -> Iterator[Callable[[], Page]]:
    """Opens the page of a server that asks for a password; a refusal is no error of the page."""
    settings = home / "jobs.toml"
    settings.write_text('password = "open sesame"', encoding="utf-8")

    def open_train() -> Page:
        page = context.new_page()
        page.goto(f"{app_url}/train")
        page.locator(".loupe .train").wait_for(timeout=WAIT)
        return page

    try:
        yield open_train
    finally:
        settings.unlink()


def say(page: Page, password: str) -> None:
    page.get_by_label(ASKED).fill(password, timeout=WAIT)
    page.get_by_role("button", name="Enter", exact=True).click()


def test_who_says_the_password_trains_and_is_known_from_then_on(open_train: Callable[[], Page]) -> None:
    page = open_train()
    start = page.get_by_role("button", name="Start training")
    say(page, "open barley")
    expect(page.locator(".estimates")).to_contain_text("That is not the password.", timeout=WAIT)
    expect(start).to_have_count(0)
    say(page, "open sesame")
    expect(page.get_by_label(ASKED)).to_have_count(0, timeout=WAIT)
    expect(start).to_be_enabled(timeout=WAIT)
    page.close()
    page = open_train()
    expect(page.get_by_role("button", name="Start training")).to_be_enabled(timeout=WAIT)
    expect(page.get_by_label(ASKED)).to_have_count(0)
    page.close()
