"""``aecore study``: questions put to measurement."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aecore.bundles import list_bundles
from aecore.cli.parser import choice_of
from aecore.cli.printing import print_json, print_table
from aecore.errors import UserError
from aecore.metrics import METRICS
from aecore.studies import ESTIMATES, STUDIES, Estimate, Study, estimates, find, stored, table, user_folder
from aecore.studies.comparison import FACTORS, GROUPS, Row, comparable, compare, markdown, named

USUAL = ("mnist", "shapes")
SIDE_BY_SIDE = 4
"""Columns of the table that a terminal of 80 characters has room for."""
WITH_FACTORS = ("shapes", "shapes-32", "shapes-colour")


def add(commands: Any, words: Sequence[str]) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "study",
        help="questions put to measurement",
        description="Studies train one model under several settings and seeds and keep what is measured. "
        "`show` prints what is stored, with 95 % intervals; `run` trains what has no result yet. `table` "
        "compares every variant by the cards of the shipped bundles.",
    )
    parser.add_argument("what", metavar="list|show|run|table")
    parser.add_argument("name", nargs="?", default="", help=", ".join(STUDIES))
    parser.add_argument(
        "--data",
        action="append",
        default=[],
        metavar="NAME",
        help="this data set alone, for run, show and table",
    )
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where results are kept, when running")
    parser.add_argument("--own", action="store_true", help="put your own bundles into the table too")
    parser.add_argument("--markdown", action="store_true", help="print tables as Markdown")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Lists, shows or runs."""
    what = choice_of("command of aecore study", arguments.what, ("list", "show", "run", "table"))
    if what == "list":
        _list(arguments.json)
        return
    if what == "table":
        _compare(arguments)
        return
    if not arguments.name:
        raise UserError(f"Name a study: {', '.join(STUDIES)}.")
    study = find(arguments.name, STUDIES)
    for name in arguments.data:
        choice_of(f"data set of the study {study.name}", name, tuple(study.common))
    if what == "run":
        _train(study, arguments)
    _show(study, arguments)


def _list(as_json: bool) -> None:
    rows = [
        (each.name, each.title, ", ".join(each.common), str(len(stored(each)))) for each in STUDIES.values()
    ]
    if as_json:
        print_json([dict(zip(("name", "title", "data", "results"), row, strict=True)) for row in rows])
    else:
        print_table("Studies", ("name", "question", "data", "results"), rows)


def _train(study: Study, arguments: argparse.Namespace) -> None:
    from aecore.studies.running import run as train

    def tell(done: int, count: int, what: str) -> None:
        print(f"{done}/{count} {what}".rstrip(), file=sys.stderr, flush=True)

    train(study, arguments.out or user_folder(), data=tuple(arguments.data), listen=tell)


def _compare(arguments: argparse.Namespace) -> None:
    """Every variant on MNIST, and disentanglement on shapes; or whatever data sets are named."""
    if arguments.name:
        raise UserError(f"`aecore study table` compares all variants; {arguments.name!r} goes to --data.")
    bundles = [each for each in list_bundles() if each.shipped or arguments.own]
    tables = [
        compare(bundles, name, FACTORS if name in WITH_FACTORS else GROUPS)
        for name in arguments.data or USUAL
        if arguments.data or name in comparable(bundles)
    ]
    if not tables:
        raise UserError("No two bundles can be compared: build the shipped ones with `aecore zoo build`.")
    if arguments.json:
        print_json([asdict(each) for each in tables])
    elif arguments.markdown:
        print("\n\n".join(map(markdown, tables)))
    else:
        for each in tables:
            print(f"{each.title}: {each.settings}\n")
            for group, names in each.groups.items():  # side by side they are wider than a terminal
                for start in range(0, len(names), SIDE_BY_SIDE):
                    some = names[start : start + SIDE_BY_SIDE]
                    rows = [(row.title, *(_figure(row, name) for name in some)) for row in each.rows]
                    print_table(group.capitalize(), ("", *map(named, some)), rows, foldable=True)


def _figure(row: Row, metric: str) -> str:
    return f"{row.figures[metric]:.3g}" if metric in row.figures else ""


def _show(study: Study, arguments: argparse.Namespace) -> None:
    folder, wanted = arguments.out, arguments.data or tuple(study.common)
    lines = [line for line in table(study, stored(study, folder)) if line.data in wanted]
    of_data = {data: known for data, known in estimates(study, folder).items() if data in wanted}
    if arguments.json:
        rows = [asdict(line) for line in lines]
        print_json(
            {"study": study.name, "title": study.title, "metric": study.metric, "rows": rows}
            | ({"estimates": of_data} if of_data else {})
        )
        return
    if not lines:
        raise UserError(
            f"There are no results of {study.name} yet: `aecore study run {study.name}` trains it."
        )
    head = ("data", study.varies, *(_titled(name) for name in lines[0].figures), "seeds")
    cells = [
        (each.data, each.label, *map(_said, each.figures.values()), str(each.figures[study.metric].seeds))
        for each in lines
    ]
    if arguments.markdown:
        marks = ("---", "---", *("--:" for _ in head[2:]))
        print("\n".join(f"| {' | '.join(row)} |" for row in (head, marks, *cells)))
    else:
        print_table(study.title, head, cells, foldable=True)
    if of_data:
        print()
    for data, values in of_data.items():
        said = ", ".join(f"{value:.1f} by {ESTIMATES[name]}" for name, value in values.items())
        print(f"Dimensions that {data} has of its own: {said}")


def _titled(figure: str) -> str:
    return named(figure) if figure in METRICS else figure


def _said(estimate: Estimate) -> str:
    half = (estimate.high - estimate.low) / 2
    if not half:
        whole = float(estimate.mean).is_integer()
        return f"{estimate.mean:,.0f}" if whole else f"{estimate.mean:.4g}"
    return f"{estimate.mean:.4g} ± {half:.2g}"
