"""Names and meanings of what is measured of series and words alone. No torch here."""

from __future__ import annotations

from aecore.metrics.metric import Metric

_LETTERS = "Of the most probable letters, cut at the first end that is most probable: "
_PCA = " of a PCA with as many dimensions as the code, fitted to letters as one 1 among zeros"

KIND_METRICS: dict[str, Metric] = {
    "length_mae": Metric(
        "Length error",
        "steps",
        "lower",
        "Mean absolute difference between the length of a test series and of its reconstruction from the "
        "mean of q(z|x), which ends where the probability that it lasts falls below one half.",
    ),
    "token_accuracy": Metric(
        "Token accuracy",
        "share of tokens",
        "higher",
        f"{_LETTERS}the share that is right, up to and including a test word's end, averaged over words, of "
        "the reconstruction from the mean of q(z|x); a decoder that writes letter by letter reads its own.",
    ),
    "word_accuracy": Metric(
        "Exact words",
        "share of words",
        "higher",
        f"{_LETTERS}the share of test words of which all are right, and the end, of the same reconstruction.",
    ),
    "pca_token_accuracy": Metric(
        "PCA token accuracy", "share of tokens", "higher", f"The token accuracy{_PCA}."
    ),
    "pca_word_accuracy": Metric("PCA exact words", "share of words", "higher", f"The exact words{_PCA}."),
    "perplexity": Metric(
        "Perplexity",
        "",
        "lower",
        "Two to the bits that a token of a test word costs on average, its end included, given the mean of "
        "q(z|x): as many tokens, equally probable, would be as hard to tell. A decoder that writes letter by "
        "letter reads the true letters before each. What the code itself costs is not counted.",
    ),
}
