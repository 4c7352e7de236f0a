"""A live training that has ended or was interrupted, as its page shows it, on a real server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from aecore.jobs import owner_of
from aecore.jobs.records import Spec
from aecore.jobs.store import Store
from tests.app.recorded import Film

TOKEN = "c" * 64
OPTIONS: dict[str, Any] = {"latent_dim": 2, "hidden": [8], "device": "cpu"}


@pytest.fixture
def job(home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A live job of ours that is done, with a frame; nobody supervises it."""
    monkeypatch.setenv("AECORE_HOME", str(home))
    with Store() as store:
        made = store.add(Spec("beta-vae", "digits", OPTIONS, kind="live"), owner_of(TOKEN), "cpu", 99, 99)
        store.update(made.id, state="done", ended=1.0)
    Film(made.id).take()
    return made.id


def opened(context: BrowserContext, url: str, job: str) -> Page:
    """Its page, in the browser in which it was started."""
    kept = f"localStorage.setItem('loupe-token', '{TOKEN}'); localStorage.setItem('loupe-jobs', '{job}');"
    unseen = "Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' });"
    context.add_init_script(kept + unseen)  # or it would be woken because somebody looks at it
    page = context.new_page()
    page.goto(f"{url}/beta?data=digits&way=live&job={job}")
    page.locator(".lab-map").wait_for(timeout=60_000)
    return page


def test_what_is_done_is_not_turned_and_what_was_interrupted_goes_on(
    context: BrowserContext, app_url: str, job: str
) -> None:
    page = opened(context, app_url, job)
    expect(page.locator(".says")).to_contain_text("Done")
    for name in ("β", "Learning rate"):
        expect(page.get_by_role("slider", name=name, exact=True)).to_be_disabled()
    expect(page.get_by_role("button", name="Slow motion")).to_be_disabled()
    expect(page.locator(".presets")).to_have_count(0)
    expect(page.locator(".traversals")).to_have_count(0)  # as recordings of before have none
    with Store() as store:
        store.update(job, state="interrupted", ended=None)
        expect(page.get_by_role("slider", name="β", exact=True)).to_be_enabled()
        page.get_by_role("button", name="Play").click()
        expect(page.locator(".says")).to_contain_text("Training", timeout=90_000)
        expect(page.locator(".steering")).not_to_contain_text("That was not done")
        page.get_by_role("button", name="New").click()
        page.locator(".begin").wait_for()
