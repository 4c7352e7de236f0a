"""The models in the browser: they agree with Python's, and a failure stays on its own panel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from playwright.sync_api import Browser, BrowserContext, Page, expect

from aecore.bundles import Bundle, open_bundle, shipped_root
from aecore.stages.semi_supervised import SemiSupervised
from app import routes
from app.scene import scene_url
from tests.browser import canvas, live
from tests.browser.canvas import Map
from tests.browser.conftest import OpenPage, Shot

SHIPPED = sorted(
    str(card.parent.relative_to(shipped_root())) for card in shipped_root().glob("*/*/card.json")
)
RUN = """async ({ canvas, url, x, z }) => {
  const { parts } = await import(canvas);
  const scene = await parts.scene.loadScene(url);
  const { mu, logvar, as } = await parts.models.encode(scene, Float32Array.from(x));
  const y = await parts.models.decode(scene, Float32Array.from(z));
  return { mu: [...mu], logvar: logvar && [...logvar], x: [...y], as };
}"""


@pytest.fixture(scope="module")
def runtime(browser: Browser, app_url: str) -> Iterator[Page]:
    """A page without anything but a way to the canvas's parts."""
    page = browser.new_page()
    page.goto(app_url + live.HEALTH)
    yield page
    page.close()


def test_there_are_shipped_bundles() -> None:
    assert len(SHIPPED) >= 12


@pytest.mark.parametrize("name", SHIPPED)
def test_browser_python_and_pytorch_agree(runtime: Page, name: str) -> None:
    bundle = open_bundle(name)
    rng = np.random.default_rng(0)
    z = rng.normal(size=(3, bundle.card.latent.dim)).astype(np.float32)
    beside = condition(bundle, [0, 0, 0])  # a free code is told the first class
    x = np.clip(bundle.decode(canvas.mu(bundle)[:3], beside), 0, 1)  # what examples look like
    seen = x.argmax(-1) if bundle.card.data.kind == "tokens" else x
    given = {"canvas": f"/{routes.canvas_url()}", "url": f"/{scene_url(bundle)}"}
    found: dict[str, Any] = runtime.evaluate(RUN, given | {"x": x.ravel().tolist(), "z": z.ravel().tolist()})
    of_x = condition(bundle, found["as"]) if found.get("as") else beside
    python = bundle.encode(seen, of_x)
    mu = python.get("mu", python.get("z"))
    assert mu is not None
    np.testing.assert_allclose(np.reshape(found["mu"], mu.shape), mu, atol=1e-3)
    if "logvar" in python:
        np.testing.assert_allclose(np.reshape(found["logvar"], mu.shape), python["logvar"], atol=1e-3)
    theirs = in_pytorch(bundle, seen, z, of_x, beside)
    np.testing.assert_allclose(np.reshape(found["mu"], mu.shape), theirs["mu"], atol=1e-3)
    decoded = bundle.decode(z, beside)
    there = written(bundle, decoded)
    for other in (decoded, theirs["x"]):
        np.testing.assert_allclose(np.reshape(found["x"], decoded.shape)[there], other[there], atol=1e-3)


def written(bundle: Bundle, decoded: canvas.Floats) -> NDArray[np.bool_]:
    """Which steps, shape (B, T), a browser writes of what a causal decoder can: none behind the end."""
    kind = bundle.card.data.kind
    if "prefix" not in bundle.card.onnx["decoder"].inputs or kind == "image":
        return np.ones(decoded.shape[:2], bool)
    ends = decoded[..., -1] < 0.5 if kind == "series" else decoded.argmax(-1) == 0
    return np.cumsum(ends, axis=1) - ends == 0  # the step at which it ends is written


def condition(bundle: Bundle, classes: list[int]) -> canvas.Floats | None:
    """What a conditional model is told of so many examples: their classes, or that β is 1."""
    told = bundle.card.latent.condition
    if told is None:
        return None
    if told.range:
        return np.zeros((len(classes), told.size), np.float32)
    return np.eye(told.size, dtype=np.float32)[classes]


def in_pytorch(
    bundle: Bundle,
    x: canvas.Floats,
    z: canvas.Floats,
    of_x: canvas.Floats | None,
    of_z: canvas.Floats | None,
) -> dict[str, canvas.Floats]:
    """Means of the posterior, and means of the likelihood, by the model itself, told what stands beside."""
    model = bundle.model()
    with torch.no_grad():
        told_x, told_z = (None if each is None else torch.from_numpy(each) for each in (of_x, of_z))
        if isinstance(model, SemiSupervised):
            assert told_x is not None
            assert torch.equal(model.complete(torch.from_numpy(x)), told_x)  # the most probable class
        return {
            "mu": model.encode(torch.from_numpy(x), told_x).numpy(),
            "x": model.decode(torch.from_numpy(z), told_z).numpy(),
        }


def test_a_broken_decoder_is_a_message_and_the_page_lives(
    open_page: OpenPage, home: Path, shot: Shot
) -> None:
    bundle = Bundle.open(home / "bundles" / "digits" / "no-decoder")
    page = open_page("/?bundle=digits/no-decoder")
    alert = page.get_by_role("region", name="Under the cursor").get_by_role("alert")
    expect(alert).to_contain_text("decoder.onnx of this bundle cannot be run")
    shot("no-decoder")
    atlas = Map.of(page, bundle, "z")
    page.mouse.click(*atlas.row(atlas.lonely()[0]))
    expect(page.get_by_role("region", name="Picked example")).to_contain_text(
        f"#{bundle.codes.index[atlas.lonely()[0]]}"
    )
    for name in ("Traverse", "Interpolate", "Sample", "Reconstruct"):
        page.get_by_role("link", name=name, exact=True).click()
        expect(page).to_have_title(f"{name} · Loupe")
        expect(page.get_by_role("alert").first).to_contain_text("decoder.onnx of this bundle cannot be run")
        expect(page.get_by_role("combobox", name="Model", exact=True)).to_be_enabled()
    page.get_by_role("combobox", name="Model", exact=True).select_option("digits/vae-2d")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_without_webgl_a_plain_canvas_does_the_same(open_page: OpenPage, two: Bundle, shot: Shot) -> None:
    page = open_page(f"/?bundle={two.id}&webgl=off&manifold=off")
    made = page.evaluate("""() => document.createElement('canvas').getContext('webgl') !== null""")
    page.get_by_role("button", name="thumbnails").click()
    atlas = Map.of(page, two, "z")
    (row,) = atlas.lonely()
    plain = canvas.photo(atlas.stage)
    page.mouse.move(*atlas.row(row))
    expect(page.locator(".hover-card")).to_be_visible()
    page.mouse.click(*atlas.row(row))
    expect(page.get_by_role("region", name="Picked example")).to_contain_text(f"#{two.codes.index[row]}")
    canvas.choose(page, "Tool", "Lasso")
    atlas.drag(
        *(atlas.place(atlas.left + x, atlas.top + y) for x, y in [(-90, -90), (90, -90), (90, 90), (-90, 90)])
    )
    expect(page.get_by_role("region", name="Selection")).to_be_visible()
    shot("plain-canvas")
    assert made  # WebGL is there, and was not used:
    colours = {tuple(colour) for colour in plain.reshape(-1, 3)[::7].tolist()}
    assert len(colours) > 20


def test_the_plain_canvas_looks_as_the_one_by_webgl(open_page: OpenPage, two: Bundle) -> None:
    seen = []
    for way in ("on", "off"):
        page = open_page(f"/?bundle={two.id}&webgl={way}&manifold=off")
        page.get_by_role("button", name="thumbnails").click()
        page.mouse.move(0, 0)
        page.wait_for_timeout(400)
        seen.append(canvas.photo(page.locator(".stage")).astype(int))
    assert (np.abs(seen[0] - seen[1]).max(axis=2) > 60).mean() < 0.004


def test_where_motion_is_not_wanted_points_do_not_travel(open_page: OpenPage, two: Bundle) -> None:
    page = open_page(f"/?bundle={two.id}&manifold=off")  # the context asks for reduced motion
    page.get_by_role("button", name="thumbnails").click()
    canvas.choose(page, "View", "UMAP")
    page.wait_for_timeout(150)
    points = page.locator(live.MAP).first
    at_once = canvas.read(points)
    page.wait_for_timeout(600)
    assert (canvas.read(points) != at_once).any(axis=2).mean() < 0.001


@pytest.mark.parametrize("path", ["/", "/interpolate", "/draw"])
def test_the_map_follows_the_theme(open_page: OpenPage, page: Page, two: Bundle, path: str) -> None:
    page.emulate_media(color_scheme="light")
    open_page(f"{path}?bundle={two.id}")
    stage = page.locator(".stage")

    def ground() -> float:
        return float(np.median(canvas.photo(stage)))

    assert ground() > 240
    page.emulate_media(color_scheme="dark")
    assert canvas.eventually(lambda: ground() < 60)
    page.emulate_media(color_scheme="light")
    assert canvas.eventually(lambda: ground() > 240)


def test_coming_without_webgl_at_all(browser: Browser, app_url: str, two: Bundle) -> None:
    """A browser in which no canvas gives a WebGL context."""
    context: BrowserContext = browser.new_context(viewport=live.VIEWPORT, reduced_motion="reduce")
    context.add_init_script(
        "for (const kind of [HTMLCanvasElement, OffscreenCanvas]) { const get = kind.prototype.getContext;"
        " kind.prototype.getContext = function (name, ...rest) {"
        " return name.startsWith('webgl') ? null : get.call(this, name, ...rest); } }"
    )
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(f"{app_url}/?bundle={two.id}")
    live.wait_idle(page)
    atlas = Map.of(page, two, "z")
    page.mouse.click(*atlas.row(atlas.lonely()[0]))
    expect(page).to_have_url(re.compile("point="))
    assert not problems
    context.close()
