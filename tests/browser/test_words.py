"""Words in Chromium: letters against ONNX Runtime, also where the decoder writes them one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from aecore import scenes
from aecore.bundles import Bundle
from tests.browser import canvas, kinds, models, pages
from tests.browser.canvas import Map
from tests.browser.kinds import said, word

SMALL = {"epochs": 8, "lr": 1e-2}


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Bundle]:
    home = tmp_path_factory.mktemp("words")
    at_once = kinds.trained(home, "words", "at-once", "autoencoder", units=32, **SMALL)
    causal = kinds.trained(
        home, "words", "causal", "autoencoder", net="transformer", units=16, depth=1, **SMALL
    )
    return {"at-once": at_once, "causal": causal}


@pytest.fixture(scope="module")
def site(bundles: dict[str, Bundle], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with models.served([*bundles.values()], tmp_path_factory.mktemp("www")) as url:
        yield url


@pytest.fixture
def visit(context: BrowserContext, site: str) -> Iterator[Page]:
    with kinds.visiting(context, site) as page:
        yield page


def spelt(bundle: Bundle) -> list[str]:
    """The words behind the codes."""
    x = scenes.originals(bundle).x
    assert x is not None
    return ["".join(bundle.card.data.vocabulary[t] for t in row) for row in x]


def decoded(bundle: Bundle, z: canvas.Floats) -> str:
    return word(bundle.decode(np.asarray(z, np.float32)[None])[0], bundle.card.data.vocabulary)


@pytest.mark.parametrize("name", ["at-once", "causal"])
def test_a_place_on_the_map_is_a_word(visit: Page, site: str, bundles: dict[str, Bundle], name: str) -> None:
    bundle = bundles[name]
    visit.goto(f"{site}?bundle={bundle.id}&view=z&meter=on")
    atlas = Map.of(visit, bundle, "z")
    seen = set()
    for dx, dy in ((90, -50), (-120, 30), (20, 140), (-60, -160)):
        place = atlas.place(atlas.left + dx, atlas.top + dy)
        atlas.drag(atlas.centre, place)
        expected = decoded(bundle, place)
        said(canvas.picture(visit, "The decoded place under the cursor"), expected)
        seen.add(expected)
    assert len(seen) > 1, "the model says the same everywhere: this test shows nothing"
    expect(visit.get_by_role("region", name="Under the cursor")).to_contain_text(re.compile(r"\d ms"))


def test_reconstructions_stand_below_their_words(visit: Page, site: str, bundles: dict[str, Bundle]) -> None:
    bundle = bundles["causal"]
    visit.goto(f"{site}?page=reconstruct&bundle={bundle.id}")
    canvas.drawn(visit)
    canvas.choose(visit, "Order", "in order")
    words = spelt(bundle)
    rows = np.argsort(bundle.codes.index)[:5]
    for row in rows:
        label = rf", (.*, )?#{bundle.codes.index[row]}$"
        said(visit.get_by_role("img", name=re.compile("^Original" + label)).first, words[row])
        got = decoded(bundle, canvas.mu(bundle)[row])
        said(visit.get_by_role("img", name=re.compile("^Reconstruction" + label)).first, got)
    pages.is_accessible(visit, ".loupe")


def test_the_card_of_a_point_shows_the_word(visit: Page, site: str, bundles: dict[str, Bundle]) -> None:
    bundle = bundles["at-once"]
    visit.goto(f"{site}?bundle={bundle.id}&view=z&manifold=off")
    atlas = Map.of(visit, bundle, "z")
    visit.get_by_role("button", name="thumbnails").click()
    row = atlas.lonely(apart=26)[0]
    visit.mouse.move(*atlas.row(row))
    card = visit.locator(".hover-card")
    expect(card).to_be_visible()
    said(card.locator("canvas").first, spelt(bundle)[row])
    said(card.locator("canvas").last, decoded(bundle, canvas.mu(bundle)[row]))
    visit.mouse.click(*atlas.row(row))
    picked = visit.get_by_role("region", name="Picked example")
    said(canvas.picture(picked, "The original"), spelt(bundle)[row])
    pages.is_accessible(visit, ".loupe")


def test_words_are_found_by_their_letters(visit: Page, site: str, bundles: dict[str, Bundle]) -> None:
    bundle = bundles["at-once"]
    words = spelt(bundle)
    visit.goto(f"{site}?bundle={bundle.id}")
    canvas.drawn(visit)
    box = visit.get_by_role("searchbox", name="Find examples by word, label, factor or index")
    start = words[7][:2]
    box.fill(start)
    count = sum(each.startswith(start) for each in words)
    expect(visit.get_by_role("search").get_by_role("status")).to_have_text(f"{count} found")
    box.fill(words[7])
    box.press("Enter")
    said(canvas.picture(visit.get_by_role("region", name="Picked example"), "The original"), words[7])


@pytest.mark.parametrize("name", ["at-once", "causal"])
def test_samples_are_words(visit: Page, site: str, bundles: dict[str, Bundle], name: str) -> None:
    bundle = bundles[name]
    visit.goto(f"{site}?page=sample&bundle={bundle.id}&temperature=0&count=20")
    canvas.drawn(visit)
    mean = np.asarray(bundle.card.latent.prior.mean)
    grid = visit.get_by_role("img", name="20 decoded draws")
    expect(grid).to_have_attribute("aria-description", re.compile(".+"))
    assert grid.get_attribute("aria-description") == ", ".join([decoded(bundle, mean)] * 20)
    assert kinds.ink(grid).any()
    kinds.fits(visit)


def test_every_page_fits_a_phone(visit: Page, site: str, bundles: dict[str, Bundle]) -> None:
    visit.set_viewport_size({"width": 390, "height": 844})
    for page in ("map", "reconstruct", "traverse", "interpolate", "sample", "draw"):
        visit.goto(f"{site}?page={page}&bundle={bundles['at-once'].id}")
        canvas.drawn(visit)
        kinds.fits(visit)


def test_a_word_that_is_typed_comes_back(visit: Page, site: str, bundles: dict[str, Bundle]) -> None:
    bundle = bundles["at-once"]
    visit.goto(f"{site}?page=draw&bundle={bundle.id}")
    canvas.drawn(visit)
    field = visit.get_by_role("textbox", name="A word for the model")
    vocabulary = bundle.card.data.vocabulary
    for text in ("ran", "running", "Running late 9"):
        field.fill(text)
        kept = [each for each in text.lower() if each in vocabulary[1:]][:12]
        x = np.zeros((1, 12), np.int64)
        x[0, : len(kept)] = [vocabulary.index(each) for each in kept]
        said(canvas.picture(visit, "The word as the model sees it"), "".join(kept))
        z = bundle.encode(x)["z"]
        said(canvas.picture(visit, "The reconstruction of the word"), decoded(bundle, z[0]))
    expect(visit.get_by_text("Left out: space, 9.")).to_be_visible()
    field.fill("")
    expect(visit.get_by_text("None yet: the field is empty.")).to_be_visible()
    pages.is_accessible(visit, ".loupe")
