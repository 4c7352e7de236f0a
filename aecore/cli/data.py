"""``aecore data``: what data sets there are, and how to get them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from aecore.cli.parser import choice_of
from aecore.cli.printing import print_json
from aecore.data import data_folder, download, list_datasets
from aecore.errors import unknown


def add(commands: Any, words: Sequence[str]) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "data",
        help="show data sets, and fetch them",
        description="Show one data set or all of them, or fetch those that have to be downloaded. "
        "They lie in AECORE_DATA, or in a per-user cache folder.",
    )
    parser.add_argument("what", nargs="?", metavar="show|get", default="show", help="show (default) or get")
    parser.add_argument("names", nargs="*", metavar="NAME", help="which; all of them if none is named")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Shows or fetches."""
    choice_of("command of aecore data", arguments.what, ("show", "get"))
    known = {info.name: info for info in list_datasets()}
    names = arguments.names or list(known)
    for name in names:
        if name not in known:
            raise unknown("data set", name, known)
    if arguments.what == "get":
        for name in names:
            download(name)
    found = [info for info in list_datasets() if info.name in names]
    if arguments.json:
        print_json({"folder": str(data_folder()), "datasets": [asdict(info) for info in found]})
        return
    print(f"Folder: {data_folder()}\n")
    for info in found:
        shape = "×".join(map(str, info.shape))
        print(f"{info.name}: {info.title}. {info.summary}")
        print(
            f"  {info.kind} · {info.examples:,} examples of {shape}, {info.values} values · "
            f"{info.licence} · {info.source}"
        )
        print(f"  {'ready' if info.available else info.why_missing}\n")
