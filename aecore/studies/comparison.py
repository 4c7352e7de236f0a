"""The table: every variant beside every metric, from the cards of bundles. No torch here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aecore.bundles import Bundle
from aecore.errors import BundleError, unknown
from aecore.metrics import METRICS
from aecore.metrics.table_factors import SCORED
from aecore.scenes.scene import likelihood
from aecore.studies.captions import (
    SAME_LIKELIHOOD,
    has_density,
    in_common,
    is_told,
    row_title,
    usual_layers,
)  # fmt: skip

GROUPS: Mapping[str, tuple[str, ...]] = {
    "reconstruction": (
        "mse", "psnr", "ssim", "sharpness", "length_mae", "token_accuracy", "word_accuracy", "perplexity",
    ),
    "density": ("rate", "negative_elbo", "nll"),
    "codes": ("active_units", "knn5_accuracy", "probe_accuracy", "classification_error", "aggregate_mmd"),
    "samples": (
        "sample_precision", "sample_recall", "sample_density", "sample_coverage", "sample_frechet",
    ),
}  # fmt: skip
"""What is compared, and under which heading."""

FACTORS: Mapping[str, tuple[str, ...]] = {
    "disentanglement": (
        "mig", "dci_disentanglement", "dci_completeness", "dci_informativeness", "sap", "factor_vae_score",
        "beta_vae_score", "modularity",
    ),
    "at which cost": ("mse", "rate", "active_units"),
}  # fmt: skip
"""The same for data sets whose factors are known."""

DIGITS = 3  # that mean something, and that decide which is best


@dataclass(frozen=True)
class Row:
    """One bundle.

    Attributes:
        bundle: Its id.
        title: Its model's, and how many labels it had where not all; with its name where the table has
            another of that title.
        code: Numbers in a code.
        figures: By metric; what does not apply is missing.
        told: Whether its model is told the class of an example.
    """

    bundle: str
    title: str
    code: int
    figures: Mapping[str, float]
    told: bool = False

    def competes(self, metric: str) -> bool:
        """Whether its value is one of what the others' values are of."""
        return metric in self.figures and not (self.told and metric in SAME_LIKELIHOOD)


@dataclass(frozen=True)
class Comparison:
    """Bundles of one data set that had the same budget.

    Attributes:
        data: Name of the data set.
        title: Its title.
        settings: What all of them share, in words.
        code: Numbers in a code; rows with another number are never the best.
        groups: Metrics that at least one of them has, by heading.
        rows: One a bundle, by title.
        best: Metrics whose best value is known, with that value to three digits.
    """

    data: str
    title: str
    settings: str
    code: int
    groups: Mapping[str, tuple[str, ...]]
    rows: tuple[Row, ...]
    best: Mapping[str, float]

    @property
    def columns(self) -> tuple[str, ...]:
        """Every metric, in order."""
        return tuple(name for names in self.groups.values() for name in names)

    def is_best(self, row: Row, metric: str) -> bool:
        """Whether no other row has a better value, to three digits."""
        known = row.code == self.code and row.competes(metric) and metric in self.best
        return known and ranked(metric, row.figures[metric]) == self.best[metric]


def rounded(value: float) -> float:
    """To the digits that are shown."""
    return float(f"{value:.{DIGITS}g}")


def ranked(metric: str, value: float) -> float:
    """What a value counts as when the best is sought: rounded, and no square counts as less than zero."""
    return rounded(max(value, 0.0) if METRICS[metric].square else value)


def comparable(bundles: Sequence[Bundle]) -> dict[str, str]:
    """Data sets of which a table can be made, title by name: two variants or more had the same budget."""
    by_data: dict[str, list[Bundle]] = {}
    for each in bundles:
        by_data.setdefault(each.card.data.name, []).append(each)
    return {
        name: of[0].card.data.title
        for name, of in by_data.items()
        if len({each.card.variant for each in _largest(of)}) > 1
    }


def compare(
    bundles: Sequence[Bundle], data: str, groups: Mapping[str, tuple[str, ...]] = GROUPS
) -> Comparison:
    """The table of a data set.

    The same budget means: the same data with the same options, as many epochs, batches of one size. Of
    several budgets the one that most variants had; of several sizes of code the one that most of them have.
    A variant that has no bundle with a code of that size is there with the one it has.

    Args:
        bundles: Those that may be in it.
        data: Name of the data set.
        groups: Which metrics.

    Raises:
        UserError: If no two variants of that data set can be compared.
    """
    known = comparable(bundles)
    if data not in known:
        raise unknown("table of the data set", data, known)
    same = _largest([each for each in bundles if each.card.data.name == data])
    code = _size(same)
    usual = {each.card.variant for each in same if each.card.latent.dim == code}
    chosen = [each for each in same if each.card.latent.dim == code or each.card.variant not in usual]
    wanted = {name for names in groups.values() for name in names}
    figures = {
        each.id: {name: value for name, value in each.card.scalars.items() if name in wanted}
        for each in chosen
    }
    layers = usual_layers(chosen)
    titles = {each.id: row_title(each, layers) for each in chosen}
    twice = Counter(titles.values())
    rows = [
        Row(
            each.id,
            f"{titles[each.id]} · {each.card.name}" if twice[titles[each.id]] > 1 else titles[each.id],
            each.card.latent.dim,
            figures[each.id],
            is_told(each),
        )
        for each in sorted(chosen, key=lambda each: (titles[each.id].casefold(), each.card.name))
    ]
    there = {
        group: tuple(name for name in names if any(name in row.figures for row in rows))
        for group, names in groups.items()
    }
    mixed = len({likelihood(each.card.config, each.card.data) for each in chosen if has_density(each)}) > 1
    fits = [row for row in rows if row.code == code]
    return Comparison(
        data,
        known[data],
        in_common(
            next(each for each in same if each.card.latent.dim == code and not closed(each)), code, layers
        ),
        code,
        {group: names for group, names in there.items() if names},
        tuple(rows),
        {
            name: best
            for names in there.values()
            for name in names
            if not (mixed and name in SAME_LIKELIHOOD) and (best := _best(fits, name)) is not None
        },
    )


def markdown(table: Comparison) -> str:
    """The table for a README: units in its head, arrows where one direction is better, the best in bold."""
    head = ["", *(named(name) for name in table.columns)]
    lines = [head, ["---", *("--:" for _ in table.columns)]]
    for row in table.rows:
        code = "" if row.code == table.code else f" ({row.code:,} numbers)"
        cells = [_cell(table, row, name) for name in table.columns]
        lines.append([row.title + code, *cells])
    body = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    how = f" {SCORED}" if "mig" in table.columns else ""
    return f"{table.title}: {table.settings}.{how}\n\n{body}"


def named(metric: str) -> str:
    """Title, unit and direction, as in ``PSNR (dB) ↑``."""
    known = METRICS[metric]
    unit = f" ({known.unit})" if known.unit else ""
    return f"{known.title}{unit}{ARROWS[known.better]}"


ARROWS = {"lower": " ↓", "higher": " ↑", "neither": ""}


def _cell(table: Comparison, row: Row, metric: str) -> str:
    if metric not in row.figures:
        return ""
    value = rounded(row.figures[metric])
    whole = abs(value) >= 1000 or METRICS[metric].unit == "dimensions"
    said = (f"{value:,.0f}" if whole else f"{value:#.3g}".removesuffix(".")).replace("-", "−")
    return f"**{said}**" if table.is_best(row, metric) else said


def _best(rows: Sequence[Row], metric: str) -> float | None:
    values = [ranked(metric, row.figures[metric]) for row in rows if row.competes(metric)]
    better = METRICS[metric].better
    if better == "neither" or len(values) < 2:
        return None
    return min(values) if better == "lower" else max(values)


def _budget(bundle: Bundle) -> tuple[Any, ...]:
    card, config = bundle.card, bundle.card.config
    options = {name: value for name, value in card.data.options.items() if name != "labelled"}
    return str(sorted(options.items())), config.get("epochs"), config.get("batch_size")


def closed(bundle: Bundle) -> bool:
    """Whether its model is a closed form alone, which has no use for epochs."""
    try:
        history = bundle.history
    except BundleError:  # a damaged one is shown by the card that it has
        return False
    return len(history) == 1 and history[0].get("lr") == 0


def _largest(bundles: Sequence[Bundle]) -> list[Bundle]:
    """Those with the budget that most variants had, and closed forms of the same data."""
    descended = [each for each in bundles if not closed(each)]
    by_budget: dict[tuple[Any, ...], list[Bundle]] = {}
    for each in descended:
        by_budget.setdefault(_budget(each), []).append(each)
    if not by_budget:
        return []
    largest = max(by_budget.values(), key=lambda of: (len({each.card.variant for each in of}), len(of)))
    options = _budget(largest[0])[0]
    return [*largest, *(each for each in bundles if closed(each) and _budget(each)[0] == options)]


def _size(bundles: Sequence[Bundle]) -> int:
    """The size of code that most variants have; of two the larger one."""
    descended = {(each.card.variant, each.card.latent.dim) for each in bundles if not closed(each)}
    variants = Counter(dim for _, dim in descended)
    return max(variants, key=lambda dim: (variants[dim], dim))
