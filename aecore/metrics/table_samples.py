"""Names and meanings of what is said of samples. No torch here."""

from __future__ import annotations

import json
from functools import cache

from aecore.metrics.metric import Metric
from aecore.places import shipped_root

SAMPLE_NEIGHBOURS = 5
SAMPLES = 2_000


@cache
def judges() -> dict[str, str]:
    """The sha256 of each judge's weights, by data set, as their ``judge.json`` say."""
    found = {}
    for file in sorted(shipped_root().glob("*/judge.json")):
        try:
            found[file.parent.name] = str(json.loads(file.read_text(encoding="utf-8"))["sha256"])
        except (OSError, ValueError, KeyError, TypeError):  # who needs it says so: find_judge
            continue
    return found


_JUDGES = ", ".join(f"{name} {sha[:8]}" for name, sha in judges().items()) or "none is here"
_SETTING = (
    f"{SAMPLES:,} samples from the prior at temperature 1, decoded to their means (as many as test examples "
    "where there are fewer; told classes are drawn as often as in training), against as many test examples, "
    "in the penultimate features (64) of the data set's judge, a small classifier trained here on grey and "
    f"black-and-white pixels alike (sha256 of its weights: {_JUDGES})"
)
_BALLS = f"with balls that reach to the {SAMPLE_NEIGHBOURS}th neighbour"

SAMPLE_METRICS: dict[str, Metric] = {
    "aggregate_mmd": Metric(
        "MMD between q(z) and p(z)",
        "",
        "lower",
        "Squared maximum mean discrepancy, without bias (it can fall below 0), with an inverse "
        "multiquadratic kernel of seven scales, between one sample of q(z|x) of at most 5,000 test "
        "examples, drawn by the seed, and as many draws of the prior; not for a prior that was fitted to the "
        "codes.",
        square=True,
    ),
    "sample_precision": Metric(
        "Sample precision",
        "share of samples",
        "higher",
        "Share of samples that lie among the data: in the ball of a test example (Kynkäänniemi et al. 2019), "
        f"{_BALLS}; {_SETTING}.",
    ),
    "sample_recall": Metric(
        "Sample recall",
        "share of examples",
        "higher",
        "Share of test examples that lie among the samples: in the ball of a sample (Kynkäänniemi et al. "
        f"2019), {_BALLS}; low where samples show only part of the data; {_SETTING}.",
    ),
    "sample_density": Metric(
        "Sample density",
        "",
        "higher",
        f"In how many test examples' balls a sample lies, divided by {SAMPLE_NEIGHBOURS} (Naeem et al. "
        f"2020), {_BALLS}; about 1 for samples of the data's distribution; {_SETTING}.",
    ),
    "sample_coverage": Metric(
        "Sample coverage",
        "share of examples",
        "higher",
        "Share of test examples in whose ball there is a sample (Naeem et al. 2020), "
        f"{_BALLS}; low where samples show only part of the data; {_SETTING}.",
    ),
    "sample_frechet": Metric(
        "Fréchet distance of samples",
        "",
        "lower",
        "Squared Fréchet distance of the Gaussians fitted to the features of samples and of test examples "
        f"(the form of the FID, in other features: not comparable with one); {_SETTING}.",
    ),
    "train_frechet": Metric(
        "Fréchet distance of training examples",
        "",
        "neither",
        "The same distance of as many training examples, drawn by the seed: what perfect samples would "
        "score.",
    ),
    "sample_count": Metric(
        "Samples compared", "samples", "neither", "Samples, and as many test examples, drawn by the seed."
    ),
}
