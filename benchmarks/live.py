"""Live training as the viewer has it, beside the same training without recording, server or browser."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import torch
from numpy.typing import NDArray
from playwright.sync_api import Page
from sklearn.neighbors import NearestNeighbors

from aecore.jobs import Manifest, Recording, job
from aecore.runs import Run, complete
from aecore.training import Progress

NEIGHBOURS = 5
FORMED = 0.8  # of the accuracy at the end
EPOCHS = 100_000  # more than anybody waits for
READ = 8.0  # seconds from the page to the click: its text is read
FINER = 1.02  # times the seconds that have passed until the codes of the plain training are looked at again
WATCH = r"""(lab) => {
  window.shown = [];
  let before = "";
  lab.addEventListener("click", () => (window.began ??= performance.now()), true);
  new MutationObserver(() => {
    const said = lab.querySelector(".beta-head .state")?.textContent ?? "";
    if (said === before) return;
    before = said;
    const step = said.match(/step ([\d,]+)/);
    if (step) shown.push([performance.now(), Number(step[1].replaceAll(",", ""))]);
  }).observe(lab, { subtree: true, childList: true, characterData: true });
}"""


@dataclass(frozen=True)
class Trace:
    """How the codes of a training fell into clusters.

    Attributes:
        seconds: When each figure held, from the start.
        steps: Done by then.
        accuracy: 5-NN accuracy of the codes, each left out in turn.
    """

    seconds: Sequence[float]
    steps: Sequence[int]
    accuracy: Sequence[float]

    def until(self, accuracy: float) -> float | None:
        """Seconds until the codes were first that good; None if they never were."""
        return next((s for s, now in zip(self.seconds, self.accuracy, strict=True) if now >= accuracy), None)

    @property
    def steps_per_s(self) -> float:
        """From the first figure to the last."""
        return (self.steps[-1] - self.steps[0]) / (self.seconds[-1] - self.seconds[0])


def knn_accuracy(codes: NDArray[Any], label: NDArray[Any]) -> float:
    """Share of codes whose five nearest others vote for their class; of a tie the first class counts.

    Args:
        codes: Shape (N, D), N > 5.
        label: Classes from 0, shape (N,).
    """
    rows = NearestNeighbors(n_neighbors=NEIGHBOURS).fit(codes).kneighbors(return_distance=False)
    votes = np.zeros((len(codes), int(label.max()) + 1), np.int64)
    np.add.at(votes, (np.arange(len(codes))[:, None], label[rows]), 1)
    return float((votes.argmax(1) == label).mean())


def watch(page: Page, url: str, data: str, seconds: float) -> tuple[str, list[tuple[float, int]]]:
    """Presses play and looks on.

    Args:
        page: In a browser where points do not travel between frames.
        url: Of Loupe.
        data: Data set.
        seconds: How long, from the first frame.

    Returns:
        The job's id, and for each frame that was shown the seconds since the click and its step.
    """
    page.goto(f"{url}/beta?data={data}&way=live")
    page.get_by_role("button", name="Play").wait_for(timeout=120_000)
    page.locator(".lab").evaluate(WATCH)
    page.wait_for_timeout(1000 * READ)
    page.get_by_role("button", name="Play").click()
    page.wait_for_url(re.compile("job="), timeout=120_000)
    page.wait_for_function("window.shown.length > 1", timeout=180_000)
    page.wait_for_timeout(1000 * seconds)
    began, shown = page.evaluate("[began, shown]")
    return parse_qs(urlsplit(page.url).query)["job"][0], [((at - began) / 1000, step) for at, step in shown]


def leave(page: Page) -> None:
    """Ends the training."""
    page.locator(".transport button:enabled", has_text="New").click()
    page.locator(".begin").wait_for(timeout=60_000)


def traced(recording: Recording, manifest: Manifest, shown: Sequence[tuple[float, int]]) -> Trace:
    """The clusters as the viewer saw them form: of what was shown, the frames that are on record."""
    label = np.asarray(manifest.label)
    codes = {frame.header.step: frame.arrays["mu"].astype(np.float32) for frame in recording.range()}
    seen = [(at, step) for at, step in shown if step in codes]
    return Trace(
        [at for at, _ in seen], [step for _, step in seen],
        [knn_accuracy(codes[step], label) for _, step in seen],
    )  # fmt: skip


def plain(given: dict[str, Any], manifest: Manifest, seconds: float) -> Trace:
    """The same training in this process, for so many seconds; looking at its codes is not in them."""
    run = Run(complete({"keep": "last", "epochs": EPOCHS, **given}), Path("plain"), None)
    label = np.asarray(manifest.label)
    x = run.data.test.take(torch.tensor(manifest.index)).x
    spent, due, started, trace = 0.0, 0.0, time.perf_counter(), []
    for event in run.fit:
        spent += time.perf_counter() - started
        if isinstance(event, Progress) and spent >= due:
            due = FINER * spent
            with torch.no_grad():
                codes = run.fit.model.posterior(x.to(run.fit.device)).mean
            trace.append((spent, event.step, knn_accuracy(codes.float().cpu().numpy(), label)))
        if spent > seconds and len(trace) > 1:
            break
        started = time.perf_counter()
    return Trace(*zip(*trace, strict=True))


def compared(page: Page, url: str, home: Path, data: str, seconds: float) -> dict[str, Any]:
    """One data set: the viewer's frames a second and seconds to clusters, and those of the bare training.

    Args:
        page, url, data, seconds: As ``watch`` takes them.
        home: ``$AECORE_HOME`` of that Loupe and of this process.
    """
    found, shown = watch(page, url, data, seconds)
    recording = Recording(home / "jobs" / found)
    manifest = recording.manifest
    assert manifest
    trace = traced(recording, manifest, shown)
    leave(page)
    page.wait_for_timeout(1000 * READ)  # the next worker gets ready, which is work
    alone = plain(job(found).spec.given, manifest, seconds)
    goal = FORMED * trace.accuracy[-1]
    return {
        "data": data,
        "frames_per_s": round((len(shown) - 1) / (shown[-1][0] - shown[0][0]), 2),
        "first_frame_s": round(shown[0][0], 2),
        "clusters_s": trace.until(goal),
        "plain_clusters_s": alone.until(goal),
        "final_knn5_accuracy": round(trace.accuracy[-1], 4),
        "steps_per_s": round(trace.steps_per_s, 1),
        "plain_steps_per_s": round(alone.steps_per_s, 1),
        "steps_ratio": round(trace.steps_per_s / alone.steps_per_s, 3),
    }
