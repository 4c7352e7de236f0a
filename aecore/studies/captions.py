"""What bundles of a table are called, and what they have in common, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from aecore.bundles import Bundle
from aecore.bundles.titles import title as titled

SAME_LIKELIHOOD = ("negative_elbo", "nll")
"""Densities, which are of one kind only under one likelihood; told the class, they are of p(x|y)."""


def layers(bundle: Bundle) -> str:
    """The hidden layers of a perceptron, as in ``256-128``; empty for other networks and for none."""
    config = bundle.card.config
    if config.get("net") != "mlp" or config.get("depth"):
        return ""
    return "-".join(map(str, config["hidden"])) or "no hidden layer"


def usual_layers(bundles: Sequence[Bundle]) -> str:
    """Those that most of some bundles have; empty where none is a perceptron."""
    counted = Counter(found for each in bundles if (found := layers(each)))
    return max(counted, key=lambda found: counted[found], default="")


def row_title(bundle: Bundle, usual: str) -> str:
    """Its model's, its hidden layers where they are not the usual ones, and what it was told."""
    labels = bundle.card.data.options.get("labelled", 0)
    taught = f" · {labels:,} labels" if labels else ""
    given = " · densities given the class" if is_told(bundle) and has_density(bundle) else ""
    own = layers(bundle)
    other = f" · {own}" if own not in ("", usual) else ""
    return titled(bundle.card) + other + taught + given


def is_told(bundle: Bundle) -> bool:
    """Whether its model is told the class of every example."""
    told = bundle.card.latent.condition
    return told is not None and told.kind == "class" and not bundle.card.data.options.get("labelled")


def has_density(bundle: Bundle) -> bool:
    """Whether its card says how probable examples are."""
    return any(name in bundle.card.metrics for name in SAME_LIKELIHOOD)


def in_common(bundle: Bundle, code: int, usual: str) -> str:
    """The budget of a bundle, the size of its code and the usual hidden layers, in words."""
    config = bundle.card.config
    options = "".join(
        f", {_option(name, value)}"
        for name, value in bundle.card.data.options.items()
        if name not in ("validation", "labelled") and value not in ("none", False, None)
    )
    where = f", hidden layers {usual} where none are named" if usual else ""
    return (
        f"test split, codes of {code} numbers, {config.get('epochs')} epochs, batches of "
        f"{config.get('batch_size')}{options}{where}"
    )


def _option(name: str, value: str | int | float | bool) -> str:
    """As in ``binarise threshold`` and ``22,000 train examples``."""
    said = name.replace("_", " ")
    counts = isinstance(value, int) and not isinstance(value, bool)
    return f"{value:,} {said}" if counts else f"{said} {value}"
