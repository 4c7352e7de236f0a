"""Series in Chromium: curves that end where the series does."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page

from aecore import scenes
from aecore.bundles import Bundle
from tests.browser import canvas, kinds, models, pages
from tests.browser.canvas import Map
from tests.browser.kinds import ink, said


@pytest.fixture(scope="module")
def waves(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    home = tmp_path_factory.mktemp("waves")
    return kinds.trained(home, "waves", "small", net="mlp", hidden=[64], epochs=12, lr=5e-3)


@pytest.fixture(scope="module")
def site(waves: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with models.served([waves], tmp_path_factory.mktemp("www")) as url:
        yield url


@pytest.fixture
def visit(context: BrowserContext, site: str) -> Iterator[Page]:
    with kinds.visiting(context, site) as page:
        yield page


def steps(x: canvas.Floats) -> int:
    """Steps until presence falls below ½; x of shape (T, C + 1)."""
    ended = np.flatnonzero(x[:, -1] < 0.5)
    return int(ended[0]) if len(ended) else len(x)


def test_a_curve_ends_where_presence_falls(visit: Page, site: str, waves: Bundle) -> None:
    visit.goto(f"{site}?page=reconstruct&bundle={waves.id}")
    canvas.drawn(visit)
    canvas.choose(visit, "Order", "in order")
    x = scenes.originals(waves).x
    assert x is not None
    rows = np.argsort(waves.codes.index)[:6]
    lengths = {}
    for row in rows:
        label = re.compile(rf"^Original, (.*, )?#{waves.codes.index[row]}$")
        picture = visit.get_by_role("img", name=label).first
        said(picture, f"{steps(x[row])} of 32 steps")
        painted = ink(picture)
        middle = int(painted.sum(axis=1).argmax())  # the line of zero goes on to the edge
        painted[max(0, middle - 2) : middle + 3] = False
        columns = np.flatnonzero(painted.any(axis=0))
        lengths[steps(x[row])] = columns.max() / painted.shape[1]
    assert len(lengths) > 1
    for length, end in lengths.items():
        assert abs(end - (length - 1) / 31) < 0.07, (length, end)
    got = waves.decode(canvas.mu(waves)[rows])
    for row, y in zip(rows, got, strict=True):
        label = re.compile(rf"^Reconstruction, (.*, )?#{waves.codes.index[row]}$")
        said(visit.get_by_role("img", name=label).first, f"{steps(y)} of 32 steps")
    pages.is_accessible(visit, ".loupe")


def test_dragging_moves_the_curve(visit: Page, site: str, waves: Bundle) -> None:
    visit.goto(f"{site}?bundle={waves.id}&view=z")
    atlas = Map.of(visit, waves, "z")
    decoded = canvas.picture(visit, "The decoded place under the cursor")
    shown = []
    for dx, dy in ((120, -90), (-140, 60)):
        place = atlas.place(atlas.left + dx, atlas.top + dy)
        atlas.drag(atlas.centre, place)
        said(decoded, f"{steps(waves.decode(np.asarray(place, np.float32)[None])[0])} of 32 steps")
        visit.wait_for_timeout(100)
        shown.append(ink(decoded))
    assert (shown[0] != shown[1]).mean() > 0.01


def test_a_theme_that_changes_paints_the_curve_anew(visit: Page, site: str, waves: Bundle) -> None:
    visit.emulate_media(color_scheme="light")
    visit.goto(f"{site}?page=traverse&bundle={waves.id}")
    decoded = canvas.picture(visit, "The decoded code")
    canvas.read(decoded)

    def colour() -> tuple[int, ...]:
        pixels = canvas.read(decoded)
        strong = pixels[pixels[..., 3] > 250][:, :3]
        return tuple(np.median(strong, axis=0).astype(int))

    assert canvas.eventually(lambda: bool(ink(decoded).any()))
    light = colour()
    visit.emulate_media(color_scheme="dark")
    assert canvas.eventually(lambda: colour() != light)


def test_a_strip_and_a_film_are_saved(visit: Page, site: str, waves: Bundle) -> None:
    visit.goto(f"{site}?page=interpolate&bundle={waves.id}")
    for button, form in (("PNG strip", "png"), ("GIF", "gif")):
        with visit.expect_download() as download:
            visit.get_by_role("button", name=button, exact=True).click()
        assert download.value.suggested_filename.endswith(form)
        image = canvas.image(download.value.path())
        assert image.shape[1] > 300
        assert (image == 255).all(axis=-1).mean() > 0.5  # dark curves on white
        assert (image < 150).any(axis=-1).mean() > 0.002
