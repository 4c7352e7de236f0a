"""Turning β by hand in the β lab, and what is seen of it: for browser tests and ``benchmarks.beta``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from playwright.sync_api import Locator, Page

METER = """async () => {
  const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
  const url = loaded.find((each) => new URL(each).pathname.endsWith("/canvas.js"));
  return (window.meter = (await import(url)).parts.meter) && 0;
}"""
"""``window.meter`` is the canvas's own: how long each picture was behind the event that asked for it."""

WATCH = """(lab) => {
  meter.behind.length = meter.presented.length = 0;
  window.seen = [];
  const painted = new Set();
  const put = (window.put ??= CanvasRenderingContext2D.prototype.putImageData);
  CanvasRenderingContext2D.prototype.putImageData = function (...given) {
    painted.add(this.canvas.ariaLabel ?? "");
    return put.apply(this, given);
  };
  const beta = (query) => lab.querySelector(query).ariaLabel.match(/β = (\\S+?)(?:,|$)/)[1];
  const any = (kind) => [...painted].some((label) => label.includes(kind));
  const look = () => {
    seen.push([beta(".lab-map canvas"), beta(".lab-plot"), any("reconstructions"), any("samples")]);
    painted.clear();
    window.watching = requestAnimationFrame(look);
  };
  look();
}"""
"""In each animation frame: the β of map and plot, and which pictures were painted since the last."""


@dataclass(frozen=True)
class Look:
    """An animation frame.

    Attributes:
        map, plot: The β that the map and the rate–distortion plot say they are of.
        reconstructions, samples: Whether those were painted since the frame before.
    """

    map: str
    plot: str
    reconstructions: bool
    samples: bool


@dataclass(frozen=True)
class Turned:
    """What came of a drag.

    Attributes:
        painted: Milliseconds from an input event to the last panel's pixels, one for each change.
        presented: Milliseconds to the next animation frame after them.
        looks: Every animation frame of the drag.
        asked: URLs that were requested meanwhile.
    """

    painted: list[float]
    presented: list[float]
    looks: list[Look]
    asked: list[str]

    @property
    def betas(self) -> int:
        """How many β the map was seen at."""
        return len({look.map for look in self.looks})

    @property
    def torn(self) -> int:
        """Frames that showed panels of different β, or a new map without new pictures."""
        changed = [a.map != b.map for a, b in zip(self.looks, self.looks[1:], strict=False)]
        apart = sum(look.map != look.plot for look in self.looks)
        pairs = zip(changed, self.looks[1:], strict=True)
        return apart + sum(new and not (look.reconstructions and look.samples) for new, look in pairs)


def slider(page: Page) -> Locator:
    """That of β."""
    return page.get_by_role("slider", name="β", exact=True)


def turn(page: Page, moves: int = 120, turns: float = 1.5) -> Turned:
    """Drags the slider to and fro; the button is still down afterwards.

    Args:
        page: Of the β lab, with everything loaded.
        moves: How many; 8 ms lie between two of them at least.
        turns: How often it goes there and back.
    """
    box = slider(page).bounding_box()
    assert box
    left, across, y = box["x"] + 9, box["width"] - 18, box["y"] + box["height"] / 2
    page.evaluate(METER)
    page.mouse.move(left + across / 2, y)
    page.mouse.down()
    asked: list[str] = []

    def ask(request: object) -> None:
        asked.append(getattr(request, "url", ""))

    page.locator(".lab").evaluate(WATCH)
    page.on("request", ask)
    for angle in np.linspace(0, 2 * np.pi * turns, moves):
        page.mouse.move(left + across * (0.5 + 0.45 * np.sin(angle)), y)
        page.wait_for_timeout(8)
    painted, presented, seen = page.evaluate(
        "(cancelAnimationFrame(watching), CanvasRenderingContext2D.prototype.putImageData = put,"
        " [meter.behind, meter.presented, seen])"
    )
    page.remove_listener("request", ask)
    return Turned(painted, presented, [Look(*look) for look in seen], asked)
