"""How fast the canvas answers the hand, beside a bare Streamlit fragment and bare regl-scatterplot.

Real Chromium on the shipped MNIST bundle in two dimensions. A picture is late by the time
from the event's ``timeStamp`` to the end of ``putImageData``; *presented* adds the way to the
next frame. Maps: all of MNIST, encoded by ``aecore encode``, and codes that are generated;
beside each a bare regl-scatterplot of as many points, panned in the same way.

Needs Node.js for the bare scatterplot (``make canvas`` installs it) and MNIST.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from aecore.bundles import Bundle, Codes, open_bundle, user_folder
from aecore.bundles.files import sha256, write_folder
from aecore.latent import projections
from benchmarks import report
from benchmarks.browser import bare_pan, bare_scatterplot, p, pan, wander
from tests.browser import live
from tests.browser.turning import METER

MODEL = "mnist/vae-2d"
FRAGMENT = """
import streamlit as st
@st.fragment
def part():
    if st.button("again"):
        st.session_state.count = st.session_state.get("count", 0) + 1
    st.text(f"count {st.session_state.get('count', 0)}")
part()
"""
AGAIN = """async (times) => {
  const out = [];
  for (let i = 0; i < times; i++) {
    const text = document.querySelector('[data-testid="stText"]');
    const changed = new Promise((done) => new MutationObserver((_, observer) => {
      observer.disconnect(); done();
    }).observe(text, { subtree: true, childList: true, characterData: true }));
    const start = performance.now();
    [...document.querySelectorAll("button")].find((each) => each.innerText === "again").click();
    await changed;
    out.push(performance.now() - start);
    await new Promise((done) => setTimeout(done, 50));
  }
  return out;
}"""


def stage(page: Page) -> dict[str, float]:
    """The map's box on the screen, once its points are drawn."""
    page.wait_for_selector(live.MAP, state="visible", timeout=120_000)
    box = page.locator(".stage").bounding_box()
    assert box
    return {side: float(box[side]) for side in ("x", "y", "width", "height")}


def drag(page: Page, url: str) -> dict[str, float]:
    """Pointer to pixels on the map, and what the server is asked meanwhile."""
    page.goto(f"{url}/?bundle={MODEL}")
    box = stage(page)
    page.evaluate(METER)
    wander(page, box, 40)  # the model is loaded, the code compiled
    page.wait_for_timeout(1500)
    page.evaluate("meter.behind.length = meter.presented.length = 0")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    moves = 0
    start = page.evaluate("performance.now()")
    while page.evaluate("performance.now()") - start < 10_000:
        angle = moves / 25
        page.mouse.move(x + 150 * np.sin(angle), y + 110 * np.cos(1.3 * angle))
        page.wait_for_timeout(8)
        moves += 1
    requests = len(asked)
    page.mouse.up()
    behind, presented = page.evaluate("[meter.behind, meter.presented]")
    return {
        "drag_p50_ms": p(behind, 0.5),
        "drag_p95_ms": p(behind, 0.95),
        "drag_presented_p95_ms": p(presented, 0.95),
        "drag_moves": moves,
        "requests_during_drag": requests,
    }


def slider(page: Page, url: str) -> dict[str, float]:
    """Slider to pixels on the Traverse page."""
    page.goto(f"{url}/traverse?bundle={MODEL}")
    handle = page.get_by_role("slider").first
    handle.wait_for()
    page.wait_for_timeout(1500)
    page.evaluate(METER)
    box = handle.bounding_box()
    assert box
    line = {"x": box["x"], "width": box["width"], "y": box["y"] + box["height"] / 2, "height": 0.0}
    wander(page, line, 60)
    page.evaluate("meter.behind.length = 0")
    wander(page, line, 300)
    behind = page.evaluate("meter.behind")
    return {"slider_p50_ms": p(behind, 0.5), "slider_p95_ms": p(behind, 0.95)}


def manifold(page: Page, url: str) -> dict[str, float]:
    """Milliseconds for 20 × 20 decoded images, anew at each zoom."""
    page.goto(f"{url}/?bundle={MODEL}")
    box = stage(page)
    page.get_by_role("button", name="meter").click()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    found = []
    for turn in range(6):
        page.mouse.wheel(0, 60 if turn % 2 else -60)
        page.wait_for_timeout(1500)
        said = re.search(r"manifold (\d+) ms", page.locator(".corner").inner_text())
        assert said
        found.append(float(said[1]))
    return {"manifold_ms": p(found[1:], 0.5)}


def fragment(browser: Browser, home: str) -> dict[str, float]:
    """A click in a bare Streamlit fragment until its text has changed."""
    script = Path(home) / "fragment.py"
    script.write_text(FRAGMENT, encoding="utf-8")
    port = live.free_port()
    options = {"server.port": port, "server.headless": "true", "browser.gatherUsageStats": "false"}
    flags = [text for key, value in options.items() for text in (f"--{key}", str(value))]
    with live.serve([sys.executable, "-m", "streamlit", "run", str(script), *flags], port) as url:
        page = browser.new_page()
        page.goto(url)
        page.get_by_text("count 0").wait_for()
        page.evaluate(AGAIN, 5)
        times = page.evaluate(AGAIN, 40)
        page.close()
    return {"fragment_p50_ms": p(times, 0.5), "fragment_p95_ms": p(times, 0.95)}


def big_map(page: Page, url: str, bundle: Bundle) -> dict[str, float]:
    """How soon a map stands after its page, and how it pans."""
    page.goto(f"{url}/?bundle={bundle.id}", wait_until="commit")
    page.wait_for_selector(".loupe", timeout=60_000)
    start = page.evaluate("performance.now()")
    page.wait_for_selector(".stage [data-points]", timeout=120_000)
    first = page.evaluate("performance.now()") - start
    box = stage(page)
    opened = page.evaluate("performance.now()") - start
    page.get_by_text("Pan", exact=True).click()
    page.wait_for_timeout(2000)
    return {
        "points": len(bundle.codes),
        "first_points_ms": round(first),
        "open_ms": round(opened),
        "frame_p95_ms": pan(page, box),
    }


def generated(count: int) -> Bundle:
    """A bundle of the user's with as many codes, spread around those of :data:`MODEL`."""
    bundle, rng = open_bundle(MODEL), np.random.default_rng(0)
    rows = rng.integers(len(bundle.codes), size=count)
    given = bundle.codes
    assert given.label is not None
    mu = given.mu[rows] + 0.1 * rng.standard_normal((count, 2), np.float32)
    plane = projections.pca(mu)
    codes = Codes(
        mu=mu,
        index=np.arange(count),
        error=given.error[rows],
        label=given.label[rows],
        logvar=None if given.logvar is None else given.logvar[rows],
        kl=None if given.kl is None else given.kl[rows],
        pca=plane.points,
        pca_mean=plane.mean,
        pca_components=plane.components,
    )
    files = {file: bundle.read(file) for file in bundle.card.files} | {"codes.npz": codes.to_bytes()}
    digests = {name: sha256(data) for name, data in sorted(files.items())}
    card = dataclasses.replace(bundle.card, name=f"generated-{count}", files=digests)
    folder = user_folder(card.data.name, card.name)
    write_folder(folder, files | {"card.json": card.to_bytes()})
    return open_bundle(f"{card.data.name}/{card.name}")


def encoded(home: str) -> Bundle:
    """All of MNIST, as a user would encode it."""
    subprocess.run(
        [sys.executable, "-m", "aecore", "encode", MODEL, "--split", "all", "--json"],
        check=True, stdout=subprocess.DEVNULL, env=os.environ | {"AECORE_HOME": home},
    )  # fmt: skip
    return open_bundle(f"{MODEL}-all")


def measure(sizes: list[int]) -> dict[str, Any]:
    """Everything, in one run; what is being measured is said on standard error."""
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        os.environ["AECORE_HOME"] = home
        print("encoding MNIST …", file=sys.stderr, flush=True)
        bundles = [encoded(home), *map(generated, sizes)]
        browser = live.launch(playwright)
        port = live.free_port()
        with live.serve(live.app_command(port), port, env={"AECORE_HOME": home}) as url:
            page = browser.new_page(viewport=live.VIEWPORT)
            print("drag, slider, manifold …", file=sys.stderr, flush=True)
            found = drag(page, url) | slider(page, url) | manifold(page, url)
            print("maps …", file=sys.stderr, flush=True)
            maps = [big_map(page, url, bundle) for bundle in bundles]
            page.close()
        print("fragment …", file=sys.stderr, flush=True)
        found |= fragment(browser, home)
        print("bare scatterplot …", file=sys.stderr, flush=True)
        with bare_scatterplot(home) as url:
            for each in maps:
                page = browser.new_page(viewport=live.VIEWPORT)
                each["bare_frame_p95_ms"] = bare_pan(page, url, int(each["points"]))
                page.close()
        browser.close()
    ratio = round(found["fragment_p50_ms"] / found["drag_p50_ms"], 1)
    return found | {"fragment_to_drag": ratio, "map": maps}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.canvas", description=__doc__)
    parser.add_argument(
        "--points", type=int, nargs="*", default=[10_000, 1_000_000], help="sizes of generated maps"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    result = measure(options.points)
    if options.json:
        report.as_json(result)
    else:
        maps = result.pop("map")
        report.as_table("The canvas, milliseconds", [result])
        report.as_table("Maps, milliseconds", maps)


if __name__ == "__main__":
    main()
