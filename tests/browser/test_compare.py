"""Compare: two bundles under one cursor, or under one pen."""

from __future__ import annotations

import re

import numpy as np
from playwright.sync_api import Locator, Page, expect

from aecore.bundles import Bundle, open_bundle
from tests.browser import canvas
from tests.browser.canvas import Map
from tests.browser.conftest import OpenPage, Shot
from tests.browser.test_draw import DIGIT, stroke

LEFT, RIGHT = "digits/vae-2d", "digits/beta-vae-2d"
PATH = f"/compare?bundle={LEFT}&other={RIGHT}"


def both() -> tuple[Bundle, Bundle]:
    return open_bundle(LEFT), open_bundle(RIGHT)


def decoded(page: Page, where: str) -> Locator:
    return canvas.picture(page, re.compile(f"^Decoded by .* on the {where}$"))


def sides(page: Page, bundles: tuple[Bundle, Bundle], view: str = "z") -> list[Map]:
    stages = page.locator(".stage")
    expect(stages).to_have_count(2)
    return [Map.of(page, bundle, view, stages.nth(side)) for side, bundle in enumerate(bundles)]


def row_of(bundle: Bundle, index: int) -> int:
    return int(np.flatnonzero(bundle.codes.index == index)[0])


def test_one_cursor_shows_the_same_example_under_both(open_page: OpenPage, shot: Shot) -> None:
    bundles = both()
    page = open_page(PATH)
    canvas.choose(page, "What is compared", "Same example")
    atlas, _ = sides(page, bundles)
    start, end = atlas.lonely(apart=16, count=2)
    beside = atlas.place(*(round(pixel) + 1 for pixel in atlas.row(end)))
    atlas.drag(atlas.places[start], beside, drop=False)
    index = int(bundles[0].codes.index[end])
    right = row_of(bundles[1], index)
    canvas.decodes(decoded(page, "left"), bundles[0], beside)
    canvas.decodes(decoded(page, "right"), bundles[1], canvas.mu(bundles[1])[right])
    page.mouse.up()
    expect(page.get_by_role("region", name="The example")).to_contain_text(f"#{index} of the test set")
    expect(page).to_have_url(re.compile(rf"[?&]point={end}(&|$)"))
    shot("compare-example")


def test_one_place_is_decoded_by_both(open_page: OpenPage) -> None:
    bundles = both()
    page = open_page(PATH)
    canvas.choose(page, "What is compared", "Same place")
    atlas, _ = sides(page, bundles)
    z = atlas.place(atlas.left + 40, atlas.top - 30)
    atlas.drag(atlas.centre, z, drop=False)
    for where, bundle in zip(("left", "right"), bundles, strict=True):
        canvas.decodes(decoded(page, where), bundle, z)
    page.mouse.up()


def test_one_drawing_is_encoded_by_both(open_page: OpenPage, shot: Shot) -> None:
    page = open_page(PATH)
    canvas.choose(page, "What is compared", "Drawing")
    stroke(page, DIGIT)
    shown = {where: canvas.read(decoded(page, where)) for where in ("left", "right")}
    page.get_by_role(
        "link", name="Draw", exact=True
    ).click()  # the same drawing is there, and seen by the left one
    seen = canvas.picture(page, re.compile("as the model sees it"))
    x = (canvas.read(seen)[..., :1] / 255).transpose(2, 0, 1)[None].astype(np.float32)
    for where, bundle in zip(("left", "right"), both(), strict=True):
        expected = canvas.as_pixels(bundle.decode(bundle.encode(x)["mu"]))[0]
        assert np.abs(shown[where][..., :3].astype(int) - expected).max() <= 4, where
    shot("compare-drawing")


def test_a_selection_lights_the_same_examples_on_the_other_side(open_page: OpenPage) -> None:
    bundles = both()
    page = open_page(PATH)
    canvas.choose(page, "Tool", "Box")
    atlas, _ = sides(page, bundles)
    low, high = atlas.place(atlas.left - 70, atlas.top + 60), atlas.place(atlas.left + 50, atlas.top - 70)
    atlas.drag(low, high)
    rows = np.flatnonzero(((atlas.places > low) & (atlas.places < high)).all(axis=1))
    expect(page.get_by_role("button", name=re.compile("selected"))).to_contain_text(f"{len(rows)} selected")
    table = page.get_by_role("region", name="Numbers").get_by_role("table")
    line = table.get_by_role("row").filter(has_text="error of the selected")
    others = [row_of(bundles[1], int(index)) for index in bundles[0].codes.index[rows]]
    expected = [bundles[0].codes.error[rows].mean(), bundles[1].codes.error[others].mean()]
    np.testing.assert_allclose(canvas.numbers(line.inner_text()), expected, rtol=0.006)


def test_the_numbers_of_both_stand_side_by_side(open_page: OpenPage) -> None:
    bundles = both()
    page = open_page(PATH)
    table = page.get_by_role("region", name="Numbers").get_by_role("table")
    errors = canvas.numbers(table.get_by_role("row").filter(has_text="mean error").inner_text())
    np.testing.assert_allclose(errors, [each.codes.error.mean() for each in bundles], rtol=0.006)
    rates = canvas.numbers(table.get_by_role("row").filter(has_text="mean KL").inner_text())
    expected = [each.codes.kl.mean() for each in bundles if each.codes.kl is not None]
    np.testing.assert_allclose(rates, expected, rtol=0.006)


def test_two_data_sets_cannot_be_compared_and_it_says_so(open_page: OpenPage) -> None:
    page = open_page("/compare?bundle=digits/vae-2d&other=shapes/vae-2d")
    expect(page.get_by_text("Two models can be compared on the same examples only")).to_be_visible()
    page.get_by_role("button", name=re.compile("on the right:")).click()
    expect(page.locator(".stage")).to_have_count(2)
