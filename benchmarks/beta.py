"""The β lab: from the slider to the pixels, a live training at its viewer, and one model beside many.

Real Chromium, 1440 × 900, software rendering, on a live server; motion between live frames is off.

- Slider: β is dragged to and fro on a sweep and on a multi-rate model. *Painted* is the time from the input
  event's ``timeStamp`` until map, reconstructions, samples and plots are changed, *on screen* adds the way to
  the next animation frame; 33 ms are asked for. Torn frames show panels of different β; requests and
  messages are those to the server between button down and button up.
- Live: ``play`` is pressed on a data set in two dimensions and the page is watched. Clusters have formed when
  the 5-NN accuracy of the codes on the map, each left out in turn, is .8 of what it is at the end; seconds
  count from the click, eight after the page came: a worker gets ready while it is read. Beside it the same
  training in a loop of its own: no server, no recording, no browser; its seconds are of training alone.
- Table: ``benchmarks.rates`` on MNIST, whose results it keeps and goes on from; without them it takes hours.

Sweeps and multi-rate models that are not on this machine are named, and left out.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

from aecore.bundles import open_bundle
from aecore.data import load_dataset
from aecore.errors import UserError
from aecore.sweeps import open_sweep
from benchmarks import live as training
from benchmarks import rates, report
from benchmarks.browser import p
from tests.browser import live
from tests.browser.turning import Turned, turn

PARTS = ("slider", "live", "table")
SWEEPS = ("digits/vae-2d", "mnist/vae-2d")
MULTI_RATE = ("digits/multi-rate-vae-2d", "mnist/multi-rate-vae-2d")
WAYS = {"sweep": "sweep", "multi-rate": "one"}


def missing(way: str, family: str) -> str:
    """Why a sweep or a multi-rate model cannot be turned, as a sentence; empty if it can."""
    try:
        if way == "sweep":
            open_sweep(family)
        else:
            condition = open_bundle(family).card.latent.condition
            if not condition or condition.kind != "log-beta":
                return f"{family} is told no β; a model of the variant multi-rate-vae is."
    except UserError as error:
        return str(error)
    return ""


def slider(page: Page, url: str, way: str, family: str, moves: int) -> dict[str, Any]:
    """One drag, after one that only warms up."""
    sent: list[None] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda _: sent.append(None)))
    page.goto(f"{url}/beta?data={family.partition('/')[0]}&way={WAYS[way]}&family={family}")
    expect(page.locator(".beta-head .state")).not_to_have_text("loading", timeout=120_000)
    page.wait_for_timeout(3000)  # what is encoded at rest has been
    turn(page, 60)
    page.mouse.up()
    page.wait_for_timeout(3000)
    before = len(sent)
    turned = turn(page, moves)
    messages = len(sent) - before
    page.mouse.up()
    return {"way": way, "family": family, **figures(turned), "messages": messages}


def figures(turned: Turned) -> dict[str, float]:
    """What a drag comes to, times in milliseconds."""
    return {
        "painted_p50_ms": p(turned.painted, 0.5),
        "painted_p95_ms": p(turned.painted, 0.95),
        "screen_p50_ms": p(turned.presented, 0.5),
        "screen_p95_ms": p(turned.presented, 0.95),
        "changes": len(turned.painted),
        "torn_frames": turned.torn,
        "requests": len(turned.asked),
    }


def sliders(browser: Browser, families: list[tuple[str, str]], moves: int) -> list[dict[str, Any]]:
    """Every family that there is, on a Loupe of the user's own folder."""
    port, found = live.free_port(), []
    with live.serve(live.app_command(port), port) as url:
        for way, family in families:
            print(f"slider, {way} {family} …", file=sys.stderr, flush=True)
            page = browser.new_page(viewport=live.VIEWPORT)
            found.append(slider(page, url, way, family, moves))
            page.close()
    return found


def trainings(browser: Browser, names: list[str], seconds: float) -> list[dict[str, Any]]:
    """Each data set, on a Loupe with a folder of its own."""
    port, found, before = live.free_port(), [], os.environ.get("AECORE_HOME")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        os.environ["AECORE_HOME"] = home
        try:
            with live.serve(live.app_command(port), port) as url:
                for name in names:
                    print(f"live, {name} …", file=sys.stderr, flush=True)
                    page = browser.new_page(viewport=live.VIEWPORT, reduced_motion="reduce")
                    found.append(training.compared(page, url, Path(home), name, seconds))
                    page.close()
        finally:
            os.environ.pop("AECORE_HOME")
            if before is not None:
                os.environ["AECORE_HOME"] = before
    return found


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """All parts that are asked for."""
    asked = [("sweep", each) for each in options.sweeps] + [
        ("multi-rate", each) for each in options.multi_rate
    ]
    said = {f"{way} {family}": missing(way, family) for way, family in asked}
    there = [(way, family) for way, family in asked if not said[f"{way} {family}"]]
    result: dict[str, Any] = {}
    with sync_playwright() as playwright:
        browser = live.launch(playwright)
        if "slider" in options.parts:
            found = sliders(browser, there, options.moves) if there else []
            result |= {
                "slider_p95_ms": max((each["screen_p95_ms"] for each in found), default=None),
                "requests_during_drag": sum(each["requests"] + each["messages"] for each in found)
                if found
                else None,
                "sliders": found,
                "missing": [sentence for sentence in said.values() if sentence],
            }
        if "live" in options.parts:
            runs = trainings(browser, options.data, options.seconds)
            result |= {"live_frames_per_s": min(each["frames_per_s"] for each in runs), "live": runs}
        browser.close()
    if "table" in options.parts:
        results = rates.Results(options.results, load_dataset("mnist", **rates.DATA["mnist"]))
        result |= rates.compared(results, rates.BETAS, options.steps, rates.TIMES, options.seeds)
    return result


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.beta", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="all by default")
    parser.add_argument("--sweeps", nargs="*", default=list(SWEEPS), metavar="ID", help=" ".join(SWEEPS))
    parser.add_argument(
        "--multi-rate", nargs="*", default=list(MULTI_RATE), metavar="ID", help=" ".join(MULTI_RATE)
    )
    parser.add_argument("--moves", type=int, default=400, help="of the slider (default: 400)")
    parser.add_argument("--data", nargs="+", default=["digits", "mnist"], help="trained live: digits mnist")
    parser.add_argument("--seconds", type=float, default=60, help="of a live training (default: 60)")
    parser.add_argument("--steps", type=int, default=4300, help="of a dedicated training (default: 4300)")
    parser.add_argument("--seeds", type=int, default=3, help="behind each mean of the table (default: 3)")
    parser.add_argument(
        "--results", type=Path, default=rates.KEPT, help=f"where the table's are kept ({rates.KEPT})"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    result = measure(options)
    if options.json:
        asked = {name: value for name, value in vars(options).items() if name not in ("json", "results")}
        report.as_json({**result, "settings": asked})
        return
    for sentence in result.get("missing", []):
        print(sentence)
    if result.get("sliders"):
        report.as_table("β slider, milliseconds", result["sliders"])
    if "live" in result:
        report.as_table(f"Live training, {options.seconds:g} s, beside a plain loop", result["live"])
    if "table" in result:
        rates.show(f"MNIST, means over {options.seeds} seeds", result)


if __name__ == "__main__":
    main()
