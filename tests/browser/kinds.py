"""Small models of series, words and tables, trained in seconds, on a static page."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import BrowserContext, Locator, Page, expect

from aecore import api
from aecore.bundles import Bundle
from tests.browser import canvas, live


def trained(home: Path, data: str, name: str, variant: str = "vae", **options: Any) -> Bundle:
    """A bundle of two dimensions, in ``home``."""
    before = os.environ.get("AECORE_HOME")
    os.environ["AECORE_HOME"] = str(home)
    try:
        return api.train(variant, data, name=name, latent_dim=2, **options)
    finally:
        del os.environ["AECORE_HOME"]
        if before is not None:
            os.environ["AECORE_HOME"] = before


@contextmanager
def visiting(context: BrowserContext, url: str) -> Iterator[Page]:
    """A page that fails its test on an error in the console or a request to another host."""
    problems: list[str] = []
    page = context.new_page()
    live.watch(page, urlsplit(url).netloc, problems)
    yield page
    assert not problems, "\n".join(problems)


def said(picture: Locator, text: str) -> None:
    """Asserts what a picture comes to say of what it shows."""
    expect(picture).to_have_attribute("aria-description", text, timeout=20_000)
    expect(picture).not_to_have_class(canvas.WAITING)


def word(probabilities: NDArray[np.float32], vocabulary: tuple[str, ...]) -> str:
    """The most probable tokens, shape (T, V), up to the first end; as the canvas calls it."""
    tokens = probabilities.argmax(-1)
    ends = np.flatnonzero(tokens == 0)
    return "".join(vocabulary[t] for t in tokens[: ends[0] if len(ends) else None]) or "nothing"


def ink(picture: Locator) -> NDArray[np.bool_]:
    """Where a picture is painted, shape (H, W)."""
    return canvas.read(picture)[..., 3] > 40


def fits(page: Page) -> None:
    """Asserts that nothing scrolls sideways."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url
