"""``aecore evaluate``: a card's metrics, computed again from the stored weights."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from aecore.bundles import list_bundles, open_bundle
from aecore.cli.printing import print_json, print_table
from aecore.errors import UserError


def add(commands: Any, words: Sequence[str]) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "evaluate",
        help="measure bundles again",
        description="Compute the metrics of bundles again from their weights, beside what their cards say.",
    )
    parser.add_argument(
        "bundles", nargs="*", metavar="DATA/NAME", help="which; `aecore list --bundles` lists them"
    )
    parser.add_argument("--all", action="store_true", help="every bundle there is")
    parser.add_argument(
        "--beta", type=float, metavar="β", help="at which β, of multi-rate models [1, as their cards have it]"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Evaluates the bundles that were named."""
    from aecore.runs.measure import evaluated, rates

    chosen = list_bundles() if arguments.all else [open_bundle(name) for name in arguments.bundles]
    if not chosen:
        raise UserError("Name a bundle, as in `aecore evaluate digits/vae`, or say --all.")
    found: dict[str, dict[str, Any]] = {}
    for bundle in chosen:
        now = evaluated(bundle, arguments.beta)
        found[bundle.id] = {"card": bundle.card.metrics, "now": now}
        curve = () if arguments.beta is not None else rates(bundle)
        if curve:
            pairs = zip(bundle.card.rate_distortion, curve, strict=True)
            found[bundle.id]["rate_distortion"] = [{"card": asdict(a), "now": asdict(b)} for a, b in pairs]
        if not arguments.json:
            rows = [
                (name, f"{bundle.card.scalars.get(name, float('nan')):.5g}", f"{value:.5g}")
                for name, value in now.items()
                if isinstance(value, int | float)
            ]
            print_table(bundle.id, ("metric", "card", "now"), rows)
            points = zip(bundle.card.rate_distortion, curve, strict=False)
            lines = [
                [f"{x:.5g}" for x in (a.beta, a.rate, b.rate, a.distortion, b.distortion)] for a, b in points
            ]
            if lines:
                print_table("by β", ("β", "rate, card", "now", "distortion, card", "now"), lines)
    if arguments.json:
        print_json(found)
