"""What the metrics of a codebook, of the prior over its indices, and of sharpness mean. No torch here."""

from __future__ import annotations

from aecore.metrics.metric import Metric

CODEBOOK_METRICS: dict[str, Metric] = {
    "codebook_perplexity": Metric(
        "Codebook perplexity",
        "vectors",
        "higher",
        "exp of the entropy of how often each vector of the codebook is chosen, over every slot of "
        "codebook_examples test examples: the codebook's size if all are equally often.",
    ),
    "codes_used": Metric(
        "Codes used",
        "vectors",
        "higher",
        "Vectors of the codebook that any slot of codebook_examples test examples chooses.",
    ),
    "codebook_examples": Metric(
        "Codebook examples",
        "examples",
        "neither",
        "Test examples over which the use of the codebook is counted.",
    ),
    "prior_nats": Metric(
        "Prior",
        "nats",
        "lower",
        "−log p of an example's indices under the autoregressive prior, averaged over the test split: the "
        "rate of a code of whole numbers. uniform_nats is what it is where nothing is known of them.",
    ),
    "prior_bits": Metric(
        "Prior bits",
        "bits",
        "lower",
        "The same in bits: the length of an example's code when the prior compresses it.",
    ),
    "uniform_nats": Metric(
        "Uniform prior",
        "nats",
        "neither",
        "Slots times the log of the codebook's size: what the indices cost if all are equally likely.",
    ),
}

SHARPNESS_METRICS: dict[str, Metric] = {
    "sharpness": Metric(
        "Sharpness",
        "",
        "neither",
        "Variance of the Laplacian of the reconstructions of clean test images, from the mean of q(z|x), "
        "divided by that of the images, each averaged over the test split: 1 if as sharp as they, below 1 "
        "if blurred, above 1 if noisy.",
    ),
}
