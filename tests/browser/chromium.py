"""Chromium for the browser tests: found on this machine, or installed.

``python -m tests.browser.chromium`` finds it, installs it where there is none, and says what it did.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-sync",
    "--enable-unsafe-swiftshader",  # WebGL without a GPU
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",  # offline
    "--no-first-run",
    "--no-sandbox",  # as root it does not start with one
)


def works(executable: str) -> bool:
    """Whether it starts: Ubuntu's `chromium-browser` may have no browser behind it."""
    try:
        shown = subprocess.run([executable, "--version"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return shown.returncode == 0


def playwrights_own() -> str | None:
    """Path of the Chromium that Playwright downloaded, None if it has not."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def find() -> str | None:
    """Path of a Chromium: `$LOUPE_CHROMIUM`, the system's, or Playwright's; None if none starts."""
    wished = os.environ.get("LOUPE_CHROMIUM")
    if wished:
        return wished if works(wished) else None
    on_path = (path for path in map(shutil.which, NAMES) if path)
    return next((path for path in on_path if works(path)), None) or playwrights_own()


def installers() -> list[list[list[str]]]:
    """Ways to install Chromium here, in the order to try them; each is a list of commands."""
    playwright = [sys.executable, "-m", "playwright", "install"]
    ways = [[[*playwright, "chromium"]]]
    if sys.platform == "linux" and os.geteuid() == 0:
        ways = [[[*playwright, "--with-deps", "chromium"]], *ways]
        apt = shutil.which("apt-get")
        if apt:
            install = [apt, "install", "-qq", "-y", "--no-install-recommends", "chromium"]
            ways = [[[apt, "update", "-qq"], install], *ways]
    return ways


def ensure() -> str | None:
    """Path of a Chromium, installed now if there was none; prints what was done."""
    path = find()
    if path:
        print(f"Chromium: {path}")
        return path
    for commands in installers():
        for command in commands:
            print("Chromium: none here, trying", " ".join(command), flush=True)
            environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            if subprocess.run(command, env=environment, check=False).returncode != 0:
                break
        path = find()
        if path:
            print(f"Chromium: installed, {path}")
            return path
    return None


if __name__ == "__main__":
    if ensure() is None:
        sys.exit(
            "Chromium could not be installed. Install chromium or google-chrome, or set LOUPE_CHROMIUM "
            "to the path of one, then run `make test` again."
        )
