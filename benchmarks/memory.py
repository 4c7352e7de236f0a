"""Memory of the app's process: at the first screen, with ten bundles opened, and after an hour of use.

Real sockets to a real server, no browser: see ``benchmarks.visitors``. A visitor opens bundles one after the
other, each on the Map and on About. Then people come and go for as long as ``--minutes`` says: each sees some
pages of any of these bundles, with a pause before each, and leaves. MB are what the system counts for the
server's process, and ``course`` is how they went, by minute; a job's frames are watched on the β lab. The
peer is the first screen of the smallest app of three pages in Streamlit.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from itertools import count, islice
from typing import Any

from aecore.bundles import list_bundles
from benchmarks import report
from benchmarks.concurrency import bare_app, job_on_record, memory
from benchmarks.visitors import Visitor, arrived
from tests.browser import live

OPENED = ("", "about")  # pages of each bundle; the Map is at the first
VISIT = 10  # pages of somebody who comes and goes


def spread(most: int) -> list[str]:
    """Ids of shipped bundles, of every data set in turn."""
    by_data: dict[str, list[str]] = {}
    for each in list_bundles():
        if each.shipped:
            by_data.setdefault(each.card.data.name, []).append(each.id)
    longest = max(map(len, by_data.values()), default=0)
    turns = (ids[k] for k in range(longest) for ids in by_data.values() if k < len(ids))
    return list(islice(turns, most))


def opened(port: int, bundles: Sequence[str]) -> dict[str, int]:
    """MB at the first screen, and once every bundle has been opened."""
    with arrived(port, 0) as visitor:
        first = memory(port)
        for visitor.bundle in bundles:
            for page in OPENED:
                visitor.see(page)
        return {"first_screen_mb": round(first), "opened_mb": round(memory(port))}


def used(port: int, bundles: Sequence[str], minutes: float, think: float, job: str = "") -> dict[str, Any]:
    """MB after so many minutes of visits, how they went, and what failed.

    Args:
        port: Of the app.
        bundles: That are looked at.
        minutes: For which people come and go, one after the other.
        think: Seconds before each page, on average.
        job: Whose frames are watched on the β lab; empty for none.
    """
    started, pages = time.monotonic(), 0
    course: list[tuple[float, int]] = []
    errors: Counter[str] = Counter()
    for seed in count(1):
        if (spent := (time.monotonic() - started) / 60) >= minutes:
            break
        chance = random.Random(seed)
        try:
            with arrived(port, seed, job) as visitor:
                pages += _visit(visitor, bundles, chance, think)
        except Exception as error:  # whatever it is, it is counted
            errors[f"{type(error).__name__}: {error}"] += 1
        if not course or spent - course[-1][0] >= 1:
            course.append((round(spent, 1), round(memory(port))))
    return {
        "minutes": minutes, "used_mb": round(memory(port)), "pages": pages, "errors": sum(errors.values()),
        "said": dict(errors), "course": course,
    }  # fmt: skip


def _visit(visitor: Visitor, bundles: Sequence[str], chance: random.Random, think: float) -> int:
    for _ in range(VISIT):
        time.sleep(chance.uniform(0, 2 * think))
        visitor.bundle = chance.choice(bundles)
        visitor.switch()
    return VISIT


def measure(most: int, minutes: float, think: float) -> dict[str, Any]:
    """Loupe, and beside it the first screen of a bare Streamlit."""
    with tempfile.TemporaryDirectory() as home:
        with bare_app(home) as port, arrived(port, 0):
            beside = round(memory(port))
        os.environ["AECORE_HOME"] = home
        bundles, job, port = spread(most), job_on_record(), live.free_port()
        with live.serve(live.app_command(port), port, env={"AECORE_HOME": home}):
            found = {"name": "loupe", "bundles": len(bundles), **opened(port, bundles)}
            found |= used(port, bundles, minutes, think, job)
    return {**found, "streamlit_first_screen_mb": beside}


def main() -> None:
    """Visit, measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.memory",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--bundles", type=int, default=10, help="that are opened (default: 10)")
    parser.add_argument("--minutes", type=float, default=60, help="of use (default: 60)")
    parser.add_argument("--think", type=float, default=2, help="seconds before a page (default: 2)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    if options.bundles < 1:
        parser.error("at least one bundle is opened")
    found = measure(options.bundles, options.minutes, options.think)
    if options.json:
        report.as_json({"cases": [found]})
    else:
        row = {name: value for name, value in found.items() if name not in ("said", "course")}
        report.as_table("Memory of the app's process", [row])
        for said, times in found["said"].items():
            print(f"{times} × {said}")
    if found["errors"]:
        sys.exit(1)


if __name__ == "__main__":
    main()
