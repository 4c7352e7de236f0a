"""Slow motion, annealing, restart, replay, as a lecturer has them; the recording on disk is the witness."""

from __future__ import annotations

import itertools
import re
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
from playwright.sync_api import expect

from aecore.jobs import Recording
from aecore.jobs.recording import Dials
from tests.browser import canvas
from tests.browser.conftest import OpenPage
from tests.browser.steering import LIVE, comes, open_lab, slider, step

__all__ = ["open_lab"]


def test_slow_motion_annealing_restart_and_replay(open_lab: OpenPage, home: Path) -> None:
    page = open_lab(LIVE)
    page.get_by_role("button", name="Play").click()
    page.wait_for_url(re.compile("job="), timeout=90_000)
    page.locator(".lab-map").wait_for(timeout=90_000)
    recording = Recording(home / "jobs" / parse_qs(urlsplit(page.url).query)["job"][0])
    comes(lambda: step(page) > 20)

    # Slow motion: a frame after every step, two of them a second.
    page.get_by_role("button", name="Slow motion").click()
    comes(lambda: (frame := recording.frame(-1)) is not None and frame.header.dials.slow == 2)
    began, since = len(recording), time.monotonic()
    comes(lambda: len(recording) >= began + 4)
    assert time.monotonic() - since > 1.4
    slow = [frame.header.step for frame in recording.range(began)]
    assert all(after == before + 1 for before, after in itertools.pairwise(slow))
    page.get_by_role("button", name="Slow motion").click()
    comes(lambda: step(page) > slow[-1] + 40)

    # Annealing: β is free again, and rises to where it is set.
    since = len(recording)
    canvas.choose(page, "Annealing", "linear")

    def rising() -> list[Dials]:
        dials = [frame.header.dials for frame in recording.range(since)]
        return [each for each in dials if each.annealing == "linear"]

    comes(lambda: any(dials.beta_now == 1 for dials in rising()))
    prices = [dials.beta_now or 0 for dials in rising()]
    assert prices[0] < 0.5
    assert (np.diff(prices) >= 0).all()
    assert {dials.beta for dials in rising()} == {1}
    expect(slider(page, "Epochs of a rise")).to_be_visible()
    canvas.choose(page, "Annealing", "none")
    comes(lambda: (frame := recording.frame(-1)) is not None and frame.header.dials.annealing == "constant")

    # Restart: the same seed, so that the untrained model is the same; what was turned is as it was first.
    slider(page, "β").fill("900")
    comes(lambda: (frame := recording.frame(-1)) is not None and (frame.header.dials.beta or 0) > 10)
    first = recording.frame(0)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".says")).to_contain_text("Paused")
    page.get_by_role("button", name="Restart").click()
    comes(lambda: recording.manifest is not None and recording.manifest.take == 2 and len(recording) == 1)
    again = recording.frame(0)
    assert first
    assert again
    assert (again.header.step, again.body) == (0, first.body)
    assert again.header.dials.beta == first.header.dials.beta == 1
    comes(lambda: step(page) == 0)
    page.get_by_role("button", name="Play").click()
    comes(lambda: step(page) > 100)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".says")).to_contain_text("Paused")

    # Replay: from the beginning to the newest, and it stays there.
    newest = recording.frame(-1)
    assert newest
    comes(lambda: step(page) == newest.header.step)
    seen: list[int] = []

    def looked() -> bool:
        seen.append(step(page))
        return len(set(seen)) > 3 and seen[-1] == newest.header.step

    page.get_by_role("button", name="Replay").click()
    comes(lambda: step(page) < newest.header.step)
    comes(looked)
    assert (np.diff(seen) >= 0).all()
    expect(page.get_by_role("button", name="Replay")).to_be_visible()
    expect(page.get_by_role("button", name="To the end")).to_have_count(0)
