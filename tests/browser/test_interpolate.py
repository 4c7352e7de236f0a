"""Interpolate: two ways through the latent space, the cross-fade, what is saved; latent arithmetic."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence
from playwright.sync_api import Page, expect

from aecore.bundles import Bundle, open_bundle
from aecore.latent import interpolate
from tests.browser import canvas
from tests.browser.canvas import Map
from tests.browser.conftest import OpenPage, Shot

A, B = 3, 40
WAYS = {"linear": interpolate.linear, "spherical": interpolate.spherical}


def path(bundle: Bundle, way: str, steps: int) -> canvas.Floats:
    """Codes from example A to example B, shape (steps, D)."""
    a, b = canvas.mu(bundle).astype(float)[[A, B]]
    return np.asarray(WAYS[way](a, b, steps), np.float32)


def slide(page: Page, name: str, value: float) -> None:
    """Moves a slider as its arrow keys would, to a value."""
    page.get_by_role("slider", name=name).fill(str(value))


@pytest.mark.parametrize("name", ["digits/vae-2d", "digits/vae"])
def test_both_ways_and_the_cross_fade_follow_t(open_page: OpenPage, name: str, shot: Shot) -> None:
    bundle = open_bundle(name)
    page = open_page(f"/interpolate?bundle={name}&a={A}&b={B}")
    images = canvas.originals(bundle)[[A, B]].astype(float)
    for t in (0.0, 0.25, 0.75, 1.0):
        slide(page, "t, from A to B", t)
        for way, label in (("linear", "straight line"), ("spherical", "spherical path")):
            shown = canvas.picture(page, f"The {label} at t = {t:.2f}")
            canvas.decodes(shown, bundle, path(bundle, way, 5)[round(4 * t)])
        fade = (1 - t) * images[0] + t * images[1]
        canvas.shows(canvas.picture(page, f"The cross-fade at t = {t:.2f}"), fade)
    shot(f"interpolate-{name.replace('/', '-')}")


def test_the_first_ends_are_two_examples_of_two_classes(open_page: OpenPage) -> None:
    bundle = open_bundle("waves/vae")  # its classes have all but one mean
    page = open_page(f"/interpolate?bundle={bundle.id}")
    assert bundle.codes.label is not None
    labels = {str(index): label for index, label in zip(bundle.codes.index, bundle.codes.label, strict=True)}
    captions = [page.locator(".fade figcaption", has_text=f"{end} ·").inner_text() for end in "AB"]
    first, second = (labels[caption.rpartition("#")[2].strip()] for caption in captions)
    assert first != second


def test_the_strips_show_each_step(open_page: OpenPage, two: Bundle) -> None:
    page = open_page(f"/interpolate?bundle={two.id}&a={A}&b={B}")
    for way in WAYS:
        image = canvas.read(canvas.picture(page, f"{way} in 11 steps from A to B"))[..., :3].astype(int)
        side, gap = 8, 1
        cells = [image[:, i * (side + gap) : i * (side + gap) + side] for i in range(11)]
        expected = canvas.as_pixels(two.decode(path(two, way, 11)))
        assert np.abs(np.array(cells) - expected).max() <= 2


def test_an_end_is_dragged_over_the_map(open_page: OpenPage, two: Bundle) -> None:
    page = open_page(f"/interpolate?bundle={two.id}&a={A}&b={B}")
    atlas = Map.of(page, two, "z")
    slide(page, "t, from A to B", 0)
    shown = canvas.picture(page, "The straight line at t = 0.00")
    (to,) = atlas.lonely()
    atlas.drag(atlas.places[A], atlas.places[to] + 3 / atlas.scale, drop=False)
    canvas.decodes(shown, two, atlas.places[to] + 3 / atlas.scale)
    page.mouse.up()  # within 14 pixels of an example it becomes that one
    expect(page).to_have_url(re.compile(rf"[?&]a={to}(&|$)"))
    canvas.decodes(shown, two, canvas.mu(two)[to])


def test_a_click_on_a_point_sets_the_next_end(open_page: OpenPage, two: Bundle) -> None:
    page = open_page(f"/interpolate?bundle={two.id}&a={A}&b={B}")
    atlas = Map.of(page, two, "z")
    first, second = atlas.lonely(count=2)
    page.mouse.click(*atlas.row(first))
    expect(page).to_have_url(re.compile(rf"[?&]a={first}(&|$)"))
    page.mouse.click(*atlas.row(second))
    expect(page).to_have_url(re.compile(rf"[?&]b={second}(&|$)"))


def test_playing_moves_t_there_and_back(open_page: OpenPage, two: Bundle) -> None:
    page = open_page(f"/interpolate?bundle={two.id}&a={A}&b={B}")
    slide(page, "Seconds from A to B", 0.5)
    page.get_by_role("button", name="Play").click()
    slider = page.get_by_role("slider", name="t, from A to B")
    values = []
    for _ in range(40):
        values.append(float(slider.input_value()))
        page.wait_for_timeout(30)
    page.get_by_role("button", name="Pause").click()
    moves = np.sign(np.diff(values))
    assert {-1.0, 1.0} <= set(moves.tolist())
    assert max(values) > 0.85
    assert min(values) < 0.15
    still = slider.input_value()
    page.wait_for_timeout(100)
    assert slider.input_value() == still


def test_the_saved_film_is_the_three_ways_there_and_back(
    open_page: OpenPage, two: Bundle, tmp_path: Path
) -> None:
    page = open_page(f"/interpolate?bundle={two.id}&a={A}&b={B}")
    canvas.read(canvas.picture(page, "cross-fade in 11 steps from A to B"))
    with page.expect_download() as waiting:
        page.get_by_role("button", name="GIF").click()
    file = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(file)
    with Image.open(file) as film:
        frames = [np.asarray(frame.convert("RGB"), int) for frame in ImageSequence.Iterator(film)]
        assert (film.format, len(frames), film.info["loop"]) == ("GIF", 48, 0)
        assert film.info["duration"] == pytest.approx(2000 / 24, abs=10)
    factor = 256 // 8
    images = canvas.originals(two)[[A, B]].astype(float)
    fade = np.linspace(images[0], images[1], 25)
    ways = [two.decode(path(two, way, 25)) for way in WAYS] + [fade]
    for number in (0, 7, 24, 30):
        frame = frames[number][factor // 2 :: factor, factor // 2 :: factor]
        for column, way in enumerate(ways):
            expected = canvas.as_pixels(way[number if number < 25 else 48 - number])
            assert np.abs(frame[:, column * 9 : column * 9 + 8] - expected).max() <= 2, (number, column)


def test_the_saved_strip_holds_every_step(open_page: OpenPage, two: Bundle, tmp_path: Path) -> None:
    page = open_page(f"/interpolate?bundle={two.id}&a={A}&b={B}")
    page.get_by_role("combobox", name="Save").select_option("spherical")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="PNG strip").click()
    file = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(file)
    image = canvas.image(file)
    factor = 128 // 8
    small = image[factor // 2 :: factor, factor // 2 :: factor]
    expected = canvas.as_pixels(two.decode(path(two, "spherical", 11)))
    for step in range(11):
        assert np.abs(small[:, 9 * step : 9 * step + 8] - expected[step]).max() <= 2


def test_latent_arithmetic_adds_what_leads_from_b_to_a(open_page: OpenPage, two: Bundle, shot: Shot) -> None:
    page = open_page(f"/interpolate?bundle={two.id}")
    canvas.choose(page, "What to do with codes", "Arithmetic")
    assert two.codes.label is not None
    codes = canvas.mu(two).astype(float)
    a, b, c = (codes[two.codes.label == label].mean(axis=0) for label in (4, 1, 3))
    for slot, label in zip("abc", ("4", "1", "3"), strict=True):
        page.get_by_role("combobox", name=f"All of one label as group {slot}").select_option(label)
    result = canvas.picture(page, "The decoded result")
    canvas.decodes(result, two, a - b + c)
    canvas.decodes(canvas.picture(page, "What the mean code of group a decodes to"), two, a)
    slide(page, "Strength of the difference a − b", 0.5)
    canvas.decodes(result, two, c + 0.5 * (a - b))
    shot("arithmetic")


def test_a_lasso_fills_a_group(open_page: OpenPage, two: Bundle) -> None:
    page = open_page(f"/interpolate?bundle={two.id}")
    canvas.choose(page, "What to do with codes", "Arithmetic")
    atlas = Map.of(page, two, "z")
    corners = np.array([[-100, -80], [90, -80], [90, 100], [-100, 100]]) / atlas.scale * [1, -1]
    atlas.drag(*(atlas.centre + corner for corner in corners))
    low, high = corners.min(axis=0), corners.max(axis=0)
    rows = ((atlas.places > atlas.centre + low) & (atlas.places < atlas.centre + high)).all(axis=1)
    group = page.get_by_role("button", name=re.compile(r"^a\s*\d+ examples"))
    assert canvas.numbers(group.inner_text()) == [rows.sum()]
    shown = canvas.picture(page, "What the mean code of group a decodes to")
    canvas.decodes(shown, two, canvas.mu(two)[rows].astype(float).mean(axis=0))
