"""What is said about the inside of a network: its layers, gradients and how it doubles pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from app.ui import numbers
from app.ui.tables import Cell, Column, Line

if TYPE_CHECKING:
    from aecore.metrics.layers import Layer
    from aecore.studies.doubling import Doubling

FILTERS = "each on its own scale: orange counts for, blue against"
ACTIVATIONS = (
    "by the first example of the test split: orange above zero, blue below, each picture on its own scale; "
    "the numbers of a dense layer stand in rows"
)
GRADIENTS = "length of each layer’s gradient at the last step of an epoch"
CHECKERBOARD = (
    "share of a picture’s variance that repeats itself every few pixels, as neighbours are written by "
    "different weights: training hides it, a decoder that resizes has next to none to hide"
)
DOUBLE = {"transposed": "double by transposed convolutions", "resize": "repeat pixels, then convolve"}
COLUMNS = [
    (
        "size",
        [
            Column("Shape", "", "neither", "Of what the layer gives for one example."),
            Column("Parameters", "", "neither", "Numbers that are trained in it."),
        ],
    ),
    (
        "what is in it",
        [
            Column(
                "Recovered",
                "R² of a linear probe",
                "neither",
                "Share of the variance of the input that a ridge regression from the layer’s output gives "
                "back, on test examples.",
            ),
        ],
    ),
    (
        "activations",
        [
            Column("Zeros", "", "neither", "Share of what it gives that is exactly 0."),
            Column("Dead", "", "neither", "Share of its units that are 0 for every example."),
            Column("Mean size", "", "neither", "Mean absolute value of what it gives."),
        ],
    ),
]


def layers(found: Sequence[Layer]) -> list[Line]:
    """Each layer with its shape, size, and what it does to examples of the test split."""
    return [
        Line(
            layer.said,
            "",
            layer.kind,
            (
                Cell(" × ".join(map(str, layer.shape)), math.prod(layer.shape)),
                Cell(f"{layer.parameters:,}", layer.parameters),
                Cell(f"{100 * layer.recovered:.0f} %", layer.recovered, bar=max(layer.recovered, 0.0)),
                Cell(f"{100 * layer.zeros:.0f} %", layer.zeros),
                Cell(f"{100 * layer.dead:.0f} %", layer.dead),
                Cell(numbers.digits(layer.norm, 2), layer.norm),
            ),
        )
        for layer in found
    ]


def recovered(found: Sequence[Layer]) -> str:
    """What a guide says is left of the input after each layer, beside what is measured up to the code."""
    said = ", ".join(f"{100 * layer.recovered:.0f}" for layer in found if _leads_to_the_code(layer.name))
    return (
        "A widely copied guide says that 70, 50, 35 and 1 % of the input are left after the layers of an "
        f"encoder; a linear probe finds {said} % here."
    )


def _leads_to_the_code(name: str) -> bool:
    """Whether an example passes a layer on its way to its mean code, unlike what hears of β."""
    place, _, rest = name.removeprefix("m1_").partition(".")
    if place == "encoder":
        return "hear." not in rest
    return place in ("bottleneck", "code") and rest not in ("logvar", "film")


def gradients(
    history: Sequence[Mapping[str, Any]], found: Sequence[Layer]
) -> dict[str, tuple[list[int], list[float]]]:
    """Epochs and lengths of the gradient of each layer that has some, under the names that ``found`` has.

    What an example does not go through (a critic, a learned prior) comes last, each part as one; norms are
    left out, which ``found`` counts to the layer before them.
    """
    said = {layer.name: layer.said for layer in found}
    beside = {name.rpartition(".")[0] for name in said}
    names = dict.fromkeys(name for epoch in history for name in epoch.get("gradients", {}))
    parts = {title: [name] for name, title in said.items()}
    for name in names:
        if name not in said and name.rpartition(".")[0] not in beside:
            parts.setdefault(name.removeprefix("bottleneck.").partition(".")[0], []).append(name)
    lengths = {
        title: [
            (each["epoch"], math.hypot(*there))
            for each in history
            if (there := [each["gradients"][name] for name in of if name in each.get("gradients", {})])
        ]
        for title, of in parts.items()
    }
    return {name: ([x for x, _ in of], [y for _, y in of]) for name, of in lengths.items() if of}


def no_gradients(history: Sequence[Mapping[str, Any]]) -> str:
    """Why there are none."""
    if history and all(epoch.get("stage") == "solve" for epoch in history):
        return "This model was solved in closed form: no step followed a gradient."
    return "The history of this bundle holds no gradients: train it again to see them."


def checkerboard_head(board: Doubling) -> tuple[str, ...]:
    """What stands above the columns of :func:`checkerboards`."""
    return ("", *(f"every {period} pixels" for period in board.periods))


def checkerboards(board: Doubling) -> list[tuple[str, ...]]:
    """How much of a checkerboard there is, as shares of the variance."""
    rows = {
        "originals": board.originals,
        "reconstructions of this model": board.trained,
        **{f"untrained networks like it that {DOUBLE[how]}": of for how, of in board.fresh.items()},
    }
    return [(name, *(f"{100 * share:.2f} %" for share in of)) for name, of in rows.items()]
