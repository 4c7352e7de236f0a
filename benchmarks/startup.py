"""From the command to the first screen, beside Streamlit's own hello-world page.

The clock starts with the command and stops when Chromium, already running, shows the
Map (or the greeting): server start, page load and first run of the script together.
Loupe and the greeting take turns; the figures are medians, after one turn that only
fills the caches.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from benchmarks import report
from tests.browser import live

GREETING = "Hello, world"
IMPORT = "import time; t = time.perf_counter(); import aecore; print(time.perf_counter() - t)"


def seconds_to_screen(browser: Browser, command: list[str], port: int, selector: str, home: str) -> float:
    """Seconds from starting ``command`` until ``selector`` is visible in a fresh page."""
    context = browser.new_context(viewport=live.VIEWPORT)
    page = context.new_page()
    start = time.perf_counter()
    with live.serve(command, port, env={"AECORE_HOME": home}) as url:
        page.goto(url, wait_until="commit")
        page.wait_for_selector(selector, state="visible", timeout=120_000)
        seconds = time.perf_counter() - start
    context.close()
    return seconds


def first_screen(browser: Browser, home: str) -> float:
    """Seconds until Loupe shows its Map."""
    port = live.free_port()
    return seconds_to_screen(browser, live.app_command(port), port, live.MAP, home)


def hello_world(browser: Browser, home: str) -> float:
    """Seconds until the smallest Streamlit page shows its text."""
    script = Path(home) / "hello.py"
    script.write_text(f"import streamlit as st\nst.write({GREETING!r})\n", encoding="utf-8")
    port = live.free_port()
    options = {"server.port": port, "server.headless": "true", "browser.gatherUsageStats": "false"}
    flags = [text for key, value in options.items() for text in (f"--{key}", str(value))]
    command = [sys.executable, "-m", "streamlit", "run", str(script), *flags]
    return seconds_to_screen(browser, command, port, f"text={GREETING}", home)


def import_aecore() -> float:
    """Seconds that `import aecore` takes in a new interpreter."""
    done = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True)
    return float(done.stdout)


def measure(repeats: int) -> dict[str, float]:
    """The three medians, in seconds."""
    screens, hellos, imports = [], [], []
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        browser = live.launch(playwright)
        for _ in range(repeats + 1):
            screens.append(first_screen(browser, home))
            hellos.append(hello_world(browser, home))
            imports.append(import_aecore())
        browser.close()
    return {
        "first_screen_s": round(median(screens[1:]), 3),
        "hello_world_s": round(median(hellos[1:]), 3),
        "import_aecore_s": round(median(imports[1:]), 4),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.startup", description=__doc__)
    parser.add_argument("--repeats", type=int, default=5, help="turns behind each median (default: 5)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    result = measure(options.repeats)
    if options.json:
        report.as_json(result)
    else:
        report.as_table(f"Start, median of {options.repeats}, seconds", [result])


if __name__ == "__main__":
    main()
