"""A live training on the β lab's page, on a real server: for the tests that steer one.

A test takes ``open_lab``::

    from tests.browser.steering import open_lab

    __all__ = ["open_lab"]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Locator, Page

from tests.browser import live
from tests.browser.canvas import eventually, numbers
from tests.browser.conftest import OpenPage

LIVE = "/beta?data=digits&way=live"


@pytest.fixture
def open_lab(context: BrowserContext, app_url: str) -> Iterator[OpenPage]:
    """Opens a page of the lab, in a browser where nothing moves by itself; no error passes."""
    problems: list[str] = []
    page = context.new_page()
    live.watch(page, urlsplit(app_url).netloc, problems)

    def open_lab(path: str) -> Page:
        page.goto(app_url + path)
        page.locator(".loupe .lab").wait_for(timeout=60_000)
        return page

    yield open_lab
    leave = page.locator(".transport button:enabled", has_text="New")
    if leave.count():
        leave.click()  # ends the training
        page.locator(".begin").wait_for()
    page.close()
    assert not problems, "\n".join(problems)


def figure(page: Page, name: str) -> float:
    """A number of the β card, nats."""
    text = page.locator(".told-figures").inner_text().replace("\n", " ")
    return numbers(text[text.index(name) :])[0]


def step(page: Page) -> int:
    """The step of the frame that is shown."""
    return int(numbers(page.locator(".beta-head .state").inner_text())[0])


def comes(holds: Callable[[], bool], seconds: float = 90) -> None:
    assert eventually(holds, seconds)


def slider(page: Page, name: str) -> Locator:
    return page.get_by_role("slider", name=name, exact=True)
