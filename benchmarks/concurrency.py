"""Fifty sessions at once: errors, how long a page takes, and what a session costs, beside bare Streamlit.

Real sockets to a real server, the messages of a browser but no browser: see ``benchmarks.visitors``. All
arrive together; then each waits for a moment, clicks on any page, and again. A page has come when its script
has run and the files that its canvas fetches are there, each once a session. On the β lab our own WebSocket
hands out the frames of a job. The peer is the smallest app of three pages in Streamlit, in the same run, with
as many visitors who wait as long. Server and visitors share the machine.

Memory of a session is what the server process has grown by from a few visitors, who one after another have
seen every page and are gone, to all of them at the end, by head. The first few also have what was built on
the way to a page thrown away, which Python does in its own time.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Barrier
from typing import Any

import numpy as np

from benchmarks import report
from benchmarks.visitors import Visitor, arrived
from tests.browser import live

PAGES = """import streamlit as st

def page(name):
    st.title(name)
    st.slider("a number")

of = [st.Page(lambda name=name: page(name), title=name, url_path=name) for name in ("a", "b", "c")]
st.navigation(of).run()
"""
TOKEN = "a" * 64
FEW = 4


@dataclass
class Tally:
    """What the visitors have met.

    Attributes:
        arrivals, switches: Seconds.
        errors: How often, by what was said.
    """

    arrivals: list[float] = field(default_factory=list)
    switches: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)


def visit(visitor: Visitor, tally: Tally, all_there: Barrier, switches: int, think: float) -> None:
    """A visit; the tab stays open until everybody is done.

    Args:
        visitor: Who has not arrived yet.
        tally: Where it is noted.
        all_there: Passed when everybody has arrived, when everybody is done, and when they may leave.
        switches: Clicks.
        think: Seconds between two of them, on average.
    """
    try:
        tally.arrivals.append(visitor.arrive())
    except Exception as error:  # whatever it is, it is counted
        tally.errors[f"{type(error).__name__}: {error}"] += 1
    all_there.wait()
    for _ in range(switches if visitor.pages else 0):
        time.sleep(visitor.random.uniform(0, 2 * think))
        try:
            tally.switches.append(visitor.switch())
        except Exception as error:
            tally.errors[f"{type(error).__name__}: {error}"] += 1
    all_there.wait()
    all_there.wait()
    visitor.leave()


def memory(port: int) -> float:
    """MB that the server at a port has in memory.

    Raises:
        LookupError: If there is none.
    """
    listed = subprocess.run(
        ["ps", "-axww", "-o", "rss=,args="], capture_output=True, text=True, check=True
    ).stdout
    for line in listed.splitlines():
        size, _, words = line.strip().partition(" ")
        if f"--server.port={port}" in words.split():
            return int(size) * 1024 / 1e6
    raise LookupError(f"no server listens on port {port}")


def crowd(port: int, sessions: int, switches: int, think: float, job: str = "") -> dict[str, Any]:
    """So many visitors at once, after a few who have seen every page."""
    for seed in range(FEW):
        with arrived(port, -seed, job) as first:
            for name in first.pages:
                first.see(name)
    time.sleep(1)
    before, tally = memory(port), Tally()
    all_there = Barrier(sessions + 1)
    visitors = [Visitor(port, seed, job) for seed in range(1, sessions + 1)]
    started = time.perf_counter()
    with ThreadPoolExecutor(sessions) as pool:
        done = [pool.submit(visit, visitor, tally, all_there, switches, think) for visitor in visitors]
        try:
            for _ in ("arrived", "done"):
                all_there.wait()
            seconds, after = time.perf_counter() - started, memory(port)
            all_there.wait()
        except BaseException:
            all_there.abort()  # or nobody would ever leave
            raise
        for each in done:
            each.result()
    return {
        "errors": sum(tally.errors.values()),
        "arrival_p95_ms": quantile(tally.arrivals, 0.95),
        "page_switch_p50_ms": quantile(tally.switches, 0.5),
        "page_switch_p95_ms": quantile(tally.switches, 0.95),
        "page_switches": len(tally.switches),
        "memory_mb": round(after),
        "memory_per_session_mb": round((after - before) / sessions, 2),
        "seconds": round(seconds, 1),
        "said": dict(tally.errors),
    }


def quantile(seconds: list[float], share: float) -> float | None:
    """Of some times, in milliseconds; None if there are none."""
    return round(1000 * float(np.quantile(seconds, share)), 1) if seconds else None


def job_on_record() -> str:
    """A training that is over, with some frames, in this process's ``$AECORE_HOME``; its id."""
    from aecore.jobs import Spec, owner_of
    from aecore.jobs.store import Store
    from tests.app.recorded import Film

    with Store() as store:
        job = store.add(Spec("beta-vae", "digits", {"latent_dim": 2}, "live"), owner_of(TOKEN), "cpu", 99, 99)
        store.update(job.id, state="stopped", started=1.0, ended=2.0)
    film = Film(job.id)
    for _ in range(5):
        film.take()
    return job.id


def ours(home: str, sessions: int, switches: int, think: float) -> dict[str, Any]:
    """Loupe, with its shipped bundles."""
    os.environ["AECORE_HOME"] = home
    job, port = job_on_record(), live.free_port()
    with live.serve(live.app_command(port), port, env={"AECORE_HOME": home}):
        return crowd(port, sessions, switches, think, job)


@contextmanager
def bare_app(home: str) -> Iterator[int]:
    """The port of three pages of Streamlit, while they are served."""
    script = Path(home) / "pages.py"
    script.write_text(PAGES, encoding="utf-8")
    port = live.free_port()
    flags = [f"--server.port={port}", "--server.headless=true", "--browser.gatherUsageStats=false"]
    with live.serve([sys.executable, "-m", "streamlit", "run", str(script), *flags], port):
        yield port


def bare(home: str, sessions: int, switches: int, think: float) -> dict[str, Any]:
    """Three pages of Streamlit."""
    with bare_app(home) as port:
        return crowd(port, sessions, switches, think)


def ratio(one: float | None, other: float | None) -> float | None:
    """One over the other, where there are both."""
    return round(one / other, 2) if one and other else None


def main() -> None:
    """Visit, measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.concurrency",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--sessions", type=int, default=50, help="at once (default: 50)")
    parser.add_argument("--switches", type=int, default=10, help="clicks of each (default: 10)")
    parser.add_argument("--think", type=float, default=5, help="seconds between two, on average (default: 5)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    if options.sessions < 1:
        parser.error("there is at least one session")
    found: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as home:
        for name, run in (("loupe", ours), ("streamlit", bare)):
            print(f"{name} …", file=sys.stderr, flush=True)
            found[name] = run(home, options.sessions, options.switches, options.think)
    we, they = found["loupe"], found["streamlit"]
    ratios = {
        f"{name}_ratio": ratio(we[name], they[name])
        for name in ("page_switch_p95_ms", "memory_per_session_mb")
    }
    cases = [{"name": name, **of} for name, of in found.items()]
    if options.json:
        asked = {name: getattr(options, name) for name in ("sessions", "switches", "think")}
        report.as_json({**asked, "cores": os.cpu_count(), **ratios, "cases": cases})
    else:
        rows = [{name: value for name, value in of.items() if name != "said"} for of in cases]
        report.as_table(f"{options.sessions} sessions, {options.switches} clicks each", rows)
        for name, of in found.items():
            for said, count in of["said"].items():
                print(f"{name}: {count} × {said}")
    if we["errors"]:
        sys.exit(1)


if __name__ == "__main__":
    main()
