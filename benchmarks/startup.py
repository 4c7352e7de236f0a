"""From the command to the first screen, beside Streamlit's own hello-world page.

The clock starts with the command and stops when Chromium, already running, shows the
Map (or the greeting): server start, page load and first run of the script together.
It is a second start that is measured: each keeps its address, and the browser its cache.
Loupe and the greeting take turns; the figures are medians, after two turns that only
fill the caches (Chromium compiles a script for keeps when it meets it again).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import BrowserContext, sync_playwright

from benchmarks import report
from tests.browser import live

GREETING = "Hello, world"
IMPORT = "import time; t = time.perf_counter(); import aecore; print(time.perf_counter() - t)"


WARM = 2  # turns that only fill the caches


def seconds_to_screen(
    context: BrowserContext, command: list[str], port: int, selector: str, home: str
) -> float:
    """Seconds from starting ``command`` until ``selector`` is visible in a new page."""
    page = context.new_page()
    start = time.perf_counter()
    with live.serve(command, port, env={"AECORE_HOME": home}) as url:
        page.goto(url, wait_until="commit")
        page.wait_for_selector(selector, state="visible", timeout=120_000)
        seconds = time.perf_counter() - start
    page.close()
    return seconds


def first_screen(context: BrowserContext, port: int, home: str) -> float:
    """Seconds until Loupe shows its Map."""
    return seconds_to_screen(context, live.app_command(port), port, live.MAP, home)


def hello_world(context: BrowserContext, port: int, home: str) -> float:
    """Seconds until the smallest Streamlit page shows its text."""
    script = Path(home) / "hello.py"
    script.write_text(f"import streamlit as st\nst.write({GREETING!r})\n", encoding="utf-8")
    options = {"server.port": port, "server.headless": "true", "browser.gatherUsageStats": "false"}
    flags = [text for key, value in options.items() for text in (f"--{key}", str(value))]
    command = [sys.executable, "-m", "streamlit", "run", str(script), *flags]
    return seconds_to_screen(context, command, port, f"text={GREETING}", home)


def import_aecore() -> float:
    """Seconds that `import aecore` takes in a new interpreter."""
    done = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True)
    return float(done.stdout)


def measure(repeats: int) -> list[dict[str, report.Value]]:
    """Loupe's and Streamlit's medians, in seconds."""
    screens, hellos, imports = [], [], []
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        context = live.launch_remembering(playwright, Path(home) / "browser")
        ours, streamlits = live.free_port(), live.free_port()
        for _ in range(repeats + WARM):
            screens.append(first_screen(context, ours, home))
            hellos.append(hello_world(context, streamlits, home))
            imports.append(import_aecore())
        context.close()
    imported = round(median(imports[WARM:]), 4)
    return [
        {"name": "loupe", "first_screen_s": round(median(screens[WARM:]), 3), "import_aecore_s": imported},
        {"name": "streamlit", "first_screen_s": round(median(hellos[WARM:]), 3), "import_aecore_s": None},
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.startup", description=__doc__)
    parser.add_argument("--repeats", type=int, default=5, help="turns behind each median (default: 5)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    cases = measure(options.repeats)
    if options.json:
        report.as_json({"repeats": options.repeats, "cases": cases})
    else:
        report.as_table(f"Start, median of {options.repeats}, seconds", cases)


if __name__ == "__main__":
    main()
