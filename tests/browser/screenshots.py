"""The README's pictures: every page, light and dark, as Chromium shows it.

``python -m tests.browser.screenshots [FOLDER]`` writes, into docs by default,
``map-light.png``, ``map-dark.png``, …
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

from app import routes
from tests.browser import canvas, live

OWN = ("learn", "about", "table", "studies", "layers")  # that Streamlit draws
PAGES = {"map": "/"} | {name: f"/{name}" for name in (*routes.PAGES[1:], *OWN)}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SETTLED = 2500  # ms: fonts, decoded strips, the nearest examples of a draw


def take(browser: Browser, url: str, folder: Path) -> list[Path]:
    """Pictures of all pages below ``url``, as files in ``folder``."""
    files = []
    for scheme in SCHEMES:
        context = browser.new_context(viewport=live.VIEWPORT, color_scheme=scheme, reduced_motion="reduce")
        page = context.new_page()
        for name, path in PAGES.items():
            page.goto(url + path)
            live.wait_idle(page)
            if name not in OWN:
                canvas.drawn(page)
            if name == "draw":
                page.get_by_role("button", name="Example").click()
            page.wait_for_timeout(SETTLED)
            files.append(folder / f"{name}-{scheme}.png")
            page.screenshot(path=files[-1], animations="disabled")
        context.close()
    return files


def main() -> None:
    """Start Loupe on the shipped bundles and take the pictures."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.screenshots", description=__doc__)
    parser.add_argument("folder", nargs="?", default="docs", type=Path, help="where they go (default: docs)")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    port = live.free_port()
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        browser = live.launch(playwright)
        with live.serve(live.app_command(port), port, env={"AECORE_HOME": home}) as url:
            for file in take(browser, url, folder):
                print(file)
        browser.close()


if __name__ == "__main__":
    main()
