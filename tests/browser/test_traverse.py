"""Traverse: sliders and strips, ordered by what a dimension carries; pictures against ONNX Runtime."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from aecore.bundles import Bundle, open_bundle
from tests.browser import canvas
from tests.browser.conftest import OpenPage, Shot

DECODED = "The decoded code"


def order(bundle: Bundle) -> list[int]:
    """Dimensions, those that carry most first, by KL or by how far the codes reach; the dead ones last.

    Dead: the variance of μ is at most 0.01 (Burda et al. 2016); of point codes, a hundredth of the widest σ.
    """
    sigma = canvas.mu(bundle).std(axis=0)
    kl = bundle.card.metrics.get("kl_per_dimension")
    gaussian = bundle.card.latent.kind == "gaussian"
    dead = sigma**2 <= 0.01 if gaussian else sigma < 0.01 * sigma.max()
    carries = np.asarray(kl if kl is not None else sigma)
    return [int(d) for d in np.lexsort((-carries, dead))]


def sliders(page: Page) -> Locator:
    return page.get_by_role("region", name="Code", exact=True).get_by_role("slider")


@pytest.mark.parametrize("name", ["digits/vae", "mnist/beta-vae", "digits/autoencoder"])
def test_dimensions_stand_in_the_order_of_what_they_carry(open_page: OpenPage, name: str) -> None:
    bundle = open_bundle(name)
    page = open_page(f"/traverse?bundle={name}")
    expected = order(bundle)
    first = [str(each.get_attribute("aria-label")) for each in sliders(page).all()]
    assert [int(label.split()[1].rstrip(",")) - 1 for label in first] == expected[: len(first)]
    sigma = canvas.mu(bundle).std(axis=0)
    if bundle.card.latent.kind == "gaussian":
        for d, label in zip(expected, first, strict=False):
            assert label.endswith(", dead") == bool(sigma[d] ** 2 <= 0.01)


def test_scrubbing_decodes_at_once(open_page: OpenPage, many: Bundle, shot: Shot) -> None:
    page = open_page(f"/traverse?bundle={many.id}")
    z = canvas.mu(many).astype(float).mean(axis=0)
    decoded = canvas.picture(page, DECODED)
    canvas.decodes(decoded, many, z)
    sigma = canvas.mu(many).std(axis=0)
    for place, share in ((0, 0.8), (1, 0.3)):
        d = order(many)[place]
        handle = sliders(page).nth(place)
        box = handle.bounding_box()
        assert box
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2, steps=5)
        value = float(handle.input_value())
        assert abs(value - z[d]) <= 3.02 * sigma[d]
        assert abs(value - z[d]) > 0.5 * sigma[d]
        z[d] = value
        canvas.decodes(decoded, many, z)  # before it is let go
        page.mouse.up()
    shot("traverse")
    page.get_by_role("button", name="Back").click()
    canvas.decodes(decoded, many, canvas.mu(many).astype(float).mean(axis=0))


def test_a_strip_goes_from_minus_to_plus_three_sigma(open_page: OpenPage, many: Bundle) -> None:
    row = 5
    page = open_page(f"/traverse?bundle={many.id}&point={row}")
    codes = canvas.mu(many).astype(float)
    d = order(many)[0]
    strip = page.get_by_role("region", name="What each dimension does").get_by_role("group").first
    cells = strip.get_by_role("img")
    expect(cells).to_have_count(9)
    for cell, sigmas in ((0, -3), (4, 0), (8, 3)):
        z = codes[row].copy()
        z[d] = codes[:, d].mean() + sigmas * codes[:, d].std()
        canvas.decodes(cells.nth(cell), many, z)
    strip.get_by_role("button").nth(8).click()
    canvas.decodes(canvas.picture(page, DECODED), many, z)


def test_dead_dimensions_are_shown_as_dead(open_page: OpenPage) -> None:
    bundle = next(
        (
            each
            for each in map(
                open_bundle, ("shapes/beta-vae", "mnist/beta-vae", "digits/beta-vae", "mnist/vae")
            )
            if (canvas.mu(each).var(axis=0) <= 0.01).any()
        ),
        None,
    )
    assert bundle, "no shipped bundle has a dead dimension"
    dead = np.flatnonzero(canvas.mu(bundle).var(axis=0) <= 0.01)
    page = open_page(f"/traverse?bundle={bundle.id}")
    strips = page.get_by_role("region", name="What each dimension does").get_by_role("group")
    shown = sum("dead" in str(each.get_attribute("aria-label")) for each in strips.all())
    assert shown == min(len(dead), strips.count() - (bundle.card.latent.dim - len(dead)))
    used = bundle.card.latent.dim - len(dead)
    expect(page.get_by_text(f"{used} of {bundle.card.latent.dim} dimensions are in use.")).to_be_visible()
