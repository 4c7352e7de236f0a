"""Maps in a browser, moved as a hand moves them: ours and bare regl-scatterplot's."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Page

from tests.browser import live

CANVAS = Path(__file__).parents[1] / "app" / "canvas"
BARE = """<!doctype html><body style="margin:0"><canvas style="width:1000px;height:700px"></canvas>
<script type="module">
import createScatterplot from "./regl-scatterplot.js";
const plot = createScatterplot({ canvas: document.querySelector("canvas"), width: 1000, height: 700,
  pointSize: 4, colorBy: "category", pointColor: COLOURS });
const count = Number(new URLSearchParams(location.search).get("points"));
const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random()) / 3;
const points = { x: new Float32Array(count).map(normal), y: new Float32Array(count).map(normal),
  z: new Float32Array(count).map((_, i) => i % 10) };
await plot.draw(points);
document.body.dataset.shown = "all";
</script>"""
COLOURS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9"] * 2
RECORD = """() => {
  window.frames_ = []; let before = performance.now();
  window.recording = true;
  requestAnimationFrame(function frame(now) {
    window.frames_.push(now - before); before = now;
    if (window.recording) requestAnimationFrame(frame);
  });
}"""


def p(values: list[float], share: float) -> float:
    """A quantile of some milliseconds, to a tenth."""
    return round(float(np.quantile(values, share)), 1)


def wander(page: Page, box: dict[str, float], moves: int, seconds: float = 60.0) -> None:
    """Drags about the middle of a box without letting go, for so many moves or seconds at most."""
    x = box["x"] + box["width"] * (0.5 + 0.3 * np.sin(np.linspace(0, 9, moves)))
    y = box["y"] + box["height"] * (0.5 + 0.3 * np.cos(np.linspace(0, 7, moves)))
    end = time.monotonic() + seconds
    page.mouse.move(x[0], y[0])
    page.mouse.down()
    for place in zip(x, y, strict=True):
        page.mouse.move(*place)
        page.wait_for_timeout(8)
        if time.monotonic() > end:
            break
    page.mouse.up()


def pan(page: Page, box: dict[str, float]) -> float:
    """Milliseconds a frame, 95th percentile, while a map is dragged about for some seconds."""
    wander(page, box, 20, 2)
    page.evaluate(RECORD)
    wander(page, box, 250, 8)
    page.evaluate("window.recording = false")
    return p(page.evaluate("window.frames_.slice(1)"), 0.95)


@contextmanager
def bare_scatterplot(home: str) -> Iterator[str]:
    """A server with a page of bare regl-scatterplot."""
    folder = Path(home) / "bare"
    folder.mkdir()
    entry = "export { default } from 'regl-scatterplot'"
    esbuild = ["npx", "esbuild", "--bundle", "--format=esm", f"--outfile={folder / 'regl-scatterplot.js'}"]
    subprocess.run(esbuild, cwd=CANVAS, input=entry, text=True, check=True, capture_output=True)
    (folder / "index.html").write_text(BARE.replace("COLOURS", json.dumps(COLOURS)), encoding="utf-8")
    with live.serve_files(folder) as url:
        yield url


def bare_pan(page: Page, url: str, points: int) -> float:
    """The same pan in bare regl-scatterplot."""
    page.goto(f"{url}?points={points}")
    page.wait_for_selector("[data-shown]", timeout=120_000)
    return pan(page, {"x": 0, "y": 0, "width": 1000, "height": 700})
