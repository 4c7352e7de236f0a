"""What is said about a bundle: its figures, its card, its options."""

from __future__ import annotations

from aecore import scenes
from aecore.bundles import Bundle
from aecore.metrics import METRICS
from app.ui import numbers

COMPARED = ("rmse", "psnr", "ssim")
"""Shown with PCA beside them."""

FIGURES = ("distortion", "rate", "negative_elbo", "nll", "active_units", "knn5_accuracy")


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
        "knn5_accuracy": "%",
    }
    return [
        (METRICS[name].title, numbers.quantity(metrics[name], own.get(name, METRICS[name].unit)))
        for name in FIGURES
        if name in metrics
    ]


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
        ("trained on", f"{made.device}, {numbers.quantity(made.seconds, 's')}, seed {made.seed}"),
        ("created", made.created),
        *((name, number) for name, number in made.versions.items()),
    ]


def options(bundle: Bundle) -> list[tuple[str, str]]:
    """Every option the model was built and trained with, beside variant and data, which head the page."""
    return [
        (name, str(value)) for name, value in bundle.card.config.items() if name not in ("variant", "data")
    ]
