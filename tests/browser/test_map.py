"""The map: hover, pick, select, search, neighbours, filters; each held against the bundle's own codes."""

from __future__ import annotations

import re
import time
from collections import Counter

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from sklearn.neighbors import NearestNeighbors

from aecore.bundles import Bundle, open_bundle
from tests.browser import canvas
from tests.browser.canvas import Map
from tests.browser.conftest import OpenPage, Shot

Box = tuple[float, float, float, float]


def in_box(atlas: Map, x0: float, y0: float, x1: float, y1: float) -> np.ndarray:
    """Rows whose points lie between two corners, in pixels from the stage's middle."""
    low, high = atlas.place(atlas.left + x0, atlas.top + y1), atlas.place(atlas.left + x1, atlas.top + y0)
    return np.flatnonzero(((atlas.places > low) & (atlas.places < high)).all(axis=1))


def select(page: Page, atlas: Map, tool: str, box: Box = (-120, -90, 60, 80)) -> np.ndarray:
    """Draws a box, by the tool of that name, or the same shape by the lasso; the rows that lie in it."""
    canvas.choose(page, "Tool", tool)
    x0, y0, x1, y1 = box
    corners = [(x0, y0), (x1, y1)] if tool == "Box" else [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    atlas.drag(*(atlas.place(atlas.left + x, atlas.top + y) for x, y in corners))
    return in_box(atlas, *box)


def test_hovering_shows_what_a_point_is(open_page: OpenPage, two: Bundle, shot: Shot) -> None:
    page = open_page(f"/?bundle={two.id}&manifold=off")
    page.get_by_role("button", name="thumbnails").click()
    atlas = Map.of(page, two, "z")
    (row,) = atlas.lonely()
    x, y = atlas.row(row)
    card, ring = page.locator(".hover-card"), page.locator(".hover-ring")
    page.mouse.move(x + 13, y)  # within 14 pixels
    expect(ring).to_be_attached()
    middle = ring.evaluate(
        "e => { const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2] }"
    )
    np.testing.assert_allclose(middle, [x, y], atol=1)
    expect(card).to_be_visible()
    codes = two.codes
    assert codes.label is not None
    assert codes.kl is not None
    facts = card.locator("dd").all_inner_texts()
    assert facts[0] == two.card.data.classes[codes.label[row]]
    assert canvas.numbers(facts[1])[0] == pytest.approx(codes.error[row], rel=0.006)
    assert facts[1].endswith(" nats")
    assert canvas.numbers(facts[2])[0] == pytest.approx(codes.kl[row], rel=0.006)
    original, decoded = card.locator("canvas").all()
    canvas.shows(original, canvas.originals(two)[row], tolerance=0)
    canvas.decodes(decoded, two, canvas.mu(two)[row])
    shot("map-hover")
    page.mouse.move(x + 15.5, y)
    expect(ring).to_have_count(0)
    expect(card).to_have_count(0)


def test_a_click_picks_and_the_address_holds_it(open_page: OpenPage, two: Bundle) -> None:
    page = open_page(f"/?bundle={two.id}")
    atlas = Map.of(page, two, "z")
    (row,) = atlas.lonely()
    page.mouse.click(*atlas.row(row))
    picked = page.get_by_role("region", name="Picked example")
    expect(picked.get_by_role("heading")).to_contain_text(f"#{two.codes.index[row]}")
    expect(page).to_have_url(re.compile(rf"[?&]point={row}(&|$)"))
    canvas.shows(canvas.picture(picked, "The original"), canvas.originals(two)[row], tolerance=0)
    canvas.decodes(canvas.picture(picked, "Its reconstruction"), two, canvas.mu(two)[row])
    canvas.decodes(canvas.picture(page, "The decoded place under the cursor"), two, canvas.mu(two)[row])


@pytest.mark.parametrize("name", ["digits/sparse", "digits/k-sparse"])
def test_a_sparse_code_is_drawn_and_its_zeros_are_counted(open_page: OpenPage, name: str) -> None:
    bundle, row = open_bundle(name), 3
    page = open_page(f"/?bundle={name}&point={row}")
    figure = page.get_by_role("region", name="Picked example").locator("figure.sparse")
    size = np.abs(canvas.mu(bundle))
    near = size <= 0.01 * size.max()
    assert 0 < near[row].sum() < near.shape[1]
    expect(figure.locator("rect.none")).to_have_count(int(near[row].sum()))
    expect(figure.locator("rect.value")).to_have_count(int((~near[row]).sum()))
    said = canvas.numbers(figure.locator("figcaption").inner_text())
    shares = (100 * near[row].mean(), 100 * bundle.card.scalars["zero_share"])
    assert said[1:3] == [pytest.approx(share, abs=0.51) for share in shares]
    assert said[3] == pytest.approx(bundle.card.scalars["mean_activation"], rel=0.06)


@pytest.mark.parametrize("tool", ["Box", "Lasso"])
def test_a_selection_is_summed_up_and_the_address_holds_it(
    open_page: OpenPage, two: Bundle, tool: str, shot: Shot
) -> None:
    page = open_page(f"/?bundle={two.id}&manifold=off")
    rows = select(page, Map.of(page, two, "z"), tool)
    assert 20 < len(rows) < 0.7 * len(two.codes)
    panel = page.get_by_role("region", name="Selection")
    share = round(100 * len(rows) / len(two.codes))
    expect(panel.get_by_role("status")).to_have_text(f"{len(rows)} images · {share} %")
    codes = two.codes
    assert codes.label is not None
    facts = panel.locator("dd").first.inner_text()
    assert canvas.numbers(facts)[0] == pytest.approx(codes.error[rows].mean(), rel=0.006)
    mix = {
        name: int(count)
        for name, count in (line.split() for line in panel.get_by_role("listitem").all_inner_texts())
    }
    assert mix == {str(label): count for label, count in Counter(codes.label[rows].tolist()).items()}
    members = panel.get_by_role("group", name="Members").get_by_role("button")
    expect(members).to_have_count(min(60, len(rows)))
    assert members.first.get_attribute("title") == f"{codes.label[rows[0]]}, #{codes.index[rows[0]]}"
    mean = canvas.originals(two)[rows].astype(float).mean(axis=0)
    canvas.shows(canvas.picture(panel, "mean image"), mean, tolerance=1)
    shot(f"map-{tool.lower()}")
    expect(page).to_have_url(re.compile(r"[?&]rows=[\w-]+"))
    page.reload()
    expect(panel.get_by_role("status")).to_have_text(f"{len(rows)} images · {share} %")
    page.locator(".stage").focus()
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)


def ink(atlas: Map, row: int) -> float:
    """How much a point stands out from the map's ground, summed over red, green and blue."""
    image = canvas.photo(atlas.stage).astype(float)
    box = atlas.stage.bounding_box()
    assert box
    x, y = (round(at - start) for at, start in zip(atlas.row(row), (box["x"], box["y"]), strict=True))
    ground = np.median(image.reshape(-1, 3), axis=0)
    return float(np.abs(image[y - 1 : y + 2, x - 1 : x + 2] - ground).sum(axis=2).max())


def test_what_is_not_selected_is_dimmed_and_not_hidden(open_page: OpenPage, two: Bundle) -> None:
    page = open_page(f"/?bundle={two.id}&manifold=off")
    page.get_by_role("button", name="thumbnails").click()
    atlas = Map.of(page, two, "z")
    lonely = atlas.lonely(apart=18, count=12)
    before = {row: ink(atlas, row) for row in lonely}
    rows = select(page, atlas, "Box", (-120, -300, 400, 300))
    inside, outside = (next(r for r in lonely if (r in rows) is there) for there in (True, False))
    page.mouse.move(0, 0)
    canvas.drawn(page)
    end = time.monotonic() + 10
    while ink(atlas, inside) <= 0.9 * before[inside] and time.monotonic() < end:
        page.wait_for_timeout(100)  # the others step back a frame before the chosen ones stand out
    assert ink(atlas, inside) > 0.9 * before[inside]
    assert 0.05 * before[outside] < ink(atlas, outside) < 0.5 * before[outside]


def test_searching_lights_a_label_and_enter_goes_to_each(open_page: OpenPage, two: Bundle) -> None:
    page = open_page(f"/?bundle={two.id}")
    box = page.get_by_role("searchbox")
    box.fill("7")
    assert two.codes.label is not None
    (hits,) = np.nonzero(two.codes.label == 7)
    found = page.get_by_role("search").get_by_role("status")
    expect(found).to_have_text(f"{len(hits)} found")
    for number, row in enumerate(hits[:2]):
        box.press("Enter")
        expect(found).to_have_text(f"{number + 1} of {len(hits)}")
        expect(page.get_by_role("region", name="Picked example")).to_contain_text(f"#{two.codes.index[row]}")
    box.fill(f"#{two.codes.index[11]}")
    expect(found).to_have_text("1 found")
    box.fill("seventeen")
    expect(found).to_have_text("no example is called seventeen")


@pytest.mark.parametrize("name", ["digits/vae-2d", "mnist/autoencoder"])
def test_neighbours_are_those_of_the_latent_space(open_page: OpenPage, name: str, shot: Shot) -> None:
    bundle, row = open_bundle(name), 17
    page = open_page(f"/?bundle={name}&point={row}&view=umap")
    page.get_by_role("button", name="Neighbours", exact=True).click()
    shown = page.get_by_role("group", name="Nearest neighbours").get_by_role("button")
    expect(shown).to_have_count(8)
    codes = canvas.mu(bundle)
    away, near = NearestNeighbors(n_neighbors=9).fit(codes).kneighbors(codes[[row]])
    (near, away) = (near[0][near[0] != row][:8], away[0][near[0] != row][:8])
    titles = [str(each.get_attribute("title")) for each in shown.all()]
    assert [int(title.split("#")[1]) for title in titles] == bundle.codes.index[near].tolist()
    notes = canvas.numbers(" ".join(shown.all_inner_texts()))
    np.testing.assert_allclose(notes, away, rtol=0.06)
    shot(f"map-neighbours-{name.replace('/', '-')}")


def test_the_legend_filters(open_page: OpenPage, two: Bundle) -> None:
    page = open_page(f"/?bundle={two.id}&manifold=off")
    page.get_by_role("button", name="thumbnails").click()
    atlas = Map.of(page, two, "z")
    (row,) = atlas.lonely()
    assert two.codes.label is not None
    name = str(two.codes.label[row])
    page.mouse.move(*atlas.row(row))
    expect(page.locator(".hover-ring")).to_be_attached()
    key = page.get_by_role("group", name="Colours: label").get_by_role("button", name=name, exact=True)
    key.click()
    expect(key).to_have_attribute("aria-pressed", "false")
    page.mouse.move(*atlas.row(row))
    page.wait_for_timeout(100)
    expect(page.locator(".hover-ring")).to_have_count(0)
    assert ink(atlas, row) < 12  # nothing is there
    page.get_by_role("button", name="show all").click()
    page.mouse.move(*atlas.row(row))
    expect(page.locator(".hover-ring")).to_be_attached()


@pytest.mark.parametrize(
    ("name", "titles"),
    [
        ("digits/vae-2d", ["label", "error", "KL", "z₁", "z₂", "nothing"]),
        (
            "shapes/autoencoder",
            ["shape", "error", "colour", "scale", "rotation", "position x", "position y"],
        ),
    ],
)
def test_colours_say_label_error_kl_factors_and_dimensions(
    open_page: OpenPage, name: str, titles: list[str]
) -> None:
    page = open_page(f"/?bundle={name}")
    colour = page.get_by_role("combobox", name="Colour")
    offered = colour.get_by_role("option").all_inner_texts()
    factors = {factor.name for factor in open_bundle(name).card.data.factors}
    assert factors <= set(offered)
    for title in titles:
        if title not in offered:
            assert title not in factors
            continue
        colour.select_option(title)
        expect(page.get_by_role("application")).to_have_accessible_name(re.compile(f"coloured by {title}"))
        if title != "nothing":
            expect(page.get_by_role("group", name=f"Colours: {title}")).to_be_visible()


def test_the_range_of_a_quantity_is_that_of_the_codes(open_page: OpenPage, two: Bundle) -> None:
    page = open_page(f"/?bundle={two.id}&colour=error")
    legend = page.get_by_role("group", name="Colours: error")
    low, high = canvas.numbers(legend.inner_text().replace("error, nats", ""))
    np.testing.assert_allclose([low, high], np.quantile(two.codes.error, [0.01, 0.99]), rtol=0.01)
