"""The β lab in a browser: turning the β of a sweep and of a model for every β."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Route, expect
from scipy import stats

from tests.browser import live, pages
from tests.browser.lab import Lab, lab, lab_site
from tests.browser.turning import slider, turn

__all__ = ["lab", "lab_site"]

Open = Callable[..., Page]


@pytest.fixture
def open_lab(browser: Browser, lab_site: str) -> Iterator[Open]:
    """Opens the lab on a static site, and waits for its first frame; nothing may fail or leave the host."""
    problems: list[str] = []
    contexts = []

    def open_lab(
        query: str = "", quiet: bool = True, route: Callable[[Page], None] | None = None, **how: Any
    ) -> Page:
        context = browser.new_context(**{"viewport": live.VIEWPORT, "reduced_motion": "reduce", **how})
        contexts.append(context)
        page = context.new_page()
        if quiet:
            live.watch(page, urlsplit(lab_site).netloc, problems)
        if route:
            route(page)
        page.goto(f"{lab_site}?page=beta{query}")
        if quiet:
            expect(page.locator(".beta-head .state")).not_to_have_text("loading", timeout=30_000)
        return page

    yield open_lab
    for context in contexts:
        context.close()
    assert not problems, problems


def address(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


@pytest.mark.parametrize("way", ["sweep", "one"])
def test_everything_moves_with_the_slider_and_nothing_is_asked_for(open_lab: Open, way: str) -> None:
    page = open_lab(f"&way={way}")
    page.wait_for_timeout(3000)  # what is encoded at rest has been
    before = address(page)
    turned = turn(page)
    assert not turned.asked
    assert address(page) == before  # said at the gesture's end
    assert turned.betas > 30
    assert turned.torn == 0  # map, plot, reconstructions and samples change in one frame
    hand = slider(page).get_attribute("aria-valuetext")  # held still, not let go
    for picture in (".lab-map canvas", ".lab-plot"):
        label = re.compile(rf"{re.escape(hand or 'none')}(,|$)")
        expect(page.locator(picture).first).to_have_attribute("aria-label", label)
    page.mouse.up()
    expect(page.locator(".beta-head .state")).to_contain_text(
        "weights" if way == "sweep" else "encoded at this β"
    )
    beta = float(address(page)["beta"])
    expect(page.locator(".beta-head .beta")).to_have_text(f"β = {beta:#.3g}")


def test_page_keys_go_from_one_trained_beta_to_the_next(open_lab: Open, lab: Lab) -> None:
    betas = lab.sweeps["plane"].card.betas
    page = open_lab("&family=digits/plane&beta=0")
    state = page.locator(".beta-head .state")
    expect(state).to_have_text("trained")
    slider(page).focus()
    for beta in betas[1:3]:
        page.keyboard.press("PageUp")
        expect(state).to_have_text("trained")
        assert float(address(page)["beta"]) == pytest.approx(beta, rel=1e-5)
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    expect(state).to_contain_text(f"between {betas[2]:.3g} and {betas[3]:.3g}: weights")


def test_presets_are_had_where_the_range_reaches(open_lab: Open) -> None:
    page = open_lab("&family=digits/plane")
    chips = page.get_by_role("group", name="β worth seeing")
    expect(chips.get_by_role("button", name="collapse")).to_be_disabled()  # it ends at 10
    chips.get_by_role("button", name="holes").click()
    expect(page.locator(".beta-head .beta")).to_have_text("β = 0")
    expect(page.locator(".beta-head .what")).to_contain_text("an autoencoder")
    assert address(page)["beta"] == "0"
    page.locator(".segment label", has_text="One model, every β").click()
    expect(page.locator(".beta-head .state")).to_contain_text("decoder exact", timeout=30_000)
    expect(chips.get_by_role("button", name="holes")).to_be_disabled()  # it begins above 0
    assert address(page)["way"] == "one"
    page.reload()
    expect(page.locator(".beta-head .state")).to_contain_text("decoder exact", timeout=30_000)


@pytest.mark.parametrize("beta", [0.1, 10])
def test_a_collapse_is_named(open_lab: Open, lab: Lab, beta: float) -> None:
    sweep = lab.sweeps["solid"]
    member = sweep.card.members[sweep.card.betas.index(beta)]
    still = np.flatnonzero(sweep.codes.mu[sweep.card.betas.index(beta)].astype(np.float64).var(0) <= 0.01)
    page = open_lab(f"&family=digits/solid&beta={beta}")
    said = page.get_by_label("Collapse", exact=True)
    if not len(still):
        expect(said).to_contain_text("No dimension has collapsed")
    elif len(still) == 3:
        expect(said).to_contain_text("Posterior collapse")
    else:
        expect(said).to_contain_text(", ".join("z" + "₁₂₃"[d] for d in still))
    if len(still):
        expect(said).to_contain_text("free bits")
    expect(page.locator(".told-figures")).to_contain_text(f"{member.metrics['active_units']} / 3")


@pytest.mark.parametrize("k", [0, 1, 2])
def test_bars_and_plots_are_the_members(open_lab: Open, lab: Lab, k: int) -> None:
    sweep = lab.sweeps["solid"]
    member, codes = sweep.card.members[k], sweep.codes
    page = open_lab(f"&family=digits/solid&beta={member.beta}")
    expect(page.locator(".beta-head .state")).to_have_text("trained")
    nats = cast(list[float], member.metrics["kl_per_dimension"])
    bars = page.get_by_label("KL per dimension", exact=True).locator("rect")
    expect(bars).to_have_count(3)
    for bar, each in zip(bars.all(), nats, strict=True):
        expect(bar).to_have_class("dead" if each < 0.05 else "alive")
        assert float((bar.locator("title").text_content() or "").split()[1]) == pytest.approx(each, abs=0.006)
    tall = [float(bar.get_attribute("height") or "nan") for bar in bars.all()]
    alive = [(pixels, each) for pixels, each in zip(tall, nats, strict=True) if each >= 0.05]
    assert len({round(pixels**2 / each, 1) for pixels, each in alive}) <= 1  # by the root of their nats
    plot = page.get_by_label("Rate–distortion", exact=True)
    for axis in ("cx", "cy"):
        place = plot.locator(".member").nth(k).get_attribute(axis)
        assert plot.locator(".here").get_attribute(axis) == place
    most = int(np.argmax(nats))
    mu, logvar = (each[k, :, most].astype(np.float64) for each in (codes.mu, codes.logvar))
    quantiles = stats.norm.ppf((np.arange(200) + 0.5) / 200)
    draws = (mu[:, None] + np.exp(logvar / 2)[:, None] * quantiles).ravel()
    away = stats.wasserstein_distance(draws, stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000))
    said = page.get_by_label("Aggregate posterior against prior", exact=True).locator(".figure b").first
    assert float(said.inner_text()) == pytest.approx(away, abs=0.03)


def test_a_figure_of_disentanglement_is_drawn_against_beta_and_its_peak_named(
    open_lab: Open, lab: Lab
) -> None:
    scores = [0.12, 0.37, 0.05]
    betas = lab.sweeps["solid"].card.betas
    others = [{"beta": betas[0], "value": 0.02}, {"beta": betas[2], "value": 0.21}]
    studied = {"title": "others", "measures": {"mig_without_shape": others}}

    def scored(page: Page) -> None:
        def list_(route: Route) -> None:
            found = route.fetch().json()
            route.fulfill(json=found | {"data": [each | {"studied": studied} for each in found["data"]]})

        page.route("**/lab.json", list_)

        def answer(route: Route) -> None:
            card = route.fetch().json()
            if len(card["members"]) == len(scores):  # the other sweep has none
                for member, score in zip(card["members"], scores, strict=True):
                    member["metrics"]["mig_without_shape"] = score
            route.fulfill(json=card)

        page.route("**/sweep.json", answer)

    page = open_lab("&family=digits/solid&beta=10", route=scored)
    panel = page.get_by_label("MIG without shape against β", exact=True)
    expect(panel).to_contain_text(f"highest at β = {betas[1]:g}: 0.37")
    expect(panel).to_contain_text(f"rings: others, highest at β = {betas[2]:g}: 0.21")
    low = [float(each.get_attribute("cy") or "nan") for each in panel.locator(".member").all()]
    assert np.corrcoef(low, scores)[0, 1] < -0.9999  # linear, upwards
    peak, *rings = [float(each.get_attribute("cy") or "nan") for each in panel.locator(".rival").all()]
    assert peak == min(low)
    assert np.corrcoef([*low, *rings], [*scores, 0.02, 0.21])[0, 1] < -0.9999
    now = re.match(r"M([\d.]+) ", panel.locator(".now").get_attribute("d") or "")
    assert now
    last = panel.locator(".member").last.get_attribute("cx")
    assert float(now[1]) == pytest.approx(float(last or "nan"))
    unscored = open_lab("&family=digits/plane&beta=1")
    expect(unscored.get_by_text("against β")).to_have_count(0)


def test_a_point_is_named_and_its_posterior_drawn(open_lab: Open, lab: Lab) -> None:
    sweep = lab.sweeps["plane"]
    k = 3
    page = open_lab(f"&family=digits/plane&beta={sweep.card.betas[k]}")
    field = page.locator(".lab-map .field")
    box = field.bounding_box()
    assert box
    places = sweep.codes.mu[k].astype(np.float64)
    low, high = np.quantile(places, 0.008, axis=0), np.quantile(places, 0.992, axis=0)
    reach = (high - low).max() / 2
    centre = (low + high) / 2 if reach > 3 else np.zeros(2)
    scale = 0.96 * min(box["width"], box["height"]) / (2 * max(reach, 3))
    pixels = np.array([1, -1]) * (places - centre) * scale + [box["width"] / 2, box["height"] / 2]
    apart = np.sort(((pixels[:, None] - pixels) ** 2).sum(-1), 1)[:, 1]
    row = int(np.argmax(apart * ((pixels > 20) & (pixels < [box["width"] - 20, box["height"] - 20])).all(1)))
    picture = field.locator("canvas").first
    page.mouse.move(box["x"] + pixels[row, 0], box["y"] + pixels[row, 1])
    assert sweep.codes.label is not None
    expect(page.locator(".over-point")).to_have_text(sweep.card.data.classes[sweep.codes.label[row]])
    read = "(c) => c.toDataURL()"
    before = picture.evaluate(read)
    page.mouse.click(box["x"] + pixels[row, 0], box["y"] + pixels[row, 1])
    chip = page.get_by_role("button", name="Posteriors")
    expect(chip).to_have_attribute("aria-pressed", "true")
    assert picture.evaluate(read) != before
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "false")
    assert picture.evaluate(read) == before


ELLIPSES = """window.drawn = [];
CanvasRenderingContext2D.prototype.ellipse = new Proxy(CanvasRenderingContext2D.prototype.ellipse, {
  apply: (draw, pen, given) => (drawn.push(given.slice(0, 5)), Reflect.apply(draw, pen, given)),
})"""


def test_an_ellipse_is_two_sigma_of_the_posterior_as_the_map_shows_it(open_lab: Open, lab: Lab) -> None:
    codes = lab.sweeps["solid"].codes
    mu, logvar, places = (each[0].astype(np.float64) for each in (codes.mu, codes.logvar, codes.pca))
    assert codes.label is not None
    rows = [int(np.flatnonzero(codes.label == label)[0]) for label in range(10)]
    page = open_lab("&family=digits/solid&beta=0.1")
    page.evaluate(f"() => {{ {ELLIPSES} }}")
    page.get_by_role("button", name="Posteriors").click()
    drawn = np.array(page.evaluate("drawn.slice(-10)"))
    away = drawn[:, :2] - drawn[:, :2].mean(0)
    on_map = (places - places[rows].mean(0))[rows] * [1, -1]  # upwards on the map is less on the screen
    scale = (away * on_map).sum() / (on_map**2).sum()
    np.testing.assert_allclose(away, scale * on_map, atol=0.5)
    ways = np.linalg.lstsq(np.c_[mu, np.ones(len(mu))], places, rcond=None)[0][:3].T * [[1], [-1]]  # (2, D)
    assert (drawn[:, 2] > 1.2 * drawn[:, 3]).any()  # so that the angle matters
    assert (abs(np.sin(2 * drawn[:, 4])) > 0.3).any()
    for row, (_, _, long, short, angle) in zip(rows, drawn, strict=True):
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        found = turn @ np.diag([long**2, short**2]) @ turn.T
        expected = (2 * scale) ** 2 * ways @ np.diag(np.exp(logvar[row])) @ ways.T
        np.testing.assert_allclose(found, expected, atol=0.02 * np.trace(expected))


def test_without_originals_codes_are_decoded(open_lab: Open) -> None:
    def without(page: Page) -> None:
        said = json.dumps({"missing": "Digits is not on this machine."})
        page.route(
            "**/originals.json", lambda route: route.fulfill(body=said, content_type="application/json")
        )

    page = open_lab("&way=one", route=without)
    panel = page.get_by_label("Reconstructions", exact=True)
    expect(panel).to_contain_text("the originals are not at hand")
    expect(panel.get_by_role("img")).to_have_count(1)
    page.wait_for_timeout(600)
    expect(page.locator(".beta-head .state")).not_to_contain_text("encoded at")


def test_a_decoder_that_cannot_be_run_is_named(open_lab: Open) -> None:
    def broken(page: Page) -> None:
        def no_model(route: Route) -> None:
            route.fulfill(body="no model")

        page.route("**/decoder.onnx", no_model)

    page = open_lab(quiet=False, route=broken)
    expect(page.get_by_role("alert").first).to_contain_text("decoder.onnx")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("way", ["sweep", "one", "live"])
def test_axe_finds_nothing_serious_and_it_fits_a_phone(open_lab: Open, way: str, scheme: str) -> None:
    page = open_lab(f"&way={way}", quiet=False, color_scheme=scheme)
    page.wait_for_selector(".beta-head .told-figures" if way != "live" else ".loupe .notice")
    pages.is_accessible(page, "main")
    for width, height in (pages.PHONE, (820, 1180)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(200)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), width
