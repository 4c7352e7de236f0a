"""A live Loupe and a Chromium to look at it; every page is watched for errors and for the network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser import live


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All browser tests share one worker, and with it one server and one browser."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def app_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a live Loupe that has the shipped bundles and an empty `$AECORE_HOME`."""
    home = tmp_path_factory.mktemp("home")
    port = live.free_port()
    with live.serve(live.app_command(port), port, env={"AECORE_HOME": str(home)}) as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    with sync_playwright() as playwright:
        browser = live.launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser without history, 1440 × 900."""
    context = browser.new_context(viewport=live.VIEWPORT, reduced_motion="reduce")
    context.set_default_timeout(30_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, app_url: str) -> Iterator[Page]:
    """A page that fails its test on a console error, a page error or a request to another host."""
    problems: list[str] = []
    page = context.new_page()
    live.watch(page, urlsplit(app_url).netloc, problems)
    yield page
    assert not problems, "\n".join(problems)


@pytest.fixture
def open_page(page: Page, app_url: str) -> Callable[[str], Page]:
    """Opens a page of the app, as in ``open_page("/reconstruct?bundle=mnist/vae-2d")``, and waits for it."""

    def open_page(path: str = "/") -> Page:
        page.goto(app_url + path)
        live.wait_idle(page)
        return page

    return open_page


@pytest.fixture
def wait_idle(page: Page) -> Callable[[], None]:
    """Waits until Streamlit has answered the last click."""
    return lambda: live.wait_idle(page)
