"""Sample: draws from the prior and the mixture, the temperature, one draw and its nearest neighbours."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from numpy.typing import NDArray
from playwright.sync_api import Page, expect

from aecore import scenes
from aecore.bundles import Bundle, open_bundle
from app import routes
from app.scene import scene_url
from tests.browser import canvas
from tests.browser.conftest import OpenPage, Shot

COUNT, COLUMNS = 80, 10
DRAWS = """async ({ canvas, url, seed, count, source, temperature }) => {
  const { parts } = await import(canvas);
  const { codes, dim } = await parts.scene.loadScene(url);
  const draw = parts.maths.normal(seed);
  const epsilon = Float32Array.from({ length: count * dim }, draw);
  const { means, cholesky } = codes.prior;
  return Array.from({ length: count }, (_, i) =>
    [...parts.maths.gaussian(means, cholesky, temperature, epsilon.subarray(i * dim, (i + 1) * dim))]);
}"""


def cells(page: Page, side: int = 8, gap: int = 1) -> canvas.Floats:
    """The images of the grid, shape (COUNT, side, side)."""
    image = canvas.grey_of(canvas.picture(page, re.compile(r"^\d+ decoded draws$")))
    step = side + gap
    corners = [(i // COLUMNS * step, i % COLUMNS * step) for i in range(COUNT)]
    return np.array([image[y : y + side, x : x + side] for y, x in corners], float)


def grid_shows(page: Page, expected: NDArray[Any]) -> bool:
    """Whether the grid shows some grey images, to 2 of 255 steps."""
    return bool(np.abs(cells(page) - expected).max() <= 2)


def prior_draws(page: Page, bundle: Bundle, temperature: float = 1) -> canvas.Floats:
    """The codes behind the grid, of seed 1: mean + T·L·ε; that ε is normal is for test_maths."""
    given = {"seed": 1, "count": COUNT, "source": "prior", "temperature": temperature}
    urls = {"canvas": f"/{routes.canvas_url()}", "url": f"/{scene_url(bundle)}"}
    return np.array(page.evaluate(DRAWS, given | urls))


def temperature(page: Page, value: float) -> None:
    page.get_by_role("slider", name="Temperature").fill(str(value))


@pytest.mark.parametrize("name", ["digits/vae", "digits/autoencoder"])
def test_the_grid_is_what_the_decoder_makes_of_draws_from_the_prior(
    open_page: OpenPage, name: str, shot: Shot
) -> None:
    bundle = open_bundle(name)
    page = open_page(f"/sample?bundle={name}")
    for each in (1.0, 0.4):
        temperature(page, each)
        expected = canvas.as_pixels(bundle.decode(prior_draws(page, bundle, each)))[..., 0]
        assert canvas.eventually(partial(grid_shows, page, expected))
    shot(f"sample-{name.replace('/', '-')}")


def test_at_temperature_nought_all_draws_are_the_mean(open_page: OpenPage, many: Bundle) -> None:
    page = open_page(f"/sample?bundle={many.id}")
    temperature(page, 0)
    mean = canvas.as_pixels(many.decode(np.zeros((1, many.card.latent.dim))))[0, ..., 0]
    assert canvas.eventually(lambda: grid_shows(page, mean))


def test_the_mixture_lies_where_the_codes_are(open_page: OpenPage, many: Bundle) -> None:
    """At temperature 0 each draw is a mean of the mixture, and they come in proportion to its weights."""
    page = open_page(f"/sample?bundle={many.id}")
    arrays = safetensors.numpy.load(scenes.mixture(many))
    weights = arrays["weights"]
    canvas.choose(page, "Draw from", f"Mixture, K = {len(weights)}")
    temperature(page, 0)
    means = canvas.as_pixels(many.decode(arrays["means"]))[..., 0]
    away = np.full(1, 255.0)

    def close() -> bool:
        nonlocal away
        away = np.abs(cells(page)[:, None] - means[None]).max(axis=(2, 3))
        return bool(away.min(axis=1).max() <= 3)

    assert canvas.eventually(close), away.min(axis=1).max()
    found = np.bincount(away.argmin(axis=1), minlength=len(means)) / COUNT
    spread = np.sqrt(weights / COUNT)
    assert (np.abs(found - weights) < 4 * spread).all()


def test_draw_again_is_another_seed_and_back_the_one_before(open_page: OpenPage, many: Bundle) -> None:
    page = open_page(f"/sample?bundle={many.id}")
    first = cells(page)
    page.get_by_role("button", name="Draw again").click()
    expect(page.get_by_text("seed 2")).to_be_visible()
    assert canvas.eventually(lambda: np.abs(cells(page) - first).max() > 20)
    page.get_by_role("button", name="Back").click()
    assert canvas.eventually(lambda: np.array_equal(cells(page), first))


def test_a_draw_says_where_it_lies_and_what_lies_next_to_it(
    open_page: OpenPage, two: Bundle, shot: Shot
) -> None:
    page = open_page(f"/sample?bundle={two.id}")
    expected = cells(page)[23]
    draws = page.get_by_role("application", name=re.compile("decoded draws"))
    box = draws.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] * 3.5 / 10, box["y"] + box["height"] * 2.5 / 8)
    panel = page.get_by_role("region", name="Sample 24: has it memorised?")
    z = prior_draws(page, two)[23]
    canvas.decodes(canvas.picture(panel, "Sample 24"), two, z)
    assert np.abs(canvas.grey(canvas.picture(panel, "Sample 24")) - expected).max() <= 2

    def named(group: str) -> tuple[list[int], list[float]]:
        shown = panel.get_by_role("group", name=group).get_by_role("button")
        expect(shown).to_have_count(3)
        titles = [str(each.get_attribute("title")) for each in shown.all()]
        return [int(title.split("#")[1]) for title in titles], canvas.numbers(
            " ".join(shown.all_inner_texts())
        )

    away = np.linalg.norm(canvas.mu(two) - z, axis=1)
    rows = np.argsort(away)[:3]
    indices, notes = named("Nearest codes")
    assert indices == two.codes.index[rows].tolist()
    np.testing.assert_allclose(notes, away[rows], rtol=0.06)
    images = canvas.originals(two).reshape(len(two.codes), -1)
    away = np.linalg.norm(images - two.decode(z[None].astype(np.float32)).reshape(-1), axis=1)
    rows = np.argsort(away)[:3]
    indices, notes = named("Nearest in pixels")
    assert indices == two.codes.index[rows].tolist()
    np.testing.assert_allclose(notes, away[rows], rtol=0.06)
    expect(panel.get_by_role("status")).to_have_text(re.compile("copy|examples"))
    where = page.get_by_role("region", name="Where it lies")
    atlas = canvas.Map.of(page, two, "z", where.locator(".stage"))
    mark = where.get_by_role("img", name="sample 24")
    at = mark.locator("i").evaluate(
        "e => { const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2] }"
    )
    np.testing.assert_allclose(at, atlas.pixel(z), atol=2)
    shot("sample-picked")


def test_the_grid_can_be_saved(open_page: OpenPage, many: Bundle, tmp_path: Path) -> None:
    page = open_page(f"/sample?bundle={many.id}")
    shown = cells(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save PNG").click()
    waiting.value.save_as(tmp_path / "grid.png")
    image = canvas.image(tmp_path / "grid.png")[..., 0]
    factor = image.shape[1] // (9 * COLUMNS - 1)
    small = image[factor // 2 :: factor, factor // 2 :: factor]
    np.testing.assert_array_equal(small[:8, :8], shown[0])
    np.testing.assert_array_equal(small[-8:, -8:], shown[-1])
