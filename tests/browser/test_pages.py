"""The pages in a real browser: they fit, they are in order, and their address holds what is seen."""

from __future__ import annotations

import http.client
import re
from typing import Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from app import routes
from tests.browser import canvas, live
from tests.browser.conftest import OpenPage, Shot

PAGES = ("", *(name for name in routes.PAGES[1:] if name not in ("beta", "train")), "about")
LAPTOP, PHONE = (1440, 900), (390, 844)
BUNDLE = "bundle=digits/vae-2d"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_and_is_in_order(
    open_page: OpenPage, page: Page, shot: Shot, name: str, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme)
    open_page(f"/{name}?{BUNDLE}")
    expect(page).to_have_title(f"{name.capitalize() or 'Map'} · Loupe")
    expect(page.locator('[data-testid="stException"], .notice.failed')).to_have_count(0)
    assert page.evaluate("getComputedStyle(document.querySelector('.stApp')).colorScheme") == scheme
    shot(f"{name or 'map'}-{scheme}")
    for width, height in (PHONE, LAPTOP):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(150)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), width
        if name != "about":
            # Streamlit clips what is too wide: the canvas must not be.
            over = page.locator(".loupe").evaluate("e => e.scrollWidth - e.clientWidth")
            assert over <= 0, f"{over} pixels too wide at {width}"
        if width == PHONE[0]:
            shot(f"{name or 'map'}-{scheme}-phone")


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


@pytest.mark.parametrize(
    ("path", "holds"),
    [
        ("/?bundle=digits/vae-2d&view=umap&colour=error&point=7", ["UMAP", "coloured by error"]),
        ("/?bundle=digits/vae&view=z&dims=3,5&manifold=on", ["z₃", "z₅"]),
        ("/interpolate?bundle=digits/vae&a=3&b=40&view=tsne", ["A: ", "B: "]),
        ("/compare?bundle=digits/vae-2d&other=digits/autoencoder", ["on the right"]),
        ("/reconstruct?bundle=digits/vae&point=12", []),
        ("/traverse?bundle=digits/vae&point=9", []),
    ],
)
def test_what_the_address_holds_outlives_a_reload(open_page: OpenPage, path: str, holds: list[str]) -> None:
    page = open_page(path)
    labels = page.locator(".loupe [aria-label], .loupe .axes span")

    def state() -> list[str]:
        return [str(each.get_attribute("aria-label") or each.inner_text()) for each in labels.all()]

    before = state()
    for text in holds:
        assert any(text in each for each in before), text
    asked = dict(pair.split("=") for pair in path.partition("?")[2].split("&"))
    for name, value in asked.items():
        expect(page).to_have_url(
            re.compile(rf"[?&]{name}={value.replace('/', '(/|%2F)').replace(',', '(,|%2C)')}(&|$)")
        )
    page.reload()
    live.wait_idle(page)
    canvas.drawn(page)
    assert canvas.eventually(lambda: state() == before), (state(), before)


def test_a_link_that_does_not_fit_says_so(open_page: OpenPage) -> None:
    page = open_page(f"/?{BUNDLE}&view=pca9&point=99999&dims=1,1&rows=notthese")
    notice = page.locator(".notice").filter(has_text="The link does not fit this bundle")
    for text in ("pca9", "99999", "1,1", "select again"):
        expect(notice).to_contain_text(text)


def test_the_bundle_follows_to_other_pages_and_back(open_page: OpenPage) -> None:
    page = open_page("/?bundle=digits/pca-5d")
    for name in ("Reconstruct", "Traverse", "Interpolate", "Sample", "Draw", "Compare", "Map"):
        page.get_by_role("link", name=name, exact=True).click()
        expect(page).to_have_title(f"{name} · Loupe")
        expect(page).to_have_url(re.compile(r"bundle=digits(%2F|/)pca-5d"))
        expect(page.get_by_role("combobox", name="Model", exact=True)).to_have_value("digits/pca-5d")
        canvas.drawn(page)
    page.get_by_role("link", name="About", exact=True).click()
    expect(page.locator(".st-key-pick-bundle input")).to_have_value(re.compile("5 dims"))


def test_choosing_another_bundle_is_followed_by_the_address(open_page: OpenPage) -> None:
    page = open_page(f"/?{BUNDLE}&point=3")
    page.get_by_role("combobox", name="Data set", exact=True).select_option("Shapes")
    expect(page).to_have_url(re.compile(r"bundle=shapes(%2F|/)vae-2d"))
    expect(page).not_to_have_url(re.compile("point="))
    expect(page.get_by_role("application")).to_have_accessible_name(re.compile("2000 codes"))


def test_the_stage_has_larger_type_and_no_side_bar(open_page: OpenPage) -> None:
    page = open_page(f"/?{BUNDLE}")
    size = "e => parseFloat(getComputedStyle(e).fontSize)"
    heading = page.get_by_role("heading", name="Under the cursor")
    small = heading.evaluate(size)
    page.get_by_role("button", name="Stage").click()
    expect(page.locator('[data-testid="stSidebar"]')).to_be_hidden()
    expect(page).to_have_url(re.compile(r"stage=on"))
    assert canvas.eventually(lambda: heading.evaluate(size) >= 1.2 * small)
    canvas.drawn(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_an_address_that_is_no_page_shows_the_map(visitor: BrowserContext, app_url: str) -> None:
    page = visitor.new_page()  # not watched: the console reports the page that is not there
    page.goto(f"{app_url}/nowhere")
    expect(page.get_by_text("Page not found")).to_be_visible()
    expect(page.locator(live.MAP)).to_be_visible()
    page.close()


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
@pytest.mark.parametrize(
    "path", ["/", "/reconstruct", "/loupe/fonts/inter-greek-wght-normal.woff2", "canvas"]
)
def test_our_routes_answer_our_own_pages_only(
    app_url: str, path: str, headers: dict[str, str], status: int
) -> None:
    connection = http.client.HTTPConnection(urlsplit(app_url).netloc, timeout=10)
    connection.request("GET", f"/{routes.canvas_url()}" if path == "canvas" else path, headers=headers)
    assert connection.getresponse().status == status
    connection.close()
