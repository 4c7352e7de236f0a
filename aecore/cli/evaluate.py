"""``aecore evaluate``: a card's metrics, computed again from the stored weights."""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from aecore.bundles import Bundle, list_bundles, open_bundle
from aecore.bundles.rates import RatePoint
from aecore.cli.printing import print_json, print_table
from aecore.errors import UserError
from aecore.metrics import METRICS, Metric

CLOSE = 0.01  # share of a card's figure that another machine's may be away from it
FEW = 3  # figures of a list that are printed


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
            _show(bundle, now, curve, arguments.beta)
    if arguments.json:
        print_json(found)


def _show(bundle: Bundle, now: Mapping[str, Any], curve: Sequence[RatePoint], beta: float | None) -> None:
    """The figures of a bundle with their units beside those of its card, and whether the two agree."""
    from aecore.scenes import error_unit

    card, at = bundle.card.metrics, "" if beta is None else f" at β = {beta:g}"
    units, close = {"distortion": error_unit(bundle)}, f"within {100 * CLOSE:g} %"
    rows = []
    for name, value in now.items():
        known = METRICS.get(name, Metric(name, "", "neither", ""))
        said = apart(card[name], value) if name in card else None
        verdict = (
            "not on the card" if said is None else "yes" if said <= CLOSE else f"{100 * said:.3g} % apart"
        )
        rows.append((known.title, units.get(name, known.unit), _text(card.get(name)), _text(value), verdict))
    if beta is None:
        print_table(bundle.id, ("metric", "unit", "card", "now", close), rows, kept=("card", "now"))
        print(f"{sum(row[-1] == 'yes' for row in rows)} of {len(rows)} figures agree with the card {close}.")
    else:  # the card's are at β = 1
        print_table(bundle.id + at, ("metric", "unit", "card, at β = 1", "now"), [row[:-1] for row in rows])
    points = zip(bundle.card.rate_distortion, curve, strict=False)
    lines = [[f"{x:.5g}" for x in (a.beta, a.rate, b.rate, a.distortion, b.distortion)] for a, b in points]
    if lines:
        print_table("by β", ("β", "rate, card", "now", "distortion, card", "now"), lines)


def apart(card: float | Sequence[float], now: float | Sequence[float]) -> float:
    """How far figures are from those of a card, as a share of the card's (of the largest, if a list).

    >>> [apart(2.0, 2.5), apart([1.0, 0.0], [1.0, 0.2]), apart(0, 0)]
    [0.25, 0.2, 0.0]
    """
    a, b = ([each] if isinstance(each, int | float) else each for each in (card, now))
    if len(a) != len(b):
        return math.inf
    size = max((abs(x) for x in a), default=0)
    far = max((abs(x - y) for x, y in zip(a, b, strict=True)), default=0)
    return far / size if size else math.inf if far else 0.0


def _text(figure: float | Sequence[float] | None) -> str:
    """A figure; of a list the first few."""
    if figure is None:
        return ""
    if isinstance(figure, int | float):
        return f"{figure:.5g}"
    return ", ".join(f"{each:.3g}" for each in figure[:FEW]) + (" …" if len(figure) > FEW else "")
