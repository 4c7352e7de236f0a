"""What a test sees of the canvas: where things must lie by Python's own numbers, what pictures show."""

from __future__ import annotations

import base64
import io
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import FloatRect, Locator, Page, expect

from aecore import scenes
from aecore.bundles import Bundle

Floats = NDArray[np.floating]
Pixels = NDArray[np.uint8]

WAITING = re.compile(r"\bwaiting\b")
READ = """canvas => {
  const { data, width, height } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let text = "";
  for (const byte of data) text += String.fromCharCode(byte);
  return [height, width, btoa(text)];
}"""


def mu(bundle: Bundle) -> NDArray[np.float32]:
    """The codes as the canvas gets them, in half precision; shape (N, D)."""
    return bundle.codes.mu.astype(np.float16).astype(np.float32)


def points(bundle: Bundle, view: str) -> NDArray[np.float32]:
    """Where the codes lie on a flat view, shape (N, 2); ``z`` is the first two dimensions."""
    return mu(bundle)[:, :2] if view == "z" else bundle.codes.maps[view]


def behind(bundle: Bundle, view: str, place: Floats) -> NDArray[np.float32]:
    """The code behind a place, shape (D,): by raw z, by PCA's inverse, or the mean of the eight nearest
    codes, each weighted by the inverse of its squared distance."""
    codes = bundle.codes
    if view == "z":
        code = mu(bundle).mean(axis=0)
        code[:2] = place
        return code
    if view == "pca":
        assert codes.pca_mean is not None
        assert codes.pca_components is not None
        return np.asarray(codes.pca_mean + place @ codes.pca_components, np.float32)
    squared = ((points(bundle, view).astype(float) - place) ** 2).sum(axis=1)
    rows = np.argsort(squared)[:8]
    return np.average(mu(bundle)[rows], axis=0, weights=1 / squared[rows]).astype(np.float32)


def originals(bundle: Bundle) -> NDArray[Any]:
    """The examples behind the codes, shape (N, C, H, W), in [0, 1]."""
    x = scenes.originals(bundle).x
    assert x is not None, f"the data behind {bundle.id} are not here"
    return x


@dataclass(frozen=True)
class Map:
    """A flat map on the screen that nobody has moved yet.

    94 % of the stage's shorter side are the square that holds all points but 0.8 % on each side.
    """

    page: Page
    stage: Locator
    places: Floats
    left: float  # of the stage's middle, in pixels of the page
    top: float
    scale: float  # pixels a unit
    centre: Floats

    @classmethod
    def of(cls, page: Page, bundle: Bundle, view: str, stage: Locator | None = None) -> Map:
        """The map of a bundle's codes, in the page's first stage if none is given."""
        stage = stage or page.locator(".stage").first
        stage.scroll_into_view_if_needed()
        drawn(page)
        box: FloatRect = stage.evaluate(
            "s => { const b = s.getBoundingClientRect();"
            " const { clientLeft, clientTop, clientWidth: width, clientHeight: height } = s;"
            " return { x: b.x + clientLeft, y: b.y + clientTop, width, height } }"
        )
        places = points(bundle, view).astype(float)
        low, high = np.quantile(places, [0.008, 0.992], axis=0)
        side = float((high - low).max())
        return cls(
            page,
            stage,
            places,
            box["x"] + box["width"] / 2,
            box["y"] + box["height"] / 2,
            0.94 * min(box["width"], box["height"]) / side,
            (low + high) / 2,
        )

    def pixel(self, place: Floats) -> tuple[float, float]:
        """Where a place is on the page."""
        x, y = (place - self.centre) * self.scale
        return self.left + float(x), self.top - float(y)

    def place(self, x: float, y: float) -> Floats:
        """What place is at a pixel of the page."""
        return self.centre + np.array([x - self.left, self.top - y]) / self.scale

    def row(self, row: int) -> tuple[float, float]:
        """Where a row's point is on the page."""
        return self.pixel(self.places[row])

    def lonely(self, apart: float = 34, inside: float = 60, count: int = 1) -> list[int]:
        """Rows whose points have no other within ``apart`` pixels, the nearest to the middle first."""
        found = []
        box = self.stage.bounding_box()
        assert box
        for row in np.argsort(((self.places - self.centre) ** 2).sum(axis=1)):
            x, y = self.row(int(row))
            away = np.hypot(*(self.places - self.places[row]).T) * self.scale
            if np.partition(away, 1)[1] < apart:
                continue
            if np.hypot(x - self.left, y - self.top) < 50:  # the cursor stands there
                continue
            if not box["x"] + inside < x < box["x"] + box["width"] - inside:
                continue
            if not box["y"] + inside < y < box["y"] + box["height"] - inside:
                continue
            found.append(int(row))
            if len(found) == count:
                return found
        raise AssertionError(f"fewer than {count} points stand alone on this map")

    def drag(self, *places: Floats, steps: int = 6, drop: bool = True) -> None:
        """Presses at the first of some places and moves on to the others."""
        self.page.mouse.move(*self.pixel(places[0]))
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*self.pixel(place), steps=steps)
        if drop:
            self.page.mouse.up()


def drawn(page: Page) -> None:
    """Waits until the canvas has its scene and every map all its points."""
    page.locator(".loupe").first.wait_for()
    expect(page.locator(".loupe .skeleton")).to_have_count(0)
    expect(page.locator('.stage:not(:has([data-points="all"]))')).to_have_count(0)


def read(canvas: Locator) -> Pixels:
    """The pixels of a canvas once something has been painted on it, shape (H, W, 4)."""
    expect(canvas).not_to_have_class(WAITING)
    height, width, text = canvas.evaluate(READ)
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 4)


def grey_of(canvas: Locator) -> NDArray[np.int64]:
    """The grey of a picture that is transparent in places, shape (H, W)."""
    return read(canvas)[..., 0].astype(int)


def grey(canvas: Locator) -> NDArray[np.int64]:
    """The same of a grey picture, shape (H, W)."""
    image = read(canvas).astype(int)
    assert (image[..., 0] == image[..., 1]).all()
    assert (image[..., 3] == 255).all()
    return image[..., 0]


def photo(seen: Locator) -> Pixels:
    """What a part of the page looks like, all its layers together; shape (H, W, 3)."""
    image = seen.page.screenshot(animations="disabled", clip=seen.bounding_box())  # without scrolling to it
    return np.asarray(Image.open(io.BytesIO(image)).convert("RGB"))


def image(file: Path) -> NDArray[np.int64]:
    """What a saved image holds, shape (H, W, 3)."""
    with Image.open(file) as opened:
        return np.asarray(opened.convert("RGB"), int)


def as_pixels(x: Floats) -> NDArray[np.int64]:
    """Examples, shape (…, C, H, W) in [0, 1], as pixels, shape (…, H, W, 3)."""
    image = np.rint(255 * np.clip(x, 0, 1)).astype(int)
    return np.moveaxis(np.repeat(image, 3, axis=-3) if x.shape[-3] == 1 else image, -3, -1)


def eventually(holds: Callable[[], bool], seconds: float = 30) -> bool:
    """Whether something comes to hold; asked again and again."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.03)
    return True


def shows(canvas: Locator, x: Floats, tolerance: int = 2) -> None:
    """Asserts that a canvas comes to show an example, shape (C, H, W), to ``tolerance`` of 255 steps."""
    expected = as_pixels(x)

    def away() -> int:
        found = read(canvas)[..., :3].astype(int)
        return int(np.abs(found - expected).max()) if found.shape == expected.shape else 255

    assert eventually(lambda: away() <= tolerance), f"{canvas} is off by {away()} of 255"


def decodes(canvas: Locator, bundle: Bundle, z: Floats, tolerance: int = 2) -> None:
    """Asserts that a canvas comes to show what ONNX Runtime in Python makes of a code, shape (D,)."""
    shows(canvas, bundle.decode(np.asarray(z, np.float32)[None])[0], tolerance)


def choose(page: Page | Locator, group: str, title: str) -> None:
    """Chooses one of a few that are all in sight."""
    page.get_by_role("radiogroup", name=group, exact=True).get_by_text(title, exact=True).click()


def picture(page: Page | Locator, name: str | re.Pattern[str]) -> Locator:
    """A picture by its name; names that only contain a text are others."""
    return page.get_by_role("img", name=name, exact=isinstance(name, str)).first


def numbers(text: str) -> list[float]:
    """The numbers in a text; a true minus is one."""
    return [float(each) for each in re.findall(r"-?\d+(?:\.\d+)?", text.replace("−", "-").replace(",", ""))]


def shot(page: Page, name: str, folder: Path) -> None:
    """A screenshot, into ``$LOUPE_SHOTS`` where that is set, for a person to look at."""
    folder = Path(os.environ.get("LOUPE_SHOTS", folder))
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name}.png", animations="disabled")
