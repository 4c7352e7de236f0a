"""Live training, as a lecturer drives it, on a real server; the recording on disk is the witness."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Locator, Page, WebSocketRoute, expect
from playwright.sync_api import Error as PlaywrightError

from aecore import jobs
from aecore.bundles import open_bundle
from aecore.jobs import Frame, Recording
from aecore.sweeps import open_sweep
from tests.browser import canvas, live, pages
from tests.browser.conftest import OpenPage
from tests.browser.steering import LIVE, comes, figure, open_lab, slider, step

__all__ = ["open_lab"]


def spread(page: Page) -> float:
    """How far the points on the map lie apart, in pixels: those that are coloured, as labels are."""
    field = page.locator(".lab-map .field")
    field.scroll_into_view_if_needed()
    rgb = canvas.photo(field).astype(int)
    places = np.argwhere(rgb.max(-1) - rgb.min(-1) > 70)
    assert len(places) > 5
    return float(places.std(axis=0).mean())


def painted(mosaic: Locator, count: int) -> NDArray[np.int64]:
    """A row of images on the page, as one strip, shape (H, count · W): without what lies between them."""
    strip = canvas.grey_of(mosaic)
    gap = (strip.shape[1] - 8 * count) // (count - 1)
    return np.concatenate([strip[:, k * (8 + gap) : k * (8 + gap) + 8] for k in range(count)], axis=1)


def pictures(page: Page) -> list[NDArray[np.int64]]:
    """The reconstructions and the strips along both dimensions, as they are painted on the page."""
    strips = page.locator(".traversals .mosaic")
    return [
        painted(page.get_by_label("8 reconstructions"), 8),
        *(painted(strips.nth(d), 7) for d in range(strips.count())),
    ]


def recorded(frame: Frame) -> list[NDArray[np.int64]]:
    """The same as they were recorded."""
    again, along = (
        np.asarray(Image.open(io.BytesIO(frame.pictures[f"{name}.png"])), int)
        for name in ("reconstructions", "traversals")
    )
    return [again, along[:8], along[8:]]


def alike(some: list[NDArray[np.int64]], others: list[NDArray[np.int64]]) -> bool:
    return len(some) == len(others) and all(
        np.abs(a - b).max() <= 1 for a, b in zip(some, others, strict=True)
    )


def beside(page: Page) -> None:
    """The rate–distortion plot shows what can be compared with a training of digits in two dimensions."""
    plot = page.get_by_label("Rate–distortion", exact=True)
    trained = [each for each in open_sweep("digits/vae-2d").card.members if each.beta > 0]
    rated = open_bundle("digits/multi-rate-vae-2d").card.rate_distortion
    expect(plot).to_contain_text("dots: dedicated VAEs · rings: one model for every β")
    for mark, points in ((".rival.dot", trained), (".rival.ring", rated)):
        marks = plot.locator(mark)
        expect(marks).to_have_count(len(points))
        places = [[float(each.get_attribute(at) or "nan") for at in ("cx", "cy")] for each in marks.all()]
        figures = [[each.rate, -each.distortion] for each in points]
        for axis in (0, 1):  # the axes are linear, distortion upwards
            across, value = np.transpose(places)[axis], np.transpose(figures)[axis]
            assert np.corrcoef(across, value)[0, 1] > 0.9999


def test_beta_is_turned_while_a_model_learns_and_its_recording_is_found_again(
    open_lab: OpenPage,
    browser: Browser,
    home: Path,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    page = open_lab(LIVE)
    asked = home / "jobs" / "spare"
    comes(asked.exists)  # a worker gets ready while the page is read
    page.get_by_role("button", name="Play").click()
    started = time.monotonic()
    page.wait_for_url(re.compile("job="), timeout=90_000)
    expect(page.locator(".says")).to_contain_text(re.compile("Looking for|In the queue|Starting|Training"))
    page.locator(".lab-map").wait_for(timeout=90_000)
    record_property("first_frame_s", round(time.monotonic() - started, 1))
    assert not asked.exists()  # it has the job
    job = parse_qs(urlsplit(page.url).query)["job"][0]
    recording = Recording(home / "jobs" / job)

    # It learns: codes spread, and frames keep coming.
    comes(lambda: figure(page, "rate") > 1.5 and step(page) > 300)
    assert recording.manifest
    assert recording.manifest.latent_dim == 2
    comes(lambda: "frames/s" in page.locator(".says").inner_text())
    first, since = len(recording), time.monotonic()
    seen: set[int] = set()
    while time.monotonic() - since < 4:
        seen.add(step(page))
    passed = time.monotonic() - since
    record_property("live_frames_per_s", round(len(seen) / passed, 1))
    record_property("recorded_frames_per_s", round((len(recording) - first) / passed, 1))
    assert len(seen) > passed  # more than one a second, on however slow a machine
    beside(page)
    before = pictures(page)
    assert len(before) == 3
    comes(lambda: not any(alike([a], [b]) for a, b in zip(before, pictures(page), strict=True)))
    wide, learned = spread(page), figure(page, "rate")

    # β = 100: the code collapses, the map contracts, and the page says what helps.
    slider(page, "β").fill("2000")
    comes(lambda: figure(page, "rate") < 0.05)
    newest = recording.frame(-1)
    assert newest
    assert newest.header.dials.beta == 100
    assert sum(newest.header.kl) < 0.1
    assert newest.arrays["mu"].std() < 0.3
    comes(lambda: spread(page) < wide / 3)
    expect(page.locator(".collapse")).to_contain_text("Posterior collapse")
    page.get_by_role("button", name="Lower β to 1").click()
    comes(lambda: figure(page, "rate") > learned / 2)
    comes(lambda: spread(page) > wide / 2)
    expect(page.get_by_role("group", name="What helps")).to_have_count(0)
    rates = [frame.header.rate or 0 for frame in recording.range()]
    least = int(np.argmin(rates[len(rates) // 4 :])) + len(rates) // 4
    assert max(rates[:least]) > 1
    assert rates[least] < 0.01
    assert rates[-1] > 1

    # Pause, and a single step.
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".says")).to_contain_text("Paused")
    newest = recording.frame(-1)
    assert newest
    stood = newest.header.step
    comes(lambda: step(page) == stood)
    page.wait_for_timeout(500)
    assert len(recording.range()) == len(recording)
    assert step(page) == stood
    page.get_by_role("button", name="Step").click()
    comes(lambda: step(page) == stood + 1)

    # Back through the recording: what is shown is what was recorded.
    scrub = slider(page, "Recording")
    comes(lambda: scrub.get_attribute("max") == str(len(recording) - 1))
    for position in (0, len(recording) // 2, least):
        scrub.fill(str(position))
        frame = recording.frame(position)
        assert frame
        comes(lambda frame=frame: step(page) == frame.header.step)  # type: ignore[misc]
        comes(lambda frame=frame: alike(pictures(page), recorded(frame)))  # type: ignore[misc]
        assert figure(page, "rate") == pytest.approx(frame.header.rate, rel=0.01, abs=0.005)
    canvas.shot(page, "beta-live-scrubbed", tmp_path)

    # A reload finds it; somebody else watches and cannot steer.
    page.reload()
    comes(lambda: page.locator(".lab-map").is_visible() and step(page) == stood + 1)
    comes(lambda: scrub.get_attribute("max") == str(len(recording) - 1))
    expect(slider(page, "β")).to_be_enabled()
    other = browser.new_context(viewport=live.VIEWPORT)
    try:
        watcher = other.new_page()
        watcher.goto(page.url)
        watcher.locator(".lab-map").wait_for(timeout=60_000)
        comes(lambda: step(watcher) == stood + 1)
        expect(watcher.locator(".steering")).to_contain_text("who started it steers it")
        for name in ("β", "Learning rate", "Free bits"):
            expect(slider(watcher, name)).to_be_disabled()
        for name in ("Play", "Step", "Restart"):
            expect(watcher.get_by_role("button", name=name, exact=True)).to_be_disabled()
        expect(slider(watcher, "Recording")).to_be_enabled()
    finally:
        other.close()

    # Learning rate and free bits act too; the frame after the next step says so.
    slider(page, "Free bits").fill("0.5")
    slider(page, "Learning rate").fill("0.75")
    page.get_by_role("button", name="Step").click()
    comes(lambda: step(page) == stood + 2)
    newest = recording.frame(-1)
    assert newest
    assert newest.header.dials.free_bits == 0.5
    assert newest.header.dials.lr == 0.01
    pages.is_accessible_in_both(page)


SOCKET = re.compile(r"/loupe/jobs/[0-9a-f]{10}/frames$")
JOB: dict[str, Any] = {
    "id": "0123456789",
    "spec": {"variant": "beta-vae", "data": "digits", "options": {}, "kind": "live", "name": ""},
    "device": "cpu",
    "standing": None,
    "message": "",
    "bundle": "",
}


@pytest.mark.parametrize(
    ("state", "message", "said"),
    [
        ("queued", "", "In the queue"),
        ("running", "Getting ready.", "Starting"),
        ("interrupted", "", "Interrupted"),
        ("failed", "The loss is no number any more: lower lr.", "lower lr"),
    ],
)
def test_every_state_has_its_sentence(
    open_lab: OpenPage, context: BrowserContext, state: str, message: str, said: str
) -> None:
    told = json.dumps({**JOB, "state": state, "message": message})

    def socket(there: WebSocketRoute) -> None:
        there.send(json.dumps({"job": json.loads(told)}))

    context.route_web_socket(SOCKET, socket)
    context.route(
        re.compile(r"/loupe/jobs/0123456789\.json"),
        lambda route: route.fulfill(body=told, content_type="application/json"),
    )
    page = open_lab(f"{LIVE}&job=0123456789")
    expect(page.locator(".steering")).to_contain_text(said)
    expect(page.locator(".steering")).to_contain_text("Somebody else has started this training")
    assert page.locator(".loupe .lab-map").count() == 0


def test_a_browser_that_crashes_takes_no_training_with_it(
    browser: Browser, open_lab: OpenPage, app_url: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AECORE_HOME", str(home))
    other = live.launch_another(browser)
    page = other.new_page()
    page.goto(app_url + LIVE)
    page.get_by_role("button", name="Play").click(timeout=60_000)
    page.wait_for_url(re.compile("job="), timeout=90_000)
    started = parse_qs(urlsplit(page.url).query)["job"][0]
    comes(lambda: len(Recording(home / "jobs" / started)) > 3)
    with suppress(PlaywrightError):  # there is nobody left to answer
        other.new_browser_cdp_session().send("Browser.crash")
    comes(lambda: not other.is_connected())
    before = len(Recording(home / "jobs" / started))
    comes(lambda: len(Recording(home / "jobs" / started)) > before + 3)
    page = open_lab(f"{LIVE}&job={started}")
    comes(lambda: step(page) > 0)
    jobs.command(started, jobs.terminal_token(), "stop")
    comes(lambda: jobs.job(started).state == "stopped")


def test_a_training_that_is_gone_says_so(context: BrowserContext, app_url: str) -> None:
    page = context.new_page()  # the 404 is an error in its console
    page.goto(f"{app_url}{LIVE}&job=0123456789")
    expect(page.get_by_role("alert")).to_contain_text("no such job", timeout=60_000)
    page.get_by_role("button", name="Leave").click()
    page.get_by_role("button", name="Play").wait_for()
    page.close()


def test_where_no_training_is_allowed_the_page_says_so(open_lab: OpenPage, context: BrowserContext) -> None:
    def without(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "train": False})

    context.route(re.compile(r"/loupe/lab\.json"), without)
    page = open_lab(LIVE)
    expect(page.locator(".begin")).to_contain_text("No training is allowed on this server")
    expect(page.get_by_role("button", name="Play")).to_have_count(0)
