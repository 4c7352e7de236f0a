"""The names, titles, units and meanings of all metrics, in one table. No torch here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

NEIGHBOURS = 5
PROBE_EXAMPLES = 10_000
ACTIVE_VARIANCE = 0.01
PSNR_CEILING = 100.0
PCA_EXACT_SIZE = 1024
PCA_EXAMPLES = 10_000


@dataclass(frozen=True)
class Metric:
    """What a number in a card means.

    Attributes:
        title: Name for people.
        unit: What it is measured in, empty for a pure number.
        better: Which direction is better, ``neither`` where none is by itself.
        help: What was computed, on what, and whether a mean or a sample of q(z|x) was used.
    """

    title: str
    unit: str
    better: Literal["lower", "higher", "neither"]
    help: str


_OUTPUTS = {
    "": ("", "the reconstruction of a clean test example from the mean of q(z|x)"),
    "pca_": (
        "PCA ",
        (
            "the reconstruction by a PCA with as many dimensions as the model's code, unclipped, fitted "
            f"to the training split (where an example has more than {PCA_EXACT_SIZE:,} numbers: a randomised "
            f"PCA of at most {PCA_EXAMPLES:,} examples)"
        ),
    ),
    "denoised_": ("denoised ", "the output for a corrupted test example, from the mean of q(z|x)"),
    "pca_denoised_": ("PCA denoised ", "the same PCA applied to the corrupted test example, unclipped"),
    "corrupted_": ("corrupted ", "the corrupted test example itself, so what doing nothing would score"),
}

_COMPARISONS = {
    "mae": Metric("MAE", "pixel values", "lower", "Mean absolute error per pixel"),
    "mse": Metric("MSE", "squared pixel values", "lower", "Mean squared error per pixel"),
    "rmse": Metric("RMSE", "pixel values", "lower", "Root of the mean squared error over all pixels"),
    "psnr": Metric(
        "PSNR",
        "dB",
        "higher",
        f"Peak signal-to-noise ratio for data range 1, averaged over images, {PSNR_CEILING:.0f} dB at most",
    ),
    "ssim": Metric(
        "SSIM",
        "",
        "higher",
        "Structural similarity, 1 for equal images (Gaussian window of 11 pixels, or the largest odd "
        "number that fits, σ = 1.5, data range 1, without borders), averaged over images",
    ),
}


def _comparison(prefix: str, name: str) -> Metric:
    adjective, output = _OUTPUTS[prefix]
    metric = _COMPARISONS[name]
    title = f"{adjective}{metric.title}"
    return Metric(title[0].upper() + title[1:], metric.unit, metric.better, f"{metric.help}, of {output}.")


METRICS: dict[str, Metric] = {
    **{f"{prefix}{name}": _comparison(prefix, name) for prefix in _OUTPUTS for name in _COMPARISONS},
    "compression_ratio": Metric(
        "Compression ratio",
        "",
        "higher",
        "Numbers in an example divided by numbers in its code; it counts numbers, not bits.",
    ),
    "distortion": Metric(
        "Distortion",
        "the likelihood's unit",
        "lower",
        "The reconstruction term that training minimises, on clean examples, summed over an example and "
        "averaged over the test split, at one sample of q(z|x) (without a posterior, at the code). For mse "
        "it is half the summed squared error, without the constant.",
    ),
    "rate": Metric(
        "Rate",
        "nats",
        "neither",
        "KL(q(z|x) ‖ p(z)) in closed form, summed over latent dimensions, averaged over the test split.",
    ),
    "kl_per_dimension": Metric(
        "KL per dimension",
        "nats",
        "neither",
        "The rate of each latent dimension in closed form, averaged over the test split; near 0 where it "
        "collapsed onto the prior.",
    ),
    "active_units": Metric(
        "Active units",
        "dimensions",
        "neither",
        f"Latent dimensions whose mean of q(z|x) has a variance over {ACTIVE_VARIANCE} on the test split "
        "(Burda et al. 2015).",
    ),
    "negative_elbo": Metric(
        "−ELBO",
        "nats",
        "lower",
        "Upper bound on −log p(x) with all constants, averaged over the test split: the reconstruction at "
        "one sample of q(z|x), the KL in closed form.",
    ),
    "nll": Metric(
        "NLL",
        "nats",
        "lower",
        "−log p(x) with all constants, estimated by importance sampling from q(z|x) (Burda et al. 2015), "
        "averaged over nll_images test examples; in expectation an upper bound.",
    ),
    "elbo_gap": Metric(
        "ELBO gap",
        "nats",
        "lower",
        "−ELBO minus NLL on the same samples of q(z|x) and the same test examples: what the posterior's form "
        "and the encoder's errors cost.",
    ),
    "bits_per_dim": Metric(
        "Bits per dimension",
        "bits",
        "lower",
        "NLL divided by the numbers in an example and by log 2. For grey values it is of a density on [0, 1] "
        "(not of 256 levels), and can be negative.",
    ),
    "nll_samples": Metric("NLL samples", "samples", "neither", "Samples of q(z|x) per example for NLL."),
    "nll_images": Metric("NLL images", "examples", "neither", "Test examples, drawn by the seed, for NLL."),
    "knn5_accuracy": Metric(
        f"{NEIGHBOURS}-NN accuracy",
        "share of examples",
        "higher",
        f"Share of test examples whose label the {NEIGHBOURS} nearest training codes vote for "
        "(Euclidean, means of q(z|x), at most "
        f"{PROBE_EXAMPLES:,} training and as many test examples, drawn by the seed).",
    ),
    "probe_accuracy": Metric(
        "Linear probe accuracy",
        "share of examples",
        "higher",
        "Share of test examples whose label a logistic regression on standardised codes predicts (means of "
        f"q(z|x), at most {PROBE_EXAMPLES:,} training and as many test examples, drawn by the seed).",
    ),
}
"""Every name that :func:`aecore.metrics.evaluate` can return, in the order in which to show them."""
