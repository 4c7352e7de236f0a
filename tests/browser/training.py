"""The Train page on a real server: for the tests that train from it.

A test takes ``open_train``::

    from tests.browser.training import open_train

    __all__ = ["open_train"]
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Locator, Page

from aecore.jobs.records import ENDED
from tests.browser import live

OpenTrain = Callable[..., Page]  # given what stands behind the address, as "?job=…"
WAIT = 90_000  # milliseconds
MADE = 180_000  # the same, until a bundle is measured, mapped and written


@pytest.fixture
def open_train(context: BrowserContext, app_url: str, home: Path) -> Iterator[OpenTrain]:
    """Opens the page, as in ``open_train("?job=…")``; no error passes, and no job goes on behind a test."""
    problems: list[str] = []

    def open_train(query: str = "") -> Page:
        page = context.new_page()
        live.watch(page, urlsplit(app_url).netloc, problems)
        page.goto(f"{app_url}/train{query}")
        page.locator(".loupe .train").wait_for(timeout=WAIT)
        return page

    yield open_train
    for job in terminal(home, "list"):
        if job["state"] not in ENDED:
            with suppress(subprocess.CalledProcessError):  # it has ended just now
                say(home, "stop", job["id"])
    assert not problems, "\n".join(problems)


def option(page: Page, name: str) -> Locator:
    return page.locator(f'[data-option="{name}"] input')


def start(page: Page, **options: str) -> str:
    """Fills fields, starts, and gives the job's id."""
    page.locator(".form .group").first.wait_for(timeout=WAIT)
    for name, text in options.items():
        option(page, name).fill(text)
    page.get_by_role("button", name="Start training").click(timeout=WAIT)
    page.wait_for_url(re.compile("job="), timeout=WAIT)
    return parse_qs(urlsplit(page.url).query)["job"][0]


def state(page: Page) -> Locator:
    return page.locator(".status [role=status]")


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def say(home: Path, *words: str) -> str:
    """What ``aecore jobs …`` prints."""
    return subprocess.run(
        [sys.executable, "-m", "aecore", "jobs", *words],
        env={**os.environ, "AECORE_HOME": str(home)}, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip


def terminal(home: Path, *words: str) -> Any:
    """What ``aecore jobs … --json`` says."""
    return json.loads(say(home, *words, "--json"))
