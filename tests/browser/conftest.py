"""A live Loupe and a Chromium to look at it; every page is watched for errors and for the network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from aecore.bundles import Bundle, open_bundle
from aecore.bundles.files import sha256
from tests.app import make_bundle
from tests.browser import canvas, live, models

OpenPage = Callable[[str], Page]
Shot = Callable[[str], None]

expect.set_options(timeout=30_000)  # milliseconds; a test never waits longer than it has to


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Server, browser and a renderer in software share few cores: what is late once is asked again."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.flaky(reruns=2))


def without_decoder(root: Path) -> None:
    """``digits/no-decoder``: its digests are right, but ``decoder.onnx`` is no model."""
    folder = make_bundle.write(root, "no-decoder", title="VAE without a decoder")
    content = b"This is no model."
    card = Bundle.open(folder).card
    card = replace(card, files={**card.files, "decoder.onnx": sha256(content)})
    (folder / "decoder.onnx").write_bytes(content)
    (folder / "card.json").write_bytes(card.to_bytes())


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An ``$AECORE_HOME`` with the bundles of :mod:`tests.app.make_bundle` and one without a decoder."""
    home = tmp_path_factory.mktemp("home")
    make_bundle.shelf(home / "bundles")
    without_decoder(home / "bundles")
    return home


@pytest.fixture(scope="session")
def app_url(home: Path) -> Iterator[str]:
    """URL of a live Loupe that has the shipped bundles and those of ``home``."""
    port = live.free_port()
    with live.serve(live.app_command(port), port, env={"AECORE_HOME": str(home)}) as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    with sync_playwright() as playwright:
        browser = live.launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser without history, 1440 × 900, in which nothing moves by itself."""
    context = browser.new_context(viewport=live.VIEWPORT, reduced_motion="reduce")
    context.set_default_timeout(30_000)
    yield context
    context.close()


@pytest.fixture(scope="session")
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    """The same for all who may share a cache: a page of it loads in half the time."""
    context = browser.new_context(viewport=live.VIEWPORT, reduced_motion="reduce")
    context.set_default_timeout(30_000)
    yield context
    context.close()


@pytest.fixture
def page(visitor: BrowserContext, app_url: str) -> Iterator[Page]:
    """A page that fails its test on a console error, a page error or a request to another host."""
    problems: list[str] = []
    page = visitor.new_page()
    live.watch(page, urlsplit(app_url).netloc, problems)
    yield page
    page.close()
    assert not problems, "\n".join(problems)


@pytest.fixture
def open_page(page: Page, app_url: str) -> OpenPage:
    """Opens a page of the app, as in ``open_page("/reconstruct?bundle=mnist/vae-2d")``, and waits for it."""

    def open_page(path: str = "/") -> Page:
        page.goto(app_url + path)
        live.wait_idle(page)
        if not path.startswith("/about"):
            canvas.drawn(page)
        return page

    return open_page


@pytest.fixture
def shot(page: Page, tmp_path: Path) -> Shot:
    """Takes a screenshot by a name; ``$LOUPE_SHOTS`` is a folder to keep it in."""
    return lambda name: canvas.shot(page, name, tmp_path)


@pytest.fixture(scope="session")
def two() -> Bundle:
    """A shipped VAE of two dimensions."""
    return open_bundle("digits/vae-2d")


@pytest.fixture(scope="session")
def many() -> Bundle:
    """A shipped VAE of more dimensions."""
    return open_bundle("digits/vae")


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Bundle]:
    """Small models of each kind of :mod:`tests.browser.models`, by their names."""
    return models.train(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def gallery(trained: dict[str, Bundle], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a static site of them."""
    with models.served(list(trained.values()), tmp_path_factory.mktemp("gallery")) as url:
        yield url


@pytest.fixture
def visit(visitor: BrowserContext, gallery: str) -> Iterator[OpenPage]:
    """Opens a page of that site, as in ``visit("page=sample&bundle=digits/ladder")``; no error passes."""
    problems: list[str] = []
    page = visitor.new_page()
    live.watch(page, urlsplit(gallery).netloc, problems)

    def visit(query: str) -> Page:
        page.goto(f"{gallery}?{query}")
        canvas.drawn(page)
        return page

    yield visit
    page.close()
    assert not problems, "\n".join(problems)
