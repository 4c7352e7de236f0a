"""``aecore list``: variants, data sets and bundles."""

from __future__ import annotations

import argparse
import ast
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aecore.bundles import Bundle, Card, damaged, list_bundles
from aecore.cli.printing import print_json, print_table
from aecore.data import list_datasets
from aecore.metrics import METRICS

TOKENS = "token_accuracy"
"""The figure of bundles whose examples are tokens, which have no error in pixels."""


def add(commands: Any, words: Sequence[str]) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "list",
        help="list variants, data sets and bundles",
        description="List what there is; without a flag, all three.",
    )
    parser.add_argument("--variants", action="store_true", help="what can be trained")
    parser.add_argument("--datasets", action="store_true", help="what it can be trained on")
    parser.add_argument("--bundles", action="store_true", help="what has been trained")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Prints the lists that were asked for."""
    asked = {name: getattr(arguments, name) for name in ("variants", "datasets", "bundles")}
    wanted = [name for name, said in asked.items() if said] or list(asked)
    if arguments.json:
        print_json({name: JSON[name]() for name in wanted})
        return
    for name in wanted:
        TABLES[name]()


def _variants() -> list[dict[str, Any]]:
    from aecore.api import list_variants
    from aecore.options import options_of

    shipped: dict[str, list[Card]] = {}
    for bundle in list_bundles():
        if bundle.shipped:
            shipped.setdefault(bundle.card.variant, []).append(bundle.card)
    return [
        {
            "name": each.name,
            "title": each.title,
            "summary": each.summary.partition(": ")[2],
            "source": each.source,
            "options": {name: option.default for name, option in options_of(each.make).items()},
            "datasets": sorted({card.data.name for card in shipped.get(each.name, [])}),
            "metrics": sorted({name for card in shipped.get(each.name, []) for name in card.metrics}),
        }
        for each in list_variants()
    ]


def _datasets() -> list[dict[str, Any]]:
    return [asdict(info) for info in list_datasets()]


def sources() -> dict[str, str]:
    """The source of each variant, read in its file: the registry would load torch."""
    found = {}
    for file in sorted((Path(__file__).parents[1] / "variants").glob("*.py")):
        functions = [n for n in ast.parse(file.read_text("utf-8")).body if isinstance(n, ast.FunctionDef)]
        for function in functions:
            for mark in function.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "variant":
                    said = {each.arg: each.value for each in mark.keywords}
                    found[function.name.replace("_", "-")] = str(ast.literal_eval(said["source"]))
    return found


def _bundles() -> list[dict[str, Any]]:
    known = sources()
    return [_bundle(each, known.get(each.card.variant, "")) for each in list_bundles()]


def _bundle(bundle: Bundle, source: str) -> dict[str, Any]:
    card = bundle.card
    return {
        "id": bundle.id,
        "name": card.name,
        "title": card.title,
        "variant": card.variant,
        "source": source,
        "data": card.data.name,
        "latent_dim": card.latent.dim,
        "shipped": bundle.shipped,
        "path": str(bundle.path),
        "config": card.config,
        "metrics": card.metrics,
    }


def _print_variants() -> None:
    rows = [(each["name"], each["title"], each["summary"], each["source"]) for each in _variants()]
    print_table("Variants", ("name", "title", "what it is", "source"), rows)


def _print_datasets() -> None:
    rows = [
        (
            info.name,
            info.title,
            info.kind,
            "×".join(map(str, info.shape)),
            f"{info.examples:,}",
            "ready" if info.available else f"aecore data get {info.name}",
        )
        for info in list_datasets()
    ]
    print_table("Data sets", ("name", "title", "kind", "example", "examples", "at hand"), rows)


def _print_bundles() -> None:
    found = list_bundles()
    for title, shipped in (("Bundles that came with Loupe", True), ("Bundles of yours", False)):
        of = [each for each in found if each.shipped == shipped]
        counted = [each for each in of if TOKENS in each.card.scalars]
        _print_some(title, "rmse", [each for each in of if each not in counted])
        _print_some(f"{title}: of words", TOKENS, counted)
    for path, reason in damaged():
        print(f"left out: {path}: {reason}")


def _print_some(title: str, metric: str, bundles: Sequence[Bundle]) -> None:
    """Bundles with one of their figures, and PCA's beside it."""
    if not bundles:
        return
    figures = (metric, f"pca_{metric}")
    columns = ("id", "variant", "dims", *(METRICS[name].title for name in figures))
    rows = [
        (each.id, each.card.title, str(each.card.latent.dim), *(_number(each, name) for name in figures))
        for each in bundles
    ]
    print_table(title, columns, rows, kept=columns[2:])


def _number(bundle: Bundle, metric: str) -> str:
    found = bundle.card.scalars.get(metric)
    return "" if found is None else f"{found:.3f}"


JSON: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "variants": _variants,
    "datasets": _datasets,
    "bundles": _bundles,
}
TABLES = {"variants": _print_variants, "datasets": _print_datasets, "bundles": _print_bundles}
