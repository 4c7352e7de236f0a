"""The first minute: the app answers, shows the Map and asks nothing of the network."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import live


def test_the_first_screen_is_the_map(open_page: Callable[[str], Page]) -> None:
    page = open_page("/")
    expect(page.locator(live.MAP)).to_be_visible()
    expect(page.locator('[data-testid="stException"]')).to_have_count(0)


def test_it_fits_the_window(open_page: Callable[[str], Page]) -> None:
    page = open_page("/")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_view_survives_a_reload(open_page: Callable[[str], Page]) -> None:
    page = open_page("/")
    page.reload()
    live.wait_idle(page)
    expect(page.locator(live.MAP)).to_be_visible()


def test_the_watch_sees_errors_and_the_network(context: BrowserContext, app_url: str) -> None:
    page = context.new_page()
    problems: list[str] = []
    live.watch(page, urlsplit(app_url).netloc, problems)
    page.goto(app_url + live.HEALTH)
    page.evaluate("console.error('printed')")
    page.evaluate("setTimeout(() => { throw new Error('thrown') })")
    page.evaluate("fetch('http://elsewhere.example/', {mode: 'no-cors'}).catch(() => 'offline')")
    page.wait_for_timeout(100)
    for problem in ("console: printed", "page error: thrown", "asked for http://elsewhere.example/"):
        assert problem in problems
