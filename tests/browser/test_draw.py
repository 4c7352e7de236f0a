"""Draw: what the encoder makes of a drawing or an image, while the pen moves."""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, WebSocket, expect

from aecore.bundles import Bundle, open_bundle
from tests.browser import canvas
from tests.browser.canvas import Map
from tests.browser.conftest import OpenPage, Shot

SEES, BACK = re.compile("as the model sees it"), "The reconstruction of the drawing"
DIGIT = [(0.35, 0.3), (0.65, 0.3), (0.45, 0.8)]  # a seven, in shares of the pad


def pad(page: Page) -> Locator:
    return page.get_by_role("application", name=re.compile("^Drawing pad"))


def stroke(page: Page, places: list[tuple[float, float]], drop: bool = True) -> None:
    """Draws over the pad."""
    sheet = pad(page)
    sheet.scroll_into_view_if_needed()
    box = sheet.bounding_box()
    assert box
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]
    page.mouse.move(*at[0])
    page.mouse.down()
    for each in at[1:]:
        page.mouse.move(*each, steps=10)
    if drop:
        page.mouse.up()


def seen(page: Page, bundle: Bundle) -> canvas.Floats:
    """What the model sees, shape (1, C, H, W), in [0, 1]."""
    image = canvas.read(canvas.picture(page, SEES))[..., :3] / 255
    channels = bundle.card.data.shape[0]
    return np.moveaxis(image[..., :channels], -1, 0)[None].astype(np.float32)


def comes_back(page: Page, bundle: Bundle) -> canvas.Floats:
    """The code of what the model sees; asserts that what comes back is what Python makes of it."""
    found: canvas.Floats = np.zeros(0)

    def right() -> bool:
        nonlocal found
        posterior = bundle.encode(seen(page, bundle))
        found = posterior.get("mu", posterior.get("z", found))
        expected = canvas.as_pixels(bundle.decode(found))[0]
        shown = canvas.read(canvas.picture(page, BACK))[..., :3].astype(int)
        return bool(np.abs(shown - expected).max() <= 4)  # what it sees is shown in 255 steps

    assert canvas.eventually(right)
    return found[0]


@pytest.mark.parametrize("name", ["digits/vae-2d", "mnist/vae", "digits/autoencoder"])
def test_the_reconstruction_follows_the_pen(open_page: OpenPage, page: Page, name: str, shot: Shot) -> None:
    bundle = open_bundle(name)
    asked: list[Any] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda _: asked.append("a frame of the WebSocket"))

    page.on("websocket", listen)
    open_page(f"/draw?bundle={name}")
    stroke(page, DIGIT[:2], drop=False)
    first = comes_back(page, bundle)
    asked.clear()
    page.on("request", lambda request: asked.append(request.url))
    box = pad(page).bounding_box()
    assert box
    x, y = DIGIT[2]
    page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=12)
    second = comes_back(page, bundle)  # before the pen is lifted
    assert np.abs(second - first).max() > 0.05
    assert not asked, asked
    page.mouse.up()
    near = page.get_by_role("group", name="Nearest real examples").get_by_role("button")
    expect(near).to_have_count(5)
    rows = np.argsort(np.linalg.norm(canvas.mu(bundle) - second, axis=1))[:5]
    titles = [str(each.get_attribute("title")) for each in near.all()]
    assert [int(title.split("#")[1]) for title in titles] == bundle.codes.index[rows].tolist()
    shot(f"draw-{name.replace('/', '-')}")


def test_the_point_walks_over_the_map(open_page: OpenPage, two: Bundle) -> None:
    page = open_page(f"/draw?bundle={two.id}")
    mark = page.get_by_role("img", name="drawing", exact=True)
    for places in (DIGIT, [(0.3, 0.6), (0.7, 0.6)]):
        stroke(page, places)
        z = comes_back(page, two)
        atlas = Map.of(page, two, "z")
        at = mark.locator("i").evaluate(
            "e => { const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2] }"
        )
        np.testing.assert_allclose(at, atlas.pixel(z), atol=3)


def test_an_example_dropped_on_the_pad_is_seen_as_it_is(open_page: OpenPage, two: Bundle) -> None:
    page = open_page(f"/draw?bundle={two.id}")
    stroke(page, DIGIT)
    comes_back(page, two)  # the last of the stroke, so that the nearest are no longer those of its middle
    near = page.get_by_role("group", name="Nearest real examples").get_by_role("button").first
    expect(near).to_be_visible()
    index = int(str(near.get_attribute("title")).split("#")[1])
    row = int(np.flatnonzero(two.codes.index == index)[0])
    near.click()
    expected = canvas.originals(two)[[row]]
    canvas.shows(canvas.picture(page, SEES), expected[0], tolerance=0)
    z = comes_back(page, two)
    np.testing.assert_allclose(z, canvas.mu(two)[row], atol=0.02)


def test_an_image_is_put_on_the_pad(open_page: OpenPage) -> None:
    """A digit in ink on paper: dark on bright is turned round, and placed as MNIST was made."""
    bundle = open_bundle("mnist/vae")
    page = open_page(f"/draw?bundle={bundle.id}")
    paper = np.full((300, 300), 250, np.uint8)
    paper[60:240, 140:160] = 20  # a one
    file = io.BytesIO()
    Image.fromarray(paper).save(file, "PNG")
    page.get_by_label("Choose an image").set_input_files(
        {"name": "one.png", "mimeType": "image/png", "buffer": file.getvalue()}
    )
    x = seen(page, bundle)[0, 0]
    rows, columns = np.nonzero(x > 0.5)
    assert rows.max() - rows.min() + 1 == 20  # its longer side fills a box of 20 of 28 pixels
    assert set(np.unique(x)) <= {0, 1}
    np.testing.assert_allclose([rows.mean(), columns.mean()], 13.5, atol=1)
    comes_back(page, bundle)
    page.get_by_label("Choose an image").set_input_files(
        {"name": "notes.png", "mimeType": "image/png", "buffer": b"no image"}
    )
    expect(page.get_by_role("alert")).to_contain_text("not an image")


def test_undo_and_clear(open_page: OpenPage, two: Bundle) -> None:
    page = open_page(f"/draw?bundle={two.id}")
    stroke(page, DIGIT)
    comes_back(page, two)
    first = seen(page, two)
    stroke(page, [(0.2, 0.85), (0.8, 0.85)])
    assert canvas.eventually(lambda: np.abs(seen(page, two) - first).max() > 0.3)
    page.get_by_role("button", name="Undo").click()
    assert canvas.eventually(lambda: np.array_equal(seen(page, two), first))
    page.get_by_role("button", name="Clear").click()
    expect(canvas.picture(page, BACK)).to_have_class(canvas.WAITING)
    expect(page.get_by_text("None yet: the pad is empty.")).to_be_visible()


def test_the_keyboard_draws_too(open_page: OpenPage, two: Bundle) -> None:
    page = open_page(f"/draw?bundle={two.id}")
    pad(page).focus()
    page.keyboard.press("Space")
    for _ in range(8):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    comes_back(page, two)
    assert seen(page, two).max() > 0.5
    page.keyboard.press("Control+z")
    expect(canvas.picture(page, BACK)).to_have_class(canvas.WAITING)
