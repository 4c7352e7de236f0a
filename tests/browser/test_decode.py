"""Decode anywhere: the picture under the cursor is what the decoder makes of the code that lies there."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, WebSocket, expect

from aecore.bundles import Bundle, open_bundle
from tests.browser import canvas
from tests.browser.canvas import Map
from tests.browser.conftest import OpenPage, Shot

UNDER = "The decoded place under the cursor"


@pytest.mark.parametrize("view", ["z", "pca"])
@pytest.mark.parametrize("name", ["mnist/vae-2d", "digits/vae"])
def test_dragging_decodes_what_lies_under_the_cursor(
    open_page: OpenPage, name: str, view: str, shot: Shot
) -> None:
    bundle = open_bundle(name)
    # The most telling dimensions of a bundle with more of them are not the first two.
    page = open_page(f"/?bundle={name}&view={view}&dims=1,2")
    atlas = Map.of(page, bundle, view)
    start, end = atlas.place(atlas.left - 180, atlas.top + 90), atlas.place(atlas.left + 140, atlas.top - 120)
    atlas.drag(start, drop=False)
    under = canvas.picture(page, UNDER)
    canvas.decodes(under, bundle, canvas.behind(bundle, view, start))
    first = canvas.read(under)
    for place in np.linspace(start, end, 4)[1:]:
        page.mouse.move(*atlas.pixel(place), steps=3)
        canvas.decodes(under, bundle, canvas.behind(bundle, view, place))
    page.mouse.up()
    assert (canvas.read(under) != first).any()
    expect(page.get_by_text("approximate")).to_have_count(0)
    shot(f"decode-{name.replace('/', '-')}-{view}")


def test_the_code_that_is_printed_is_the_one_that_is_decoded(open_page: OpenPage, two: Bundle) -> None:
    page = open_page(f"/?bundle={two.id}")
    atlas = Map.of(page, two, "z")
    atlas.drag(atlas.place(atlas.left + 90, atlas.top + 40))
    panel = page.get_by_role("region", name="Under the cursor")
    z = canvas.numbers(panel.get_by_text(re.compile(r"^z = ")).inner_text())[:2]
    np.testing.assert_allclose(z, atlas.place(atlas.left + 90, atlas.top + 40), atol=0.006)


@pytest.mark.parametrize("view", ["umap", "tsne"])
def test_a_map_without_an_inverse_says_approximate(open_page: OpenPage, two: Bundle, view: str) -> None:
    page = open_page(f"/?bundle={two.id}&view={view}")
    atlas = Map.of(page, two, view)
    place = atlas.place(atlas.left + 60.5, atlas.top - 45.5)
    atlas.drag(atlas.centre, place)
    under = page.get_by_role("region", name="Under the cursor")
    expect(under.get_by_text("approximate")).to_be_visible()
    canvas.decodes(canvas.picture(page, UNDER), two, canvas.behind(two, view, place), tolerance=4)


def test_the_picture_moves_without_the_server(open_page: OpenPage, page: Page, two: Bundle) -> None:
    asked: list[Any] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda _: asked.append("a frame of the WebSocket"))

    page.on("websocket", listen)
    open_page(f"/?bundle={two.id}")
    atlas = Map.of(page, two, "z")
    under = canvas.picture(page, UNDER)
    atlas.drag(atlas.centre, drop=False)
    canvas.decodes(under, two, canvas.behind(two, "z", atlas.centre))
    assert asked, "the watch hears nothing"
    asked.clear()
    page.on("request", lambda request: asked.append(request.url))
    seen = set()
    for angle in np.linspace(0, 9, 80):
        page.mouse.move(atlas.left + 150 * np.sin(angle), atlas.top + 110 * np.cos(1.3 * angle))
        seen.add(canvas.read(under).tobytes())
    assert not asked, asked
    assert len(seen) > 40  # 80 places, most of them shown
    page.mouse.up()


def test_the_picture_is_there_in_the_frame_of_its_event(open_page: OpenPage, two: Bundle) -> None:
    """A frame is 16.7 ms; twice that is allowed to a busy machine, a round trip to the server takes 110."""
    page = open_page(f"/?bundle={two.id}")
    atlas = Map.of(page, two, "z")
    url = page.evaluate(
        "performance.getEntriesByType('resource').map(e => e.name).find(e => e.endsWith('/canvas.js'))"
    )
    canvas.decodes(canvas.picture(page, UNDER), two, canvas.behind(two, "z", atlas.centre))
    atlas.drag(atlas.centre, atlas.place(atlas.left + 200, atlas.top + 100), steps=60)
    behind = page.evaluate("async (url) => (await import(url)).parts.meter.behind", url)
    assert len(behind) >= 20
    assert np.median(behind) < 33


def test_arrow_keys_move_the_cursor(open_page: OpenPage, two: Bundle) -> None:
    page = open_page(f"/?bundle={two.id}")
    atlas = Map.of(page, two, "z")
    atlas.drag(atlas.place(atlas.left - 90, atlas.top), atlas.centre)
    atlas.stage.focus()
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowUp"):
        page.keyboard.press(key)
    place = atlas.place(atlas.left + 8, atlas.top - 24)
    canvas.decodes(canvas.picture(page, UNDER), two, canvas.behind(two, "z", place))
