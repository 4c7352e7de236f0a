"""``aecore zoo``: the shipped bundles, from their recipes."""

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
        help="build the shipped bundles",
        description="Train every recipe, checkpoints/DATA/NAME.toml, whose bundle is missing or was made of "
        "another recipe. It can be interrupted and started again.",
    )
    parser.add_argument("what", metavar="build|list", help="build, or list what there is to build")
    parser.add_argument(
        "names", nargs="*", metavar="DATA/NAME", help="which recipes; all of them if none is named"
    )
    parser.add_argument("--again", action="store_true", help="build even what is up to date")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Builds or lists."""
    from aecore import zoo

    build = choice_of("command of aecore zoo", arguments.what, ("build", "list")) == "build"
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
