"""The Train page of servers that were started as public ones are: it says what it cannot do, and why."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.app import make_bundle
from tests.browser import live
from tests.browser.training import WAIT, button

HEADER = "X-Forwarded-User"
Serve = Callable[..., str]
TRY = """async () => (await fetch('/loupe/jobs', { method: 'POST', body: '{}',
  headers: { Authorization: 'Bearer ' + 'a'.repeat(32) } })).status"""


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts a Loupe with these words on a home of its own; its URL."""
    with ExitStack() as stack:

        def serve(words: Sequence[str] = (), settings: str = "") -> str:
            make_bundle.shelf(tmp_path / "bundles")
            (tmp_path / "jobs.toml").write_text(settings, encoding="utf-8")
            port = live.free_port()
            command, env = [*live.app_command(port), *words], {"AECORE_HOME": str(tmp_path)}
            return stack.enter_context(live.serve(command, port, env=env))

        yield serve


def train_page(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    page.goto(f"{url}/train")
    page.locator(".loupe .train").wait_for(timeout=WAIT)
    return page


@pytest.mark.parametrize("word", ["--no-train", "--read-only"])
def test_a_server_that_trains_nothing_says_so_and_refuses(
    context: BrowserContext, serve: Serve, word: str
) -> None:
    page = train_page(context, serve([word]))
    expect(page.locator(".estimates")).to_contain_text("No training is allowed on this server", timeout=WAIT)
    expect(button(page, "Start training")).to_have_count(0)
    assert page.evaluate(TRY) == 403
    page.close()


def test_who_the_proxy_vouches_for_trains(context: BrowserContext, serve: Serve) -> None:
    url = serve(settings=f"header = {json.dumps(HEADER)}")
    page = train_page(context, url)
    expect(page.locator(".estimates")).to_contain_text("sign in", ignore_case=True, timeout=WAIT)
    expect(button(page, "Start training")).to_have_count(0)
    assert page.evaluate(TRY) == 403
    page.close()

    def vouch(route: Any) -> None:
        route.continue_(headers={**route.request.headers, HEADER: "ada"})

    context.route(f"{url}/**", vouch)
    page = train_page(context, url)
    expect(button(page, "Start training")).to_be_enabled(timeout=WAIT)
    assert page.evaluate(TRY) == 400  # it may, but `{}` is no job
    page.close()
