"""A live server, started as a person starts it: for browser tests, the wheel test and benchmarks."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, ViewportSize

from tests.browser import chromium

LOCAL_SCHEMES = {"about", "blob", "data"}
HEALTH = "/_stcore/health"
VIEWPORT = ViewportSize(width=1440, height=900)
MAP = '.stage [data-points="all"]'  # what a person sees first: a map with all its points
IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"][data-test-connection-state="CONNECTED"]'


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def app_command(port: int, python: str = sys.executable) -> list[str]:
    """The command that starts Loupe without opening a browser."""
    return [python, "-m", "aecore", "app", "--port", str(port), "--no-browser"]


def is_up(url: str, health: str = HEALTH) -> bool:
    """Whether the server behind ``url`` says that it is ready."""
    try:
        with urllib.request.urlopen(url + health, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a server and what it started."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            os.killpg(process.pid, sign)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                continue


@contextmanager
def serve(
    command: Sequence[str],
    port: int,
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float = 90,
    health: str = HEALTH,
) -> Iterator[str]:
    """The URL of a server while it runs; its output is shown if it does not come up.

    Args:
        command: Starts the server, which listens on ``port``.
        port: A free port.
        env: Variables beside this process's.
        cwd: Where the command runs.
        timeout: Seconds it may take to answer.
        health: Path that is answered once it is ready.
    """
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            deadline = time.monotonic() + timeout
            while not is_up(url, health):
                if process.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    said = log.read().decode(errors="replace")
                    raise RuntimeError(f"{' '.join(command)} does not answer at {url}:\n{said}")
                time.sleep(0.01)
            yield url
        finally:
            stop(process)


@contextmanager
def serve_files(folder: Path) -> Iterator[str]:
    """URL, with a slash at its end, of a folder behind nothing but Python's file server."""
    port = free_port()
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "-d", str(folder)]
    with serve(command, port, health="/") as url:
        yield f"{url}/"


def launch(playwright: Playwright) -> Browser:
    """Headless Chromium that reaches this machine only."""
    return playwright.chromium.launch(executable_path=_chromium(), args=list(chromium.FLAGS))


def launch_another(browser: Browser) -> Browser:
    """One more, a process of its own."""
    return browser.browser_type.launch(executable_path=_chromium(), args=list(chromium.FLAGS))


def launch_remembering(playwright: Playwright, folder: Path) -> BrowserContext:
    """The same, with its cache in ``folder``, as the browser of somebody who comes back."""
    return playwright.chromium.launch_persistent_context(
        folder, executable_path=_chromium(), args=list(chromium.FLAGS), viewport=VIEWPORT
    )


def _chromium() -> str:
    path = chromium.find()
    if path is None:
        raise RuntimeError("There is no Chromium: run `python -m tests.browser.chromium` to install one.")
    return path


def watch(page: Page, host: str, problems: list[str]) -> None:
    """Note every console error, page error and request that leaves ``host`` in ``problems``."""

    def leaves(url: str) -> bool:
        parts = urlsplit(url)
        return parts.scheme not in LOCAL_SCHEMES and parts.netloc != host

    page.on("console", lambda m: problems.append(f"console: {m.text}") if m.type == "error" else None)
    page.on("pageerror", lambda e: problems.append(f"page error: {e}"))
    page.on("request", lambda r: problems.append(f"asked for {r.url}") if leaves(r.url) else None)
    page.on("websocket", lambda w: problems.append(f"asked for {w.url}") if leaves(w.url) else None)


def wait_idle(page: Page, timeout: float = 60) -> None:
    """Wait until Streamlit's script has run to its end and nothing on the page is stale.

    Args:
        page: A page of a Streamlit app.
        timeout: Seconds.
    """
    page.wait_for_selector(IDLE, timeout=timeout * 1000)
    page.wait_for_function(
        """() => !document.querySelector('[data-testid="stSkeleton"], [data-stale="true"]')""",
        timeout=timeout * 1000,
    )
