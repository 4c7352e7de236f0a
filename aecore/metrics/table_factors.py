"""Names and meanings of what is said of codes beside ground-truth factors. No torch here."""

from __future__ import annotations

from aecore.metrics.metric import Metric

FACTOR_EXAMPLES = 5_000
MOST_DIMENSIONS = 64
CODE_BINS = 20
FOREST_TREES = 20
FIXED_BATCH, FIXED_TRAININGS, FIXED_TESTS = 64, 2_000, 1_000
CATEGORICAL = ("shape", "hue", "first letter")  # factors whose values have no order, by name

_ON = (
    f"at most {FACTOR_EXAMPLES:,} test examples, drawn by the seed, all the factors that the data set "
    f"states, codes of at most {MOST_DIMENSIONS} dimensions"
)
_SAMPLED = (
    f"one sample of q(z|x) an example (without a posterior, the code), {CODE_BINS} bins of equal width; {_ON}"
)
_MEANS = f"means of q(z|x); {_ON}"
_FIXED = (
    f"{FIXED_BATCH} examples or pairs share the value of one factor, {FIXED_TRAININGS:,} such sets to learn "
    f"from and {FIXED_TESTS:,} to be scored; guessing is right once in as many times as there are factors"
)

SCORED = (
    f"Scores: {_ON}; MIG and modularity on one sample of q(z|x) an example, {CODE_BINS} bins of equal width, "
    f"the others on means; DCI by random forests of {FOREST_TREES} trees, half to learn from; FactorVAE and "
    f"β-VAE: {_FIXED}."
)
"""All settings at once, for a caption."""

FACTOR_METRICS: dict[str, Metric] = {
    "mig": Metric(
        "MIG",
        "",
        "higher",
        "Mutual information gap (Chen et al. 2018): by how much the dimension that knows most of a factor "
        "beats the second, as a share of the factor's entropy, averaged over factors; chance near 0; "
        f"{_SAMPLED}.",
    ),
    "mig_without_shape": Metric(
        "MIG without shape",
        "",
        "higher",
        "The MIG averaged over the factors other than shape, whose values have no order.",
    ),
    "mig_per_factor": Metric(
        "MIG per factor", "", "higher", "The MIG of each factor, in the order of the data set's factors."
    ),
    "dci_disentanglement": Metric(
        "DCI disentanglement",
        "",
        "higher",
        "How far a dimension matters to one factor only (Eastwood & Williams 2018): one less the entropy of "
        f"its importances in random forests of {FOREST_TREES} trees that predict each factor from half of "
        f"the examples; chance near 0; {_MEANS}.",
    ),
    "dci_completeness": Metric(
        "DCI completeness",
        "",
        "higher",
        "How far a factor rests on one dimension only: the same with the roles changed; chance near 0.",
    ),
    "dci_informativeness": Metric(
        "DCI informativeness",
        "",
        "higher",
        "How well the same forests predict the factors of the other half, averaged over factors: R², for "
        f"those without order ({', '.join(CATEGORICAL)}) balanced accuracy counted from chance; "
        "chance near 0.",
    ),
    "sap": Metric(
        "SAP",
        "",
        "higher",
        "Separated attribute predictability (Kumar et al. 2018): by how much the dimension that predicts a "
        "factor best beats the second, averaged over factors: R² of a line, for those without order the "
        f"balanced accuracy of intervals, counted from chance; chance near 0; {_MEANS}.",
    ),
    "factor_vae_score": Metric(
        "FactorVAE score",
        "share of sets",
        "higher",
        "How often the dimension that varies least while a factor is fixed tells which (Kim & Mnih 2018), "
        f"dimensions with under 1 % of the greatest variance left out; {_FIXED}; {_MEANS}.",
    ),
    "beta_vae_score": Metric(
        "β-VAE score",
        "share of sets",
        "higher",
        "How often a logistic regression tells from mean differences of codes which factor was fixed "
        f"(Higgins et al. 2017); lenient towards rotated codes; {_FIXED}; {_MEANS}.",
    ),
    "modularity": Metric(
        "Modularity",
        "",
        "higher",
        "How far a dimension shares information with one factor only (Ridgeway & Mozer 2018), averaged over "
        "dimensions; codes that know nothing score about 0.7 on factors of unequal size, by the bias of "
        f"counting, not 0; {_SAMPLED}.",
    ),
}
