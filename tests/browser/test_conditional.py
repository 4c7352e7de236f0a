"""Conditional models: the class that is told acts on every picture at once, and the code stays the same."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from aecore.bundles import Bundle
from tests.browser import canvas
from tests.browser.canvas import Floats, Map
from tests.browser.conftest import OpenPage
from tests.browser.models import run
from tests.browser.test_draw import DIGIT, seen, stroke
from tests.browser.test_sample import temperature

CLASSES = "Class that the model is told"
UNDER = "The decoded place under the cursor"


def one_hot(label: int, count: int = 10) -> Floats:
    return np.eye(count, dtype=np.float32)[None, label]


@pytest.fixture
def bundle(trained: dict[str, Bundle]) -> Bundle:
    return trained["told"]


def as_class(bundle: Bundle, z: Floats, label: int) -> Floats:
    """The decoded example of one code in a class, shape (C, H, W)."""
    return bundle.decode(np.asarray(z, np.float32)[None], one_hot(label))[0]


def label_of(bundle: Bundle, row: int) -> int:
    assert bundle.codes.label is not None
    return int(bundle.codes.label[row])


def test_a_class_chip_decodes_the_same_code_as_another_class(visit: OpenPage, bundle: Bundle) -> None:
    page = visit(f"page=map&bundle={bundle.id}")
    atlas = Map.of(page, bundle, "z")
    place = atlas.place(atlas.left + 60, atlas.top - 40)
    atlas.drag(atlas.centre, place)
    picture, z = canvas.picture(page, UNDER), page.get_by_text(re.compile(r"^z = \("))
    canvas.shows(picture, as_class(bundle, place, 0))  # nobody's code: the first class
    said = z.inner_text().split(" · ")[0]
    for label in (7, 3):
        canvas.choose(page, CLASSES, str(label))
        canvas.shows(picture, as_class(bundle, place, label))
        assert z.inner_text().split(" · ")[0] == said
        expect(page).to_have_url(re.compile(f"as={label}"))
    assert np.abs(as_class(bundle, place, 7) - as_class(bundle, place, 3)).max() > 0.05


def test_the_map_says_as_which_class_its_manifold_is_decoded(visit: OpenPage, bundle: Bundle) -> None:
    page = visit(f"page=map&bundle={bundle.id}")
    said = page.locator(".stage").get_by_text("manifold: every place decoded as")
    expect(said).to_have_text(re.compile("decoded as 0: a place has no class of its own"))
    canvas.choose(page, CLASSES, "7")
    expect(said).to_have_text("manifold: every place decoded as 7")
    page.get_by_role("button", name="manifold").click()
    expect(said).to_have_count(0)


def test_a_drag_asks_the_server_for_nothing(visit: OpenPage, bundle: Bundle) -> None:
    page = visit(f"page=map&bundle={bundle.id}&as=4")
    atlas = Map.of(page, bundle, "z")
    canvas.shows(canvas.picture(page, UNDER), as_class(bundle, atlas.centre, 4))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    place = atlas.place(atlas.left - 70, atlas.top + 30)
    atlas.drag(atlas.centre, place, drop=False)
    canvas.shows(canvas.picture(page, UNDER), as_class(bundle, place, 4))
    assert not asked
    page.mouse.up()
    canvas.choose(page, CLASSES, "5")
    canvas.shows(canvas.picture(page, UNDER), as_class(bundle, place, 5))
    assert not [url for url in asked if "icon" not in url]  # the address has changed, and asks for its icon


def test_an_example_is_decoded_as_its_own_class_and_beside_it_as_every(
    visit: OpenPage, bundle: Bundle
) -> None:
    row = 5
    page = visit(f"page=map&bundle={bundle.id}&point={row}")
    z, own = canvas.mu(bundle)[row], label_of(bundle, row)
    canvas.shows(canvas.picture(page, UNDER), as_class(bundle, z, own))
    canvas.shows(canvas.picture(page, "Its reconstruction"), as_class(bundle, z, own))
    strip = page.get_by_role("group", name="The same code as every class")
    for label in range(10):
        canvas.shows(canvas.picture(strip, f"As {label}"), as_class(bundle, z, label))


def test_reconstructions_are_told_each_examples_own_class(visit: OpenPage, bundle: Bundle) -> None:
    page = visit(f"page=reconstruct&bundle={bundle.id}")
    pictures = page.get_by_role("img", name=re.compile("^Reconstruction, "))
    expect(pictures.first).to_be_visible()
    rows = {int(index): row for row, index in enumerate(bundle.codes.index)}
    for i in range(6):
        row = rows[int(str(pictures.nth(i).get_attribute("aria-label")).split("#")[1])]
        canvas.shows(pictures.nth(i), as_class(bundle, canvas.mu(bundle)[row], label_of(bundle, row)))


def test_traverse_and_interpolate_begin_with_the_examples_own_class(visit: OpenPage, bundle: Bundle) -> None:
    row, other = 3, 8
    z, own = canvas.mu(bundle)[[row, other]], label_of(bundle, row)
    page = visit(f"page=traverse&bundle={bundle.id}&point={row}")
    canvas.shows(canvas.picture(page, "The decoded code"), as_class(bundle, z[0], own))
    canvas.choose(page, CLASSES, "1")
    canvas.shows(canvas.picture(page, "The decoded code"), as_class(bundle, z[0], 1))
    page = visit(f"page=interpolate&bundle={bundle.id}&a={row}&b={other}")
    canvas.shows(canvas.picture(page, "The straight line at t = 0.50"), as_class(bundle, z.mean(0), own))


def test_sample_shows_every_class_with_one_noise_a_column(visit: OpenPage, bundle: Bundle) -> None:
    page = visit(f"page=sample&bundle={bundle.id}")
    temperature(page, 0)
    expected = [as_class(bundle, np.zeros(2), label)[0] for label in range(10)]
    grid = canvas.picture(page, "100 decoded draws")

    def rows() -> Floats:
        image = canvas.grey_of(grid)
        return np.array([[image[9 * y : 9 * y + 8, 9 * x : 9 * x + 8] for x in range(10)] for y in range(10)])

    def right() -> bool:
        return bool(np.abs(rows() - 255 * np.array(expected)[:, None]).max() <= 2)

    assert canvas.eventually(right)
    canvas.choose(page, CLASSES, "2")
    grid = canvas.picture(page, "80 decoded draws")
    canvas.eventually(lambda: grid.is_visible())
    assert canvas.eventually(
        lambda: bool(np.abs(canvas.grey_of(grid)[:8, :8] - 255 * expected[2]).max() <= 2)
    )


def drawn(page: Page) -> None:
    stroke(page, DIGIT)
    expect(canvas.picture(page, "The reconstruction of the drawing")).not_to_have_class(canvas.WAITING)


def test_a_drawing_is_encoded_and_decoded_as_the_class_that_is_told(visit: OpenPage, bundle: Bundle) -> None:
    page = visit(f"page=draw&bundle={bundle.id}")
    drawn(page)
    back = canvas.picture(page, "The reconstruction of the drawing")
    for label in (0, 6):
        canvas.choose(page, CLASSES, str(label))
        z = bundle.encode(seen(page, bundle), one_hot(label))["mu"]
        canvas.shows(back, as_class(bundle, z[0], label), tolerance=4)


def test_a_classifier_says_live_which_class_it_reads(visit: OpenPage, trained: dict[str, Bundle]) -> None:
    bundle = trained["sorted"]
    page = visit(f"page=draw&bundle={bundle.id}")
    drawn(page)
    bars = page.get_by_role("list", name="Probability of each class").get_by_role("listitem")
    expect(bars).to_have_count(10)

    def read() -> Floats:
        return run(bundle, "classifier", seen(page, bundle))[0]

    def right() -> bool:
        texts = bars.locator(".number").all_inner_texts()
        shown = [canvas.numbers(text.replace("< 1 %", "0"))[0] for text in texts]
        return bool(np.abs(np.array(shown) - 100 * read()).max() <= 1.5)

    assert canvas.eventually(right), (bars.all_inner_texts(), read())
    np.testing.assert_allclose(read().sum(), 1, rtol=1e-5)
    best = int(read().argmax())
    z = bundle.encode(seen(page, bundle), one_hot(best))["mu"]
    back = canvas.picture(page, "The reconstruction of the drawing")
    canvas.shows(back, as_class(bundle, z[0], best), tolerance=4)
