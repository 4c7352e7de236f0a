"""The one rule for which pages have something to show."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from aecore import scenes
from aecore.bundles.latents import Codebook, LatentKind, LatentSpec, Prior
from aecore.data.dataset import Kind
from aecore.scenes.views import PAGES, shown, views
from app import routes
from tests.aecore.scenes.conftest import Make, changed

TYPESCRIPT = Path(routes.__file__).parent / "canvas" / "src"


def latent(kind: LatentKind) -> LatentSpec:
    if kind == "codebook":
        return LatentSpec(kind, 4, codebook=Codebook(8, 2, 2))
    return LatentSpec(kind, 4, levels=(3, 1) if kind == "ladder" else ())


def test_the_pages_are_those_of_the_canvas() -> None:
    said = re.search(r"PageName = ([^;]+);", (TYPESCRIPT / "host.ts").read_text())
    assert said
    assert set(re.findall(r'"(\w+)"', said[1])) == set(routes.PAGES)


@pytest.mark.parametrize("data", get_args(Kind))
@pytest.mark.parametrize("kind", get_args(LatentKind))
def test_every_page_shows_something_or_says_why_not_in_a_sentence(data: str, kind: LatentKind) -> None:
    found = views(data, latent(kind))
    assert tuple(found) == PAGES
    assert shown(data, latent(kind)) == tuple(page for page in PAGES if not found[page])
    for page in ("map", "reconstruct", "traverse", "sample", "compare"):
        assert not found[page]
    for why in filter(None, found.values()):
        assert re.fullmatch(r"[A-Z].{30,240}\.", why)
        assert re.search(r"\b(Map|Traverse)\b", why), "it names a page that works"


def test_a_codebook_has_no_path_and_a_table_no_drawing() -> None:
    assert views("image", latent("codebook"))["interpolate"]
    assert not views("image", latent("gaussian"))["interpolate"]
    assert views("table", latent("gaussian"))["draw"]
    assert not views("image", latent("gaussian"))["draw"]


def test_the_scene_says_so(make: Make) -> None:
    bundle = make()
    described = scenes.describe(bundle)
    assert described["views"] == views("image", bundle.card.latent)
    assert described["latent"]["prior_title"] == "Prior N(0, I)"
    assert (described["score"], described["measured"]) == (None, {"rmse": 0.2})


def test_the_scene_says_what_a_code_and_its_prior_are(make: Make) -> None:
    bundle = make(dim=2, kind="point")
    prior = Prior("function", (0.0, 0.0), ([1.0, 0.0], [0.0, 1.0]))
    spec = LatentSpec("point", 2, prior)
    for chosen, title in (
        ("swiss-roll", "Swiss roll"),
        ("mixture", "Mixture of Gaussians"),
        ("vamp", "VampPrior, learned"),
    ):
        made = changed(bundle, latent=spec, config=bundle.card.config | {"prior": chosen})
        assert scenes.describe(made)["latent"]["prior_title"] == title


def test_a_model_of_gaussian_noise_has_a_score(make: Make) -> None:
    bundle = make()
    noisy = {"corruption": "gaussian", "level": 0.25}
    assert scenes.describe(changed(bundle, config=bundle.card.config | noisy))["score"] == 0.25
    for change in ({"corruption": "masking"}, {"level": 0.0}, {"levels": "range"}):
        other = changed(bundle, config=bundle.card.config | noisy | change)
        assert scenes.describe(other)["score"] is None
