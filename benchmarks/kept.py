"""Results of a long benchmark, kept in a file that the user names, from which a later run goes on.

Without a file nothing is kept: every figure of a table is then of one run. With one, a result counts for the
machine and the versions it was measured with, and for no other.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from aecore.version import __version__

Result = dict[str, Any]


class Kept:
    """What was measured, by what was asked for.

    Args:
        path: The file; None to keep nothing beyond this process.
        libraries: Distributions whose versions matter, beside aecore and torch.
    """

    def __init__(self, path: Path | None, *libraries: str) -> None:
        self.path, self.where = path, machine(*libraries)
        self.found: dict[str, Result] = json.loads(path.read_text("utf-8")) if path and path.exists() else {}

    def __call__(self, asked: str, make: Callable[[], Result]) -> Result:
        """What ``make()`` returns, or has returned here before; it is written at once."""
        key = f"{asked} on {self.where}"
        print(asked, "kept" if key in self.found else "…", file=sys.stderr, flush=True)
        if key not in self.found:
            self.found[key] = make()
            if self.path:
                self.path.write_text(json.dumps(self.found, indent=1), "utf-8")
        return self.found[key]


def machine(*libraries: str) -> str:
    """Processor, threads and versions."""
    versions = {"aecore": __version__, "torch": torch.__version__, "python": platform.python_version()}
    for name in libraries:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "none"
    named = ", ".join(f"{name} {each}" for name, each in versions.items())
    return f"{processor()}, {torch.get_num_threads()} of {os.cpu_count()} threads, {named}"


def processor() -> str:
    """The processor's model, or its kind where nobody says."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def option(parser: argparse.ArgumentParser) -> None:
    """Adds ``--results``."""
    parser.add_argument(
        "--results", type=Path, help="a file to keep results in, and to go on from (default: none)"
    )
