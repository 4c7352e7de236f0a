"""The names, titles, units and meanings of all metrics, in one table. No torch here."""

from __future__ import annotations

from aecore.metrics.metric import Metric
from aecore.metrics.table_codebook import CODEBOOK_METRICS, SHARPNESS_METRICS
from aecore.metrics.table_factors import FACTOR_METRICS
from aecore.metrics.table_kinds import KIND_METRICS
from aecore.metrics.table_samples import SAMPLE_METRICS
from aecore.metrics.table_sparsity import SPARSITY_METRICS

NEIGHBOURS = 5
PROBE_EXAMPLES = 10_000
ACTIVE_VARIANCE = 0.01
PSNR_CEILING = 100.0
PCA_EXACT_SIZE = 1024
PCA_EXAMPLES = 10_000


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

_NUMBER = "number (pixel, standardised column of a table, value of a series at a step that is there)"
_COMPARISONS = {
    "mae": Metric("MAE", "the data's units", "lower", f"Mean absolute error per {_NUMBER}"),
    "mse": Metric("MSE", "the data's units, squared", "lower", f"Mean squared error per {_NUMBER}"),
    "rmse": Metric("RMSE", "the data's units", "lower", "Root of the mean squared error over all examples"),
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


__all__ = ["METRICS", "Metric"]

METRICS: dict[str, Metric] = {
    **{f"{prefix}{name}": _comparison(prefix, name) for prefix in _OUTPUTS for name in _COMPARISONS},
    "compression_ratio": Metric(
        "Compression ratio",
        "",
        "higher",
        "Numbers in an example divided by numbers in its code; it counts numbers, not bits, and of series "
        "and words (letters and the end) the average number that is there.",
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
        "KL(q(z|x) ‖ p(z)), summed over latent dimensions, averaged over the test split: in closed form, or "
        "at one sample of q(z|x) where there is none (flow, VampPrior; of a ladder, given the levels above).",
    ),
    "kl_per_dimension": Metric(
        "KL per dimension",
        "nats",
        "neither",
        "The rate of each latent dimension, averaged over the test split; near 0 where it collapsed onto the "
        "prior. Absent where the rate does not fall apart by dimension.",
    ),
    "active_units": Metric(
        "Active units",
        "dimensions",
        "neither",
        f"Latent dimensions whose mean of q(z|x) has a variance over {ACTIVE_VARIANCE} on the test split "
        "(Burda et al. 2016).",
    ),
    "rate_per_level": Metric(
        "Rate per level",
        "nats",
        "neither",
        "The rate of each level of a ladder given one sample of the levels above it, the level nearest "
        "to the data first, averaged over the test split.",
    ),
    "negative_elbo": Metric(
        "−ELBO",
        "nats",
        "lower",
        "Upper bound on −log p(x) with all constants, averaged over the test split: the reconstruction at "
        "one sample of q(z|x), and the rate; where a model finds the class by itself (M2), −log p(y) too.",
    ),
    "nll": Metric(
        "NLL",
        "nats",
        "lower",
        "−log p(x) with all constants, estimated by importance sampling from q(z|x) (Burda et al. 2016), "
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
        "NLL divided by the numbers in an example, as the compression ratio counts them, and by log 2. For "
        "grey values it is of a density on [0, 1] (not of 256 levels), and can be negative.",
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
    **KIND_METRICS,
    "classification_error": Metric(
        "Classification error",
        "%",
        "lower",
        "Share of test examples whose most probable class, by the model's own classifier q(y|x), is not "
        "their label.",
    ),
    **SHARPNESS_METRICS,
    **CODEBOOK_METRICS,
    **SPARSITY_METRICS,
    "teacher_distortion": Metric(
        "Teacher's distortion",
        "the likelihood's unit",
        "lower",
        "Distortion of the teacher's reconstructions of the training split, when the student had learned "
        "from it.",
    ),
    "student_distortion": Metric(
        "Student's distortion",
        "the likelihood's unit",
        "lower",
        "Distortion of the student's reconstructions of the training split, at the same time.",
    ),
    "teacher_parameters": Metric(
        "Teacher's parameters",
        "",
        "neither",
        "How many numbers the teacher had learned; it is not in the bundle.",
    ),
    **SAMPLE_METRICS,
    **FACTOR_METRICS,
}
"""Every name that :func:`aecore.metrics.evaluate` can return, in the order in which to show them."""
