"""A shipped bundle of every variant on every page of the canvas: something is painted, or it says why not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from aecore.bundles import Bundle, open_bundle
from aecore.places import shipped_root
from aecore.scenes.views import PAGES, views
from aecore.variants import VARIANTS
from aecore.zoo import recipes
from tests.browser import canvas, models
from tests.browser.kinds import visiting

DIGITS_LAST = sorted(recipes(shipped_root()), key=lambda recipe: recipe.config["data"] == "digits")
SHIPPED = {recipe.config["variant"]: recipe.id for recipe in DIGITS_LAST}

ALIKE = "digits/multi-rate-vae-2d"  # the one that the other multi-rate models can be compared with


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a static site of one bundle a variant."""
    folder = tmp_path_factory.mktemp("variants")
    with models.served([open_bundle(id) for id in (*SHIPPED.values(), ALIKE)], folder) as url:  # noqa: A001
        yield url


@pytest.fixture
def page(context: BrowserContext, site: str) -> Iterator[Page]:
    """Of that site; no error passes."""
    with visiting(context, site) as page:
        yield page


def is_painted(picture: Locator) -> bool:
    """Whether there is more than one colour on it."""
    return bool(np.ptp(canvas.read(picture), axis=(0, 1)).any())


def test_every_variant_is_shipped() -> None:
    assert SHIPPED.keys() == VARIANTS.keys()


@pytest.mark.parametrize("variant", SHIPPED)
def test_every_page_shows_it_or_says_why_not(page: Page, site: str, variant: str) -> None:
    bundle: Bundle = open_bundle(SHIPPED[variant])
    why = views(bundle.card.data.kind, bundle.card.latent)
    page.goto(f"{site}?page=map&bundle={bundle.id}")
    for name in PAGES:
        title = name.capitalize()
        page.get_by_role("navigation", name="Pages").get_by_role("link", name=title, exact=True).click()
        expect(page.get_by_role("heading", name=title, exact=True, level=1)).to_be_attached()
        canvas.drawn(page)
        nothing = page.get_by_role("region", name=f"Nothing to show on {title}")
        if why[name]:
            expect(nothing).to_contain_text(why[name])
            continue
        expect(nothing).to_have_count(0)
        expect(page.get_by_role("alert")).to_have_count(0)
        if name not in ("map", "draw"):  # points are WebGL's; paper is empty at first
            assert canvas.eventually(lambda: is_painted(page.locator("main canvas[role=img]").first))
