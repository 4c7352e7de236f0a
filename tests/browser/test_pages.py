"""The pages in a real browser: they fit, they answer a click, and their address holds what is seen."""

from __future__ import annotations

import http.client
import re
from collections.abc import Callable, Iterator
from typing import Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.app import make_bundle
from tests.browser import live

PAGES = ("", "reconstruct", "interpolate", "sample", "about")
LAPTOP, PHONE = (1440, 900), (390, 844)
BUNDLE = "bundle=digits/pca-2d"

POINT = """() => {
  const plot = document.querySelector('.js-plotly-plot')
  const box = plot.querySelector('.nsewdrag').getBoundingClientRect()
  const {xaxis, yaxis} = plot._fullLayout, trace = plot._fullData[0]
  return [box.x + xaxis.l2p(trace.x[0]), box.y + yaxis.l2p(trace.y[0])]
}"""  # where the first point of the first class is on the screen


@pytest.fixture(scope="module")
def app_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a live Loupe that has, beside the shipped bundles, those of :mod:`tests.app.make_bundle`."""
    home = tmp_path_factory.mktemp("home")
    make_bundle.shelf(home / "bundles")
    port = live.free_port()
    with live.serve(live.app_command(port), port, env={"AECORE_HOME": str(home)}) as url:
        yield url


OpenPage = Callable[[str], Page]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [LAPTOP, PHONE])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_and_is_in_order(
    open_page: OpenPage, page: Page, name: str, size: tuple[int, int], scheme: Literal["light", "dark"]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.emulate_media(color_scheme=scheme)
    open_page(f"/{name}?{BUNDLE}")
    expect(page.locator(".lp-heading").first).to_be_visible()
    expect(page.locator('[data-testid="stException"]')).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.evaluate("getComputedStyle(document.querySelector('.stApp')).colorScheme") == scheme
    expect(page).to_have_title(f"{name.capitalize() or 'Map'} · Loupe")


def test_type_is_inter_from_our_own_server_greek_too(open_page: OpenPage) -> None:
    page = open_page(f"/?{BUNDLE}")
    loaded = page.evaluate(
        """async () => {
          const faces = await document.fonts.load('15px Inter', 'aβμσ')
          return faces.map(face => [face.family, face.status])
        }"""
    )
    assert len(loaded) == 2
    assert {status for _, status in loaded} == {"loaded"}
    asked = page.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")
    assert any("/loupe/fonts/inter-greek" in url for url in asked)


def test_a_click_shows_the_point_and_outlives_a_reload(open_page: OpenPage) -> None:
    page = open_page(f"/?{BUNDLE}")
    page.locator(".nsewdrag").wait_for()
    page.wait_for_timeout(500)  # Plotly settles after Streamlit does
    page.mouse.move(*page.evaluate(POINT))
    page.wait_for_timeout(300)
    page.mouse.click(*page.evaluate(POINT))
    card = page.locator(".st-key-card-looked-at")
    expect(card).to_contain_text("Test example")
    expect(card.get_by_alt_text("the original")).to_be_visible()
    expect(page).to_have_url(re.compile(r"point=\d+"))
    live.wait_idle(page)
    expect(card).to_contain_text("close")  # the icon of the button, last to be drawn
    before = card.inner_text()
    page.reload()
    live.wait_idle(page)
    expect(card).to_contain_text("Nearest codes")
    expect(card).to_contain_text("close")
    assert card.inner_text() == before


def test_a_box_selects_and_the_selection_follows_to_another_map(open_page: OpenPage) -> None:
    page = open_page(f"/?{BUNDLE}")
    area = page.locator(".nsewdrag")
    area.wait_for()
    page.locator('.modebar-btn[data-title="Box Select"]').click()
    box = area.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.6 * box["height"], steps=8)
    page.mouse.up()
    card = page.locator(".st-key-card-figures")
    expect(card).to_contain_text("Selection")
    expect(page).to_have_url(re.compile(r"rows="))
    live.wait_idle(page)
    before = card.inner_text()
    page.get_by_role("radio", name="t-SNE").click()
    expect(page).to_have_url(re.compile(r"map=t-SNE"))
    live.wait_idle(page)
    assert card.inner_text() == before


def test_the_bundle_follows_to_other_pages_and_back(open_page: OpenPage) -> None:
    page = open_page("/?bundle=digits/pca-5d")
    for name in ("Interpolate", "Sample", "About", "Reconstruct", "Map"):
        page.get_by_role("link", name=name).click()
        live.wait_idle(page)
        expect(page).to_have_url(re.compile(r"bundle=digits(%2F|/)pca-5d"))
        expect(page.locator(".st-key-pick-bundle input")).to_have_value(re.compile("5 dims"))


def test_what_a_page_asks_outlives_a_reload(open_page: OpenPage) -> None:
    page = open_page(f"/sample?{BUNDLE}&temperature=0.5&seed=3")
    expect(page.locator(".st-key-card-picture")).to_contain_text("temperature 0.50 · seed 3")
    page.get_by_role("button", name="Draw again").click()
    expect(page.locator(".st-key-card-picture")).to_contain_text("seed 4")
    page.reload()
    live.wait_idle(page)
    expect(page.locator(".st-key-card-picture")).to_contain_text("temperature 0.50 · seed 4")


def test_the_stage_has_larger_type_and_no_side_bar(open_page: OpenPage) -> None:
    page = open_page(f"/?{BUNDLE}")
    small = page.evaluate("parseFloat(getComputedStyle(document.querySelector('.lp-heading h4')).fontSize)")
    page.get_by_role("button", name="stage").click()
    expect(page.locator('[data-testid="stSidebar"]')).to_be_hidden()
    expect(page).to_have_url(re.compile(r"stage=on"))
    large = page.evaluate("parseFloat(getComputedStyle(document.querySelector('.lp-heading h4')).fontSize)")
    assert large >= 1.2 * small


def test_an_unknown_bundle_is_named_in_a_message(open_page: OpenPage) -> None:
    page = open_page("/?bundle=digits/pca-3d")
    expect(page.get_by_text("There is no bundle called 'digits/pca-3d'.")).to_be_visible()
    expect(page.locator(live.MAP)).to_be_visible()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "evil.example"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
@pytest.mark.parametrize("path", ["/", "/reconstruct", "/loupe/fonts/inter-greek-wght-normal.woff2"])
def test_our_routes_answer_our_own_pages_only(
    app_url: str, path: str, headers: dict[str, str], status: int
) -> None:
    connection = http.client.HTTPConnection(urlsplit(app_url).netloc, timeout=10)
    connection.request("GET", path, headers=headers)
    assert connection.getresponse().status == status
    connection.close()
