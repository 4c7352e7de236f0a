"""Training where something else has the cores too, as a browser that draws: examples a second.

A VAE of digits (64-512, 64 examples a step) and one of MNIST (784-512, 128 a step) on the
CPU: alone, beside as many busy programs as there are cores, and twice as many. PyTorch's threads wait for
each other as in a worker of Loupe (a loop of 1,000 turns, then asleep: GOMP_SPINCOUNT), and as OpenMP has it
(300,000). They take turns; figures are medians over repeats, each in a process of its own.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from statistics import median
from typing import Any

from aecore.processes import SPINS
from benchmarks import report

CASES: dict[str, dict[str, Any]] = {
    "digits": {"data": "digits"},
    "mnist": {"data": "mnist", "latent_dim": 16, "hidden": [512], "batch_size": 128},
}
TURNS = {"ours": SPINS, "default": "300000"}
SECONDS = 4.0  # of training, the first half left out


def rate_of(case: str) -> float:
    """Examples a second of a training in this process."""
    from aecore import load_dataset, variants
    from aecore.options import options_of
    from aecore.runs import complete
    from aecore.training import Fit

    config = complete({"variant": "vae", **CASES[case], "epochs": 10_000, "device": "cpu"})
    data = load_dataset(config["data"], validation=0)
    model = variants.build(config, data.spec)
    fit = Fit(model, data, **{name: config[name] for name in options_of(Fit)})
    began, half, steps = time.perf_counter(), 0.0, 0
    for _ in fit:
        now = time.perf_counter() - began
        if not half and now > SECONDS / 2:
            half, steps = now, fit.step
        if now > SECONDS:
            return (fit.step - steps) * config["batch_size"] / (now - half)
    raise AssertionError("the training ended before it was timed")


@contextmanager
def beside(busy: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """So many programs that never rest."""
    programs = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(busy)]
    try:
        yield programs
    finally:
        for each in programs:
            each.kill()
            each.wait()


def measured(cases: list[str], busy: list[int], repeats: int) -> list[dict[str, Any]]:
    """Every case, alone and in company."""
    rows = []
    for case, company in product(cases, busy):
        found: dict[str, list[float]] = {name: [] for name in TURNS}
        for turn, (name, turns) in product(range(repeats), TURNS.items()):
            print(f"{case} beside {company}, {name}, {turn} …", file=sys.stderr, flush=True)
            with beside(company):
                said = subprocess.run(
                    [sys.executable, "-m", "benchmarks.crowded", "--time", case],
                    env=os.environ | {"GOMP_SPINCOUNT": turns}, check=True, stdout=subprocess.PIPE,
                )  # fmt: skip
            found[name].append(float(said.stdout))
        rows.append(
            {
                "name": case,
                "busy": company,
                "examples_per_s": round(median(found["ours"])),
                "default_examples_per_s": round(median(found["default"])),
                "times": round(median(a / b for a, b in zip(*found.values(), strict=True)), 2),
            }
        )
    return rows


def main() -> None:
    """Train, measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.crowded",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES), help="both by default")
    parser.add_argument("--repeats", type=int, default=3, help="behind each median (default: 3)")
    parser.add_argument("--time", choices=CASES, help="print the examples a second of one case; nothing else")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    if options.time:
        print(rate_of(options.time))
        return
    cores = os.cpu_count() or 1
    cases = measured(options.cases, [0, cores, 2 * cores], options.repeats)
    if options.json:
        settings = " ".join((__doc__ or "").split("\n\n")[1].split())
        report.as_json({"settings": settings, "repeats": options.repeats, "cases": cases})
    else:
        report.as_table(f"Alone and in company, medians of {options.repeats}", cases)


if __name__ == "__main__":
    main()
