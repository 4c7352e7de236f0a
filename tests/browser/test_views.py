"""Views of the same codes: switching keeps the rows, a view in three dimensions turns; zoom and layers."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from aecore.bundles import Bundle, open_bundle
from aecore.latent import projections
from tests.browser import canvas
from tests.browser.canvas import Map
from tests.browser.conftest import OpenPage, Shot

VIEWS = {"z": "z₁ z₂", "pca": "PCA", "umap": "UMAP", "tsne": "t-SNE"}
DEEP = "digits/vae"  # of more than two dimensions, so that there are maps in three


def hovered(page: Page, x: float, y: float) -> list[str]:
    """What the card says of the point at a pixel."""
    card = page.locator(".hover-card")

    def opens() -> bool:
        """While the map still moves a pointer is not asked what it is over until it moves again."""
        page.mouse.move(x + 1, y)
        page.mouse.move(x, y)
        page.wait_for_timeout(200)
        return card.is_visible()

    assert canvas.eventually(opens)
    return page.locator(".hover-card dd").all_inner_texts()


def without_thumbnails(page: Page) -> None:
    page.get_by_role("button", name="thumbnails").click()


def test_switching_the_view_keeps_the_rows(open_page: OpenPage, two: Bundle) -> None:
    page = open_page(f"/?bundle={two.id}")
    without_thumbnails(page)
    said = set()
    row = next(r for r in Map.of(page, two, "z").lonely(apart=15, count=20) if alone(page, two, r))
    for view, title in VIEWS.items():
        canvas.choose(page, "View", title)
        page.mouse.move(0, 0)
        expect(page.locator(".hover-card")).to_have_count(0)
        said.add(tuple(hovered(page, *Map.of(page, two, view).row(row))))
        expect(page).to_have_url(re.compile(f"view={view}")) if view != "z" else None
    assert len(said) == 1, said
    (facts,) = said
    assert two.codes.label is not None
    assert facts[0] == str(two.codes.label[row])


def alone(page: Page, bundle: Bundle, row: int) -> bool:
    """Whether a row's point is the nearest to its own place by 4 pixels on every map, and not covered."""
    for view in VIEWS:
        atlas = Map.of(page, bundle, view)
        box = atlas.stage.bounding_box()
        assert box
        x, y = atlas.row(row)
        away = np.hypot(*(atlas.places - atlas.places[row]).T) * atlas.scale
        inside = box["x"] + 40 < x < box["x"] + box["width"] - 40
        if (
            np.partition(away, 1)[1] < 4
            or not inside
            or not box["y"] + 40 < y < box["y"] + box["height"] - 70
        ):
            return False
    return True


def test_points_travel_to_their_places_in_half_a_second(
    context: BrowserContext, app_url: str, two: Bundle
) -> None:
    page = context.new_page()  # of a context of its own: all pages of one share the clock
    page.emulate_media(reduced_motion="no-preference")
    page.goto(f"{app_url}/?bundle={two.id}&manifold=off")
    canvas.drawn(page)
    without_thumbnails(page)
    page.mouse.move(0, 0)
    stage = page.locator(".stage")
    before = canvas.photo(stage)
    page.clock.install()  # half a second of the page's own time: a busy machine takes longer to look at it
    page.clock.pause_at(datetime.now() + timedelta(seconds=5))
    canvas.choose(page, "View", "UMAP")
    page.clock.run_for(200)
    between = canvas.photo(stage)
    page.clock.run_for(500)
    after = canvas.photo(stage)
    page.clock.run_for(400)
    assert (between != before).any()
    assert (between != after).any()
    np.testing.assert_array_equal(canvas.photo(stage), after)  # it has come to rest


def test_a_view_in_three_dimensions_turns(open_page: OpenPage, shot: Shot) -> None:
    page = open_page(f"/?bundle={DEEP}&view=pca3&point=5")
    stage = page.locator(".stage")
    expect(page.get_by_role("radiogroup", name="Tool").get_by_text("Turn")).to_be_visible()
    still = canvas.photo(stage)
    box = stage.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 150, y + 40, steps=8)
    page.mouse.up()
    page.mouse.move(0, 0)
    page.wait_for_timeout(400)
    turned = canvas.photo(stage)
    assert (turned != still).any(axis=2).mean() > 0.01
    stage.focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(400)
    assert (canvas.photo(stage) != turned).any(axis=2).mean() > 0.005
    shot("view-pca3")


def test_a_point_in_three_dimensions_can_be_picked(open_page: OpenPage) -> None:
    """Where an orthographic turn of 0.6 rad about the upright axis and 0.35 rad about the other puts it."""
    bundle = open_bundle(DEEP)
    page = open_page(f"/?bundle={DEEP}&view=pca3")
    places = projections.pca(canvas.mu(bundle), 3).points.astype(float)
    low, high = np.quantile(places, [0.008, 0.992], axis=0)
    x, y, z = (places - (low + high) / 2).T
    yaw, pitch = 0.6, 0.35
    forward = np.cos(yaw) * z - np.sin(yaw) * x
    flat = np.stack([np.cos(yaw) * x + np.sin(yaw) * z, np.cos(pitch) * y - np.sin(pitch) * forward], axis=1)
    atlas = Map.of(page, bundle, "pca")
    box = atlas.stage.bounding_box()
    assert box
    scale = 0.94 * min(box["width"] - 2, box["height"] - 2) / (2 * 1.25 * (high - low).max() / 2)
    away = np.linalg.norm(flat[:, None] - flat[None], axis=2) + 1e9 * np.eye(len(flat))
    row = int(np.argmax(away.min(axis=1) * (np.abs(flat).max(axis=1) * scale < 250)))
    page.mouse.click(atlas.left + flat[row, 0] * scale, atlas.top - flat[row, 1] * scale)
    expect(page.get_by_role("region", name="Picked example").get_by_role("heading")).to_contain_text(
        f"#{bundle.codes.index[row]}"
    )


def test_panning_and_zooming_take_the_points_with_them(open_page: OpenPage, two: Bundle) -> None:
    page = open_page(f"/?bundle={two.id}")
    without_thumbnails(page)
    canvas.choose(page, "Tool", "Pan")
    atlas = Map.of(page, two, "z")
    (row,) = atlas.lonely(inside=150)
    x, y = atlas.row(row)
    said = hovered(page, x, y)
    page.mouse.wheel(0, -400)  # what lies under the pointer stays there
    page.wait_for_timeout(500)
    page.mouse.move(x + 2, y)
    assert hovered(page, x, y) == said
    page.mouse.down()
    page.mouse.move(x + 90, y - 60, steps=6)
    page.mouse.up()
    page.mouse.move(x + 300, y + 200)
    expect(page.locator(".hover-card")).to_have_count(0)
    assert hovered(page, x + 90, y - 60) == said
    page.get_by_role("link", name="Reconstruct").click()  # coming back to a page keeps the view
    page.get_by_role("link", name="Map").click()
    canvas.drawn(page)
    assert hovered(page, x + 90, y - 60) == said


def test_zoomed_in_points_become_thumbnails(open_page: OpenPage, shot: Shot) -> None:
    bundle = open_bundle("shapes/vae-2d")
    page = open_page(f"/?bundle={bundle.id}&manifold=off")
    atlas = Map.of(page, bundle, "z")
    chip = page.get_by_role("button", name="thumbnails")

    def share() -> float:
        """Of the map's pixels, those that are of images."""
        page.mouse.move(0, 0)
        page.wait_for_timeout(700)
        seen = canvas.photo(atlas.stage)
        shot("map-thumbnails")
        chip.click()
        page.mouse.move(0, 0)
        page.wait_for_timeout(200)
        points = canvas.photo(atlas.stage)
        chip.click()
        return float((seen != points).any(axis=2).mean())

    assert share() < 0.002  # from afar all are points
    page.mouse.move(*atlas.row(atlas.lonely(apart=8)[0]))
    for _ in range(5):
        page.mouse.wheel(0, -200)
    assert canvas.eventually(lambda: share() > 0.02, seconds=30)  # the images are made when first asked for


def test_the_manifold_lies_under_the_points(open_page: OpenPage, two: Bundle, shot: Shot) -> None:
    page = open_page(f"/?bundle={two.id}&colour=none")
    without_thumbnails(page)
    chip = page.get_by_role("button", name="manifold")
    expect(chip).to_have_attribute("aria-pressed", "true")
    atlas = Map.of(page, two, "z")
    page.wait_for_timeout(1500)
    with_it = canvas.photo(atlas.stage).astype(float).mean(axis=2)
    shot("map-manifold")
    chip.click()
    page.wait_for_timeout(300)
    without = canvas.photo(atlas.stage).astype(float).mean(axis=2)
    # Twenty cells to a side of the window; the ink is the decoder's, 34 % of full intensity.
    reach = 0.5 * 0.94 * min(atlas.stage.evaluate("s => [s.clientWidth, s.clientHeight]")) / atlas.scale
    steps = (np.arange(20) + 0.5) * reach / 10 - reach
    places = [atlas.centre + np.array([x, y]) for y in steps[::-1] for x in steps]
    decoded = two.decode(np.array([canvas.behind(two, "z", place) for place in places]))
    grid = decoded.reshape(20, 20, 8, 8).transpose(0, 2, 1, 3).reshape(160, 160)
    side = round(2 * reach * atlas.scale)
    expected = np.asarray(Image.fromarray(grid).resize((side, side), Image.Resampling.BILINEAR))
    box = atlas.stage.bounding_box()
    assert box
    left, top = round(atlas.left - side / 2 - box["x"]), round(atlas.top - side / 2 - box["y"])
    found = (without - with_it)[top : top + side, left : left + side] / 255
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.9
    assert found.max() == pytest.approx(0.34 * 0.9, abs=0.06)
    expect(page).to_have_url(re.compile("manifold=off"))
