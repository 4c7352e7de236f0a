"""``aecore zoo``: the shipped bundles, from their recipes, and the judges of their samples."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from aecore.bundles import shipped_root
from aecore.cli.bar import Bar
from aecore.cli.parser import choice_of
from aecore.cli.printing import print_json

if TYPE_CHECKING:
    from aecore.zoo import Recipe


def add(commands: Any, words: Sequence[str]) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "zoo",
        help="build and measure the shipped bundles",
        description="build: train every recipe, checkpoints/DATA/NAME.toml, whose bundle is missing or was "
        "made of another recipe; it can be interrupted and started again. measure: compute the metrics of "
        "bundles whose cards lack those of today, and change nothing else in them. judge: train the small "
        "classifiers that samples are judged by.",
    )
    parser.add_argument(
        "what",
        metavar="build|list|measure|judge",
        help="build, list what there is to build, measure anew, or train judges",
    )
    parser.add_argument(
        "names",
        nargs="*",
        metavar="DATA/NAME",
        help="which recipes, or DATA for judge; all of them if none is named",
    )
    parser.add_argument("--again", action="store_true", help="do even what is up to date")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Builds, lists, measures, or trains judges."""
    what = choice_of("command of aecore zoo", arguments.what, ("build", "list", "measure", "judge"))
    {"build": _build_or_list, "list": _build_or_list, "measure": _measure, "judge": _judge}[what](arguments)


def _build_or_list(arguments: argparse.Namespace) -> None:
    from aecore import zoo

    build = arguments.what == "build"
    recipes = zoo.recipes(shipped_root(), arguments.names)
    stale = [recipe for recipe in recipes if arguments.again or not zoo.is_built(recipe)]
    if build:
        _build(stale, arguments.json)
    if arguments.json:
        print_json({"built" if build else "stale": [each.id for each in stale], "recipes": len(recipes)})
    elif not build:
        for recipe in recipes:
            print(f"{recipe.id}: {'to be built' if recipe in stale else 'built'}")
    elif not stale:
        print(f"All {len(recipes)} bundles are up to date.")


def _measure(arguments: argparse.Namespace) -> None:
    from aecore import zoo
    from aecore.runs.measure import measure

    recipes = zoo.recipes(shipped_root(), arguments.names)
    built = [recipe for recipe in recipes if zoo.is_built(recipe)]
    stale = [recipe for recipe in built if arguments.again or not zoo.is_measured(recipe)]
    for number, recipe in enumerate(stale, start=1):
        started = time.perf_counter()
        measure(zoo.bundle_of(recipe))
        if not arguments.json:
            seconds = time.perf_counter() - started
            print(f"{number}/{len(stale)} {recipe.id}: {seconds:.0f} s", flush=True)
    if arguments.json:
        print_json({"measured": [each.id for each in stale], "bundles": len(built)})
    else:
        print(f"Measured {len(stale)} of {len(built)} bundles; the others have the metrics of today.")
        for recipe in recipes:
            if recipe not in built:
                print(f"{recipe.id} is not built: `aecore zoo build {recipe.id}`.")


def _judge(arguments: argparse.Namespace) -> None:
    from aecore.metrics.judge import JUDGED, is_judged, make_judge

    names = arguments.names or JUDGED
    stale = [name for name in names if arguments.again or not is_judged(name, shipped_root())]
    made = []
    for name in stale:
        report = make_judge(name, shipped_root())
        made.append({"name": name, "sha256": report.sha256, "test_accuracy": report.test_accuracy})
        if not arguments.json:
            print(f"{name}: {report.test_accuracy:.2%} of test examples right", flush=True)
    if arguments.json:
        print_json({"made": made, "judges": len(names)})
    elif not stale:
        print(f"All {len(names)} judges are there.")


def _build(stale: Sequence[Recipe], quiet: bool) -> None:
    from aecore import zoo

    begun = time.perf_counter()
    for number, recipe in enumerate(stale, start=1):
        started = time.perf_counter()
        training = zoo.open_run(recipe)
        try:
            with Bar(training, quiet) as bar:
                bundle = training.train(bar)
        except KeyboardInterrupt:
            raise KeyboardInterrupt("The same command goes on from the last whole epoch.") from None
        if not quiet:
            seconds = time.perf_counter() - started
            print(f"{number}/{len(stale)} {bundle.id}: {seconds:.0f} s", flush=True)
    if stale and not quiet:
        print(f"Built {len(stale)} bundles in {time.perf_counter() - begun:.0f} s.")
