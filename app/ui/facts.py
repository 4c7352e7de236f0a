"""What is said about a bundle: its figures, its card, its options."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from aecore import scenes, studies
from aecore.bundles import Bundle
from aecore.data import list_datasets
from aecore.errors import UserError
from aecore.metrics import METRICS
from aecore.studies import ESTIMATES, Estimate, Study
from aecore.studies import Line as StudyLine
from aecore.studies.comparison import FACTORS, Comparison, comparable, compare
from app.ui import numbers, plots
from app.ui.tables import Cell, Column, Line

COMPARED = ("rmse", "psnr", "ssim")
"""Shown with PCA beside them."""

FIGURES = (
    "distortion", "rate", "negative_elbo", "nll", "elbo_gap", "active_units", "zero_share",
    "mean_activation", "lifetime_sparsity", "population_sparsity", "dead_units", "codebook_perplexity",
    "codes_used", "prior_nats", "knn5_accuracy", "probe_accuracy", "classification_error", "aggregate_mmd",
    "sample_frechet",
)  # fmt: skip


MAIN = frozenset(
    {
        "mse", "ssim", "rate", "negative_elbo", "active_units", "knn5_accuracy", "classification_error",
        "sample_frechet", "length_mae", "token_accuracy", "word_accuracy", "perplexity",
        "mig", "dci_disentanglement", "sap", "factor_vae_score", "beta_vae_score", "modularity",
    }
)  # fmt: skip
"""What a table shows first that has more columns than a screen is wide."""

ROOM = 10  # columns


def comparison(bundle: Bundle) -> list[tuple[str, ...]]:
    """Reconstruction metrics: title and unit, the model's, and those of PCA with as many dimensions."""
    metrics = bundle.card.scalars
    return [
        (_named(name), numbers.digits(metrics[name]), numbers.digits(metrics[f"pca_{name}"]))
        for name in COMPARED
        if name in metrics and f"pca_{name}" in metrics
    ]


def figures(bundle: Bundle) -> list[tuple[str, str]]:
    """The card's other key figures, with units, as far as the model has them."""
    metrics = bundle.card.scalars
    own = {
        "distortion": scenes.error_unit(bundle),
        "active_units": f"of {bundle.card.latent.dim}",
        "zero_share": "%",
        "classification_error": "% of examples",
        "knn5_accuracy": "%",
        "probe_accuracy": "%",
        "codes_used": f"of {codebook.size}" if (codebook := bundle.card.latent.codebook) else "",
    }
    found = [
        (METRICS[name].title, numbers.quantity(metrics[name], own.get(name, METRICS[name].unit)))
        for name in FIGURES
        if name in metrics
    ]
    levels = enumerate(listed(bundle, "rate_per_level"), start=1)
    return found + [(f"Rate of level {level}", numbers.quantity(nats, "nats")) for level, nats in levels]


def listed(bundle: Bundle, metric: str) -> list[float]:
    """A figure that is one a dimension or level; empty where the card has none."""
    found = bundle.card.metrics.get(metric)
    return found if isinstance(found, list) else []


def _named(name: str) -> str:
    metric = METRICS[name]
    return f"{metric.title} ({metric.unit})" if metric.unit else metric.title


def card(bundle: Bundle) -> list[tuple[str, str]]:
    """What the card says of data, model and origin."""
    card = bundle.card
    made = card.provenance
    shape = " × ".join(map(str, card.data.shape))
    return [
        ("data", f"{card.data.title}, {shape}, {card.data.values} values"),
        ("licence", card.data.licence),
        ("source", card.data.source),
        ("code", f"{card.latent.kind}, {card.latent.dim} dimensions"),
        ("prior", card.latent.prior.kind),
        ("parameters", f"{card.parameters:,}"),
        ("stored in", f"{card.precision} precision"),
        ("trained on", f"{made.device}, {numbers.duration(made.seconds)}, seed {made.seed}"),
        ("created", numbers.moment(made.created)),
        *((name, number) for name, number in made.versions.items()),
    ]


@dataclass(frozen=True)
class Option:
    """An option that a model was built or trained with.

    Attributes:
        title, value, help: For people, as the Train page has them.
        flag: As the command line spells it; of what is only another way to say an option, nothing.
        usual: Whether it was left at its default.
    """

    title: str
    value: str
    flag: str
    help: str
    usual: bool


def command(bundle: Bundle) -> str:
    """What makes it again with the defaults of today, as ``aecore show``; else what made it. Loads torch."""
    from aecore.runs import command as written
    from aecore.runs.recipe import config_of

    try:
        return written(config_of(bundle))
    except UserError:
        return bundle.card.provenance.command


def options(bundle: Bundle) -> list[Option]:
    """Every option the model was built and trained with, beside variant and data, which head the page.

    β is given for errors averaged over an example's numbers too, as other code has them: ours are summed.
    Loads torch.
    """
    from aecore.runs import schema
    from aecore.runs.form import title

    config, size = bundle.card.config, math.prod(bundle.card.data.shape)
    try:
        known = schema(bundle.card.variant, bundle.card.data.name, config)
    except UserError:  # a variant, a part or a data set that is not here
        known = {}
    found = []
    for name, value in config.items():
        if name in ("variant", "data"):
            continue
        option = known.get(name)
        usual = option is not None and _written(value) == _written(option.default)
        text, flag = _written(value), "--" + name.replace("_", "-")
        found.append(Option(title(name), text, flag, option.help if option else "", usual))
        if name == "beta" and value:
            mse = config.get("likelihood") == "mse"  # ours is half the sum of squares
            beside = f"β beside a mean {'squared error' if mse else 'of the error'} over {size:,} numbers"
            found.append(Option(beside, numbers.digits(value * (2 if mse else 1) / size), "", "", usual))
    return found


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def training(history: Sequence[Mapping[str, Any]]) -> str:
    """How a training went, as a caption: its stages, where it had several."""
    said = "each term of the loss, epoch by epoch"
    found = plots.stages(history)
    if len(found) < 2:
        return said
    named = (f"{k}: {each.name} ({_epochs(each)})" for k, each in enumerate(found, start=1))
    return f"{said}; in stages: {', '.join(named)}"


def _epochs(stage: plots.Stage) -> str:
    return f"epoch {stage.first}" if stage.first == stage.last else f"epochs {stage.first}–{stage.last}"


def tables(shelf: Sequence[Bundle], data: str, every: bool = True) -> list[Comparison]:
    """The table of a data set, and that of disentanglement: of this data set, or of one with factors.

    Args:
        shelf: Bundles that may be in it.
        data: Name of the data set.
        every: All columns, or the main ones where there are many.
    """
    factors = [
        name
        for name in sorted(comparable(shelf), key=lambda name: name != data)
        if any("mig" in each.card.metrics for each in shelf if each.card.data.name == name)
    ]
    found = [compare(shelf, data), *(compare(shelf, name, FACTORS) for name in factors[:1])]
    return found if every else [_main(table) for table in found]


def _main(table: Comparison) -> Comparison:
    """The same rows with the main columns alone; all of them where there is room for all."""
    if len(table.columns) <= ROOM:
        return table
    kept = {group: tuple(name for name in names if name in MAIN) for group, names in table.groups.items()}
    return replace(table, groups={group: names for group, names in kept.items() if names})


def columns(table: Comparison) -> list[tuple[str, list[Column]]]:
    """The columns of a comparison by heading."""
    return [
        (
            group,
            [Column(METRICS[n].title, METRICS[n].unit, METRICS[n].better, METRICS[n].help) for n in names],
        )
        for group, names in table.groups.items()
    ]


def lines(table: Comparison) -> list[Line]:
    """The rows of a comparison."""
    return [
        Line(
            row.title,
            f"./?bundle={row.bundle}",
            "" if row.code == table.code else f"{row.code:,} numbers",
            tuple(
                Cell(numbers.digits(value), value, table.is_best(row, name))
                for name in table.columns
                for value in (row.figures.get(name, math.nan),)
            ),
        )
        for row in table.rows
    ]


def data_titles(lines: Sequence[StudyLine]) -> dict[str, str]:
    """Titles of the data sets that a study was trained on, by name, in its order."""
    known = {each.name: each.title for each in list_datasets()}
    return {line.data: known.get(line.data, line.data) for line in lines}


def about_study(lines: Sequence[StudyLine]) -> str:
    """How a study's figures on one data set are to be read."""
    seeds = {estimate.seeds for line in lines for estimate in line.figures.values()}
    count = f"{min(seeds)}" if len(seeds) == 1 else f"{min(seeds)} to {max(seeds)}"
    return f"mean of {count} seeds on the test split, with the 95 % interval of the mean"


def shown(study: Study, metric: str) -> tuple[str, ...]:
    """The figures that a picture of ``metric`` shows, across first where it shows two of them."""
    if metric not in study.metrics:
        return study.plane
    return (metric, *(name for name, _ in (study.beside[metric],))) if metric in study.beside else (metric,)


def study_head(study: Study, metric: str) -> tuple[str, ...]:
    """What stands above the columns of ``study``."""
    return (study.varies, *map(_named, shown(study, metric)))


def study(lines: Sequence[StudyLine], study: Study, metric: str) -> list[tuple[str, ...]]:
    """A study's settings with their figures and intervals."""
    return [
        (line.label, *(interval(line.figures[name]) for name in shown(study, metric) if name in line.figures))
        for line in lines
    ]


def of_data(study: Study, data: str) -> str:
    """How many dimensions a data set has of its own, by the estimates that the study keeps; or nothing."""
    values = studies.estimates(study).get(data, {})
    said = ", ".join(f"{value:.1f} by {ESTIMATES[name]}" for name, value in values.items())
    return f"Dimensions that the data have of their own: {said}." if said else ""


def terms(history: Sequence[Mapping[str, Any]]) -> list[str]:
    """Every term that was reported while training, the loss first."""
    found = dict.fromkeys(
        name for epoch in history for split in ("train", "validation") for name in epoch.get(split, {})
    )
    return sorted(found, key=lambda name: name != "loss")


def term(name: str, bundle: Bundle) -> tuple[str, str]:
    """Title and unit of a term of the training's history."""
    known = METRICS.get(name)
    if name in ("loss", "distortion"):
        return (known.title if known else "Loss"), scenes.error_unit(bundle)
    return (known.title, known.unit) if known else (name.replace("_", " ").capitalize(), "")


def interval(estimate: Estimate) -> str:
    """A mean and half its interval, as in ``0.0101 ± 0.0002``."""
    half = (estimate.high - estimate.low) / 2
    return (
        f"{numbers.digits(estimate.mean)} ± {numbers.digits(half, 1, least=1e-6)}"
        if half
        else numbers.digits(estimate.mean)
    )
