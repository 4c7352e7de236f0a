"""Priors that are functions, ladders, codebooks, the score field, and pages that say why not."""

from __future__ import annotations

import re
from typing import Any, Literal

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from aecore.bundles import Bundle
from aecore.latent import score
from tests.browser import canvas, pages
from tests.browser.canvas import Floats
from tests.browser.conftest import OpenPage
from tests.browser.models import run

COLUMNS = 10
WITH = """async ([url, body, given]) => {
  const { parts } = await import("./canvas/canvas.js");
  const scene = await parts.scene.loadScene(url);
  const work = new Function("parts", "scene", "given", `return (async () => { ${body} })()`);
  return await work(parts, scene, given);
}"""


def inside(page: Page, bundle: Bundle, body: str, **given: Any) -> Any:
    """What some script gives that has the canvas's parts and a bundle's scene."""
    return page.evaluate(WITH, [f"bundles/{bundle.id}/", body, given])


def noise(page: Page, bundle: Bundle, width: int, count: int = 80, seed: int = 1) -> Floats:
    """Standard normal noise of a seed, shape (count, width); that it is normal is for test_maths."""
    body = "return [...parts.draws.noiseOf(given.seed, given.count, given.width).epsilon]"
    flat = inside(page, bundle, body, seed=seed, count=count, width=width)
    return np.array(flat, np.float32).reshape(count, width)


def grid(page: Page, side: int = 8, gap: int = 1) -> Floats:
    image = canvas.grey_of(canvas.picture(page, re.compile(r"^\d+ decoded draws$")))
    step = side + gap
    corners = [(i // COLUMNS * step, i % COLUMNS * step) for i in range(80)]
    return np.array([image[y : y + side, x : x + side] for y, x in corners], float)


def comes_to_show(page: Page, x: Floats) -> None:
    expected = canvas.as_pixels(x)[..., 0]
    assert canvas.eventually(lambda: bool(np.abs(grid(page) - expected).max() <= 2))


@pytest.mark.parametrize(
    ("name", "width", "title"),
    [("vamp", 22, "VampPrior, learned"), ("ladder", 6, "Prior of 2 levels, learned")],
)
def test_a_prior_that_is_a_function_draws_as_in_python(
    visit: OpenPage, trained: dict[str, Bundle], name: str, width: int, title: str
) -> None:
    bundle = trained[name]
    page = visit(f"page=sample&bundle={bundle.id}")
    expect(page.get_by_role("radiogroup", name="Draw from").get_by_text(title)).to_be_visible()
    epsilon = noise(page, bundle, width)
    for temperature in (1.0, 0.5):
        page.get_by_role("slider", name="Temperature").fill(str(temperature))
        z = run(bundle, "prior", np.float32(temperature) * epsilon)
        comes_to_show(page, bundle.decode(z))


def test_a_ladders_rows_share_the_upper_levels(visit: OpenPage, trained: dict[str, Bundle]) -> None:
    bundle = trained["ladder"]
    low = bundle.card.latent.levels[0]
    page = visit(f"page=sample&bundle={bundle.id}")
    first = grid(page)
    canvas.choose(page, "Drawn anew", "level 1 in a row")
    epsilon = noise(page, bundle, 6).reshape(8, COLUMNS, 6)
    epsilon[..., low:] = epsilon[:, :1, low:]
    z = run(bundle, "prior", epsilon.reshape(80, 6))
    comes_to_show(page, bundle.decode(z))
    upper = z.reshape(8, COLUMNS, 6)[..., low:]
    assert np.ptp(upper, axis=1).max() < 1e-6
    assert np.ptp(upper, axis=0).min() > 1e-3
    assert np.abs(grid(page) - first).max() > 5
    expect(page).to_have_url(re.compile("level=1"))
    page = visit(f"page=traverse&bundle={bundle.id}")
    rates = bundle.card.metrics["rate_per_level"]
    assert isinstance(rates, list)
    groups = page.get_by_role("region", name="KL by level").get_by_role("group")
    shown = [canvas.numbers(str(each.get_attribute("aria-label"))) for each in groups.all()]
    assert [int(level) for level, _, _ in shown] == [2, 1]
    assert [int(dims) for _, _, dims in shown] == list(bundle.card.latent.levels[::-1])
    np.testing.assert_allclose([nats for _, nats, _ in shown], rates[::-1], rtol=0.01, atol=0.001)


INDICES = """
const { priors } = parts;
const heard = [];
const found = await priors.indicesOf(scene, { ...given, count: 12 }, (share) => heard.push(share));
return { indices: [...found], heard };
"""


def test_autoregressive_draws_are_the_priors_and_the_same_for_a_seed(
    visit: OpenPage, trained: dict[str, Bundle]
) -> None:
    bundle = trained["book"]
    book = bundle.card.latent.codebook
    assert book
    page = visit(f"page=sample&bundle={bundle.id}")
    comes_to_show(page, grid_of_indices(page, bundle))
    drawn = [
        inside(page, bundle, INDICES, seed=seed, temperature=temperature)
        for seed, temperature in ((5, 1), (5, 1), (6, 1), (5, 0))
    ]
    a, again, other, likely = (np.array(each["indices"]).reshape(12, book.slots) for each in drawn)
    assert drawn[0]["heard"] == [(slot + 1) / book.slots for slot in range(book.slots)]
    np.testing.assert_array_equal(a, again)
    assert (a != other).any()
    assert 0 <= a.min() <= a.max() < book.size
    chances = np.array(
        inside(
            page, bundle, "return Array.from({length: given.n}, parts.maths.uniform(5))", n=12 * book.slots
        )
    ).reshape(12, book.slots)
    for temperature, found in ((1.0, a), (0.0, likely)):
        np.testing.assert_array_equal(found, by_hand(bundle, chances, temperature))


def by_hand(bundle: Bundle, chances: Floats, temperature: float) -> Any:
    """Indices slot by slot: where each uniform number falls on the cumulated softmax of logits / T."""
    indices = np.zeros(chances.shape, np.int64)
    for slot in range(chances.shape[1]):
        logits = run(bundle, "prior", indices, np.full(len(indices), slot)).astype(float)
        if temperature == 0:
            indices[:, slot] = logits.argmax(1)
            continue
        weights = np.exp((logits - logits.max(1, keepdims=True)) / temperature)
        reached = np.cumsum(weights, 1) / weights.sum(1, keepdims=True)
        indices[:, slot] = (reached <= chances[:, slot, None]).sum(1)
    return indices


def grid_of_indices(page: Page, bundle: Bundle) -> Floats:
    """What the first grid shows: seed 1 at temperature 1."""
    book = bundle.card.latent.codebook
    assert book
    flat = inside(
        page, bundle, "return Array.from({length: given.n}, parts.maths.uniform(1))", n=80 * book.slots
    )
    indices = by_hand(bundle, np.array(flat).reshape(80, book.slots), 1.0)
    return bundle.decode(run(bundle, "lookup", indices))


def test_a_codebook_is_traversed_by_its_indices(visit: OpenPage, trained: dict[str, Bundle]) -> None:
    bundle = trained["book"]
    book = bundle.card.latent.codebook
    assert book
    page = visit(f"page=traverse&bundle={bundle.id}&point=7")
    picture = canvas.picture(page, "The decoded code")
    sliders = page.get_by_role("slider", name=re.compile(r"^Slot \d+$"))
    expect(sliders).to_have_count(book.slots)
    indices = np.array([[int(each.input_value()) for each in sliders.all()]], np.int64)
    np.testing.assert_allclose(run(bundle, "lookup", indices)[0], bundle.codes.mu[7], atol=0.02)
    canvas.decodes(picture, bundle, run(bundle, "lookup", indices)[0])
    indices[0, 1] = (indices[0, 1] + 5) % book.size
    sliders.nth(1).fill(str(indices[0, 1]))
    canvas.decodes(picture, bundle, run(bundle, "lookup", indices)[0])
    use = page.get_by_role("region", name="Use of the codebook").locator("dd").first
    perplexity = bundle.card.metrics["codebook_perplexity"]
    assert isinstance(perplexity, float)
    np.testing.assert_allclose(canvas.numbers(use.inner_text()), [perplexity, book.size], rtol=0.01)


def test_the_map_of_a_codebook_says_that_it_decodes_what_is_no_choice(
    visit: OpenPage, trained: dict[str, Bundle]
) -> None:
    bundle = trained["book"]
    page = visit(f"page=map&bundle={bundle.id}&view=pca&point=7")
    under = page.get_by_role("region", name="Under the cursor")
    expect(under).to_contain_text("This code is a choice of vectors")
    its = canvas.Map.of(page, bundle, "pca")
    x, y = its.left + 150, its.top - 110
    page.mouse.move(x, y)
    page.mouse.down()
    expect(under).to_contain_text("Not a choice of vectors from the codebook, nor moved to the nearest")
    z = canvas.behind(bundle, "pca", its.place(x, y))
    slots = bundle.card.latent.codebook
    assert slots
    every = run(bundle, "lookup", np.tile(np.arange(slots.size)[:, None], (1, slots.slots)))
    vectors = every.reshape(slots.size, slots.slots, slots.width)
    apart = np.square(vectors - z.reshape(1, slots.slots, slots.width)).sum(-1)
    snapped = run(bundle, "lookup", apart.argmin(0)[None])[0]
    assert np.abs(bundle.decode(snapped[None]) - bundle.decode(z[None])).max() > 0.03, "the two differ"
    canvas.decodes(canvas.picture(page, "The decoded place under the cursor"), bundle, z)
    page.mouse.up()


def test_the_score_field_points_as_pythons(visit: OpenPage, trained: dict[str, Bundle]) -> None:
    bundle = trained["noisy"]
    page = visit(f"page=map&bundle={bundle.id}&view=pca&score=on")
    expect(page.get_by_text("score field, σ = 0.3")).to_be_visible()
    expect(page.get_by_role("link", name="Vincent 2011")).to_have_attribute("href", re.compile("doi.org"))
    body = "return await parts.arrows.fieldOf(scene, parts.space.viewOf(scene, 'pca'))"
    found = inside(page, bundle, body)
    expected = score.of_bundle(bundle, 16)
    starts, ends = (np.array(found[each]).reshape(16, 16, 2) for each in ("starts", "ends"))
    of = [
        getattr(expected, each).reshape(16, 16, 2)[::-1] for each in ("starts", "ends")
    ]  # the top one first
    np.testing.assert_allclose(starts, of[0], atol=0.02)
    np.testing.assert_allclose(ends - starts, of[1] - of[0], atol=0.02)
    assert np.abs(ends - starts).max() > 0.1
    stage = page.locator(".stage").first
    with_arrows = canvas.photo(stage)
    page.get_by_role("button", name="score field").click()
    assert canvas.eventually(lambda: bool(np.abs(canvas.photo(stage).astype(int) - with_arrows).max() > 60))


def test_only_models_of_gaussian_noise_have_a_score_field(
    visit: OpenPage, trained: dict[str, Bundle]
) -> None:
    page = visit(f"page=map&bundle={trained['vamp'].id}&score=on")
    expect(page.get_by_role("button", name="manifold")).to_be_visible()
    expect(page.get_by_role("button", name="score field")).to_have_count(0)


def test_a_page_without_anything_to_show_says_why(visit: OpenPage, trained: dict[str, Bundle]) -> None:
    page = visit(f"page=interpolate&bundle={trained['book'].id}")
    expect(page.get_by_role("region", name="Nothing to show on Interpolate")).to_contain_text("codebook")
    page.get_by_role("button", name="Open Traverse").click()
    expect(page.get_by_role("slider", name="Slot 1", exact=True)).to_be_visible()


PLACES = {
    "interpolate": "book",
    "traverse": "book",
    "sample": "told",
    "map": "told",
    "draw": "sorted",
    "compare": "noisy",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("name", "model"), PLACES.items())
def test_axe_finds_nothing_serious(
    visit: OpenPage, trained: dict[str, Bundle], name: str, model: str, scheme: Literal["light", "dark"]
) -> None:
    page = visit(f"page={name}&bundle={trained[model].id}&point=3&score=on")
    page.emulate_media(color_scheme=scheme)
    page.wait_for_timeout(300)
    pages.is_accessible(page, "main")
