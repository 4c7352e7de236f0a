"""What is said about codes: colours, lines, tables, and which of them to show."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from aecore.bundles import Bundle, DataCard
from aecore.errors import unknown
from aecore.metrics import METRICS
from app.ui import numbers
from app.ui.plots import Colouring

COMPARED = ("rmse", "psnr", "ssim")
"""Shown with PCA beside them."""

FIGURES = ("distortion", "rate", "negative_elbo", "nll", "active_units", "knn5_accuracy")
FEW = 6  # up to here a factor's values are classes, beyond it a quantity
ORDERS = {"mixed": "mixed", "worst": "worst first", "best": "best first"}


def unit(bundle: Bundle) -> str:
    """What the bundle's reconstruction error is measured in."""
    return numbers.distortion_unit(str(bundle.card.config.get("likelihood", "")))


def colourings(bundle: Bundle) -> dict[str, Colouring]:
    """Everything that points can be coloured by, by name."""
    codes, data = bundle.codes, bundle.card.data
    found: dict[str, Colouring] = {}
    if codes.label is not None and data.classes:
        found["label"] = Colouring("label", codes.label, data.classes)
    found["error"] = Colouring(f"error ({unit(bundle)})", codes.error)
    if codes.kl is not None:
        found["KL"] = Colouring("KL (nats)", codes.kl)
    if codes.factors is not None:
        for column, factor in enumerate(data.factors):
            values = np.asarray(factor.values)[codes.factors[:, column]]
            few = len(factor.values) <= FEW
            names = tuple(numbers.digits(value) for value in factor.values) if few else ()
            found[factor.name] = Colouring(factor.name, codes.factors[:, column] if few else values, names)
    return found


def lines(bundle: Bundle) -> list[str]:
    """A line about each code, for what is under the mouse; escaped for Plotly, which reads some HTML."""
    return _lines(bundle.card.files["codes.npz"], unit(bundle), bundle.card.data, bundle)


@st.cache_resource(max_entries=24, show_spinner=False)
def _lines(digest: str, unit: str, data: DataCard, _bundle: Bundle) -> list[str]:
    """The same, made once for codes whose numbers and names are these."""
    return [
        escape(" · ".join(f"{name} {value}" for name, value in about(_bundle, row)), quote=False)
        for row in range(len(_bundle.codes))
    ]


def about(bundle: Bundle, row: int) -> list[tuple[str, str]]:
    """Names and values of what is known of one code."""
    codes, data = bundle.codes, bundle.card.data
    known: list[tuple[str, str]] = []
    if codes.label is not None and data.classes:
        known.append(("label", data.classes[codes.label[row]]))
    known.append(("error", numbers.quantity(float(codes.error[row]), unit(bundle))))
    if codes.kl is not None:
        known.append(("KL", numbers.quantity(float(codes.kl[row]), "nats")))
    if codes.factors is not None:
        known += [
            (factor.name, numbers.digits(factor.values[index]))
            for factor, index in zip(data.factors, codes.factors[row], strict=True)
        ]
    return known


def summary(bundle: Bundle, rows: Sequence[int]) -> list[tuple[str, str]]:
    """Means over some codes, and the classes they are of, the most frequent first."""
    codes, data = bundle.codes, bundle.card.data
    chosen = np.asarray(rows)
    said = [("mean error", numbers.quantity(float(codes.error[chosen].mean()), unit(bundle)))]
    if codes.kl is not None:
        said.append(("mean KL", numbers.quantity(float(codes.kl[chosen].mean()), "nats")))
    if codes.label is not None and data.classes:
        counts = np.bincount(codes.label[chosen], minlength=len(data.classes))
        most = [index for index in np.argsort(-counts, kind="stable")[:4] if counts[index]]
        said += [
            (f"of {data.classes[index]}", numbers.quantity(counts[index] / len(chosen), "%"))
            for index in most
        ]
    return said


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
    own = {"distortion": unit(bundle), "active_units": f"of {bundle.card.latent.dim}", "knn5_accuracy": "%"}
    return [
        (METRICS[name].title, numbers.quantity(metrics[name], own.get(name, METRICS[name].unit)))
        for name in FIGURES
        if name in metrics
    ]


def _named(name: str) -> str:
    metric = METRICS[name]
    return f"{metric.title} ({metric.unit})" if metric.unit else metric.title


def choose(bundle: Bundle, order: str, label: str, count: int, seed: int) -> NDArray[np.int64]:
    """Rows of codes to show.

    Args:
        bundle: Whose codes.
        order: One of :data:`ORDERS`: drawn at random, or those with the largest or the smallest error.
        label: Only this class, or the empty string for all.
        count: How many at most.
        seed: Fixes a random draw.

    Raises:
        UserError: If there is no such class.
    """
    codes, classes = bundle.codes, bundle.card.data.classes
    rows = np.arange(len(codes))
    if label:
        if codes.label is None or label not in classes:
            raise unknown("class", label, classes)
        rows = np.flatnonzero(codes.label == classes.index(label))
    if order == "mixed":
        return np.random.default_rng(seed).permutation(rows)[:count]
    ranked = rows[np.argsort(codes.error[rows], kind="stable")]
    return ranked[::-1][:count] if order == "worst" else ranked[:count]


def caption(bundle: Bundle, row: int) -> str:
    """Two lines below a reconstruction: what it is of, and its error."""
    codes, classes = bundle.codes, bundle.card.data.classes
    label = f"{classes[codes.label[row]]}\n" if codes.label is not None and classes else ""
    return f"{label}{numbers.digits(float(codes.error[row]))}"


def reconstructed(bundle: Bundle, with_originals: bool) -> str:
    """The line above reconstructions: what is on top of what, and what the numbers are."""
    shown = "original, reconstruction, difference" if with_originals else "decoded from the stored codes"
    return f"{shown}; below each its error in {unit(bundle)}"


def lengths(z: NDArray[np.float32]) -> list[str]:
    """The length of each code, shape (S, D), in words."""
    return [f"‖z‖ {numbers.digits(float(length), 2)}" for length in np.linalg.norm(z, axis=1)]


def cross_fade(
    a: NDArray[np.float32], b: NDArray[np.float32], steps: int
) -> tuple[list[str], NDArray[np.float32]]:
    """The mixtures (1 − t)·a + t·b of two examples: each t in words, and the images, shape (S, C, H, W)."""
    t = np.linspace(0, 1, steps, dtype=np.float32)
    mixed = np.stack([(1 - each) * a + each * b for each in t])
    return [f"t = {each:.2f}" for each in t], mixed


def prior_title(bundle: Bundle) -> str:
    """What samples of this bundle are samples of."""
    return "Samples from the prior" if has_prior(bundle) else "Samples from a fitted Gaussian"


def prior_formula(bundle: Bundle) -> str:
    """Where codes are drawn from, T being the temperature."""
    return "z = T·ε, ε ~ N(0, I)" if has_prior(bundle) else "z = m + T·Lε, ε ~ N(0, I)"


def prior_remark(bundle: Bundle) -> tuple[str, str]:
    """Title and text about what the samples can show."""
    if has_prior(bundle):
        return (
            "What to look for",
            (
                "The model was trained so that its codes, taken together, resemble N(0, I). Where they "
                "don’t, samples fall into gaps between the codes and look like nothing. Below 1 the "
                "temperature keeps to what is typical; 0 gives one image, again and again."
            ),
        )
    return (
        "This model has no prior",
        (
            "Nothing in its training says where codes lie, so there is no distribution to sample. Drawn here "
            "is a Gaussian with the mean m and covariance LLᵀ of its training codes: expect it to do badly."
        ),
    )


def has_prior(bundle: Bundle) -> bool:
    """Whether the model was trained against a prior."""
    return bundle.card.latent.prior.kind == "standard-normal"


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
