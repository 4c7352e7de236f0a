"""What the numbers in the card of a sparse code mean. No torch here."""

from __future__ import annotations

from aecore.metrics.metric import Metric

_SELECTIVITY = (
    "0 where all are equal, 1 where one is alone (Treves & Rolls 1991, as rescaled by Vinje & Gallant 2000)"
)

SPARSITY_METRICS: dict[str, Metric] = {
    "zero_share": Metric(
        "Zeros in a code",
        "share of numbers",
        "neither",
        "Share of the numbers in the test codes whose size is at most 1 % of the largest number's.",
    ),
    "mean_activation": Metric(
        "Mean activation",
        "code units",
        "neither",
        "Mean size of the numbers in the test codes; of a sigmoid code the share of the time a unit is on.",
    ),
    "lifetime_sparsity": Metric(
        "Lifetime sparsity",
        "",
        "neither",
        f"How unevenly a unit answers to the test examples: {_SELECTIVITY}; the mean over units "
        "that are alive.",
    ),
    "population_sparsity": Metric(
        "Population sparsity",
        "",
        "neither",
        f"How unevenly an example's code uses its units: {_SELECTIVITY}; the mean over test examples whose "
        "code is not all zeros.",
    ),
    "dead_units": Metric(
        "Dead units",
        "units",
        "lower",
        "Units whose number is at most 1 % of the largest in every test code.",
    ),
}
