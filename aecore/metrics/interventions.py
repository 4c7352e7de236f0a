"""Whether a dimension stays still while one ground-truth factor does: the FactorVAE and β-VAE scores.

Both take examples that share the value of one factor from what there is, each with equal chance,
and ask a simple classifier which factor was fixed. With F factors, guessing is right in 1 of F cases.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aecore.metrics.disentanglement import Codes, Factors, Matrix
from aecore.metrics.table_factors import FIXED_BATCH, FIXED_TESTS, FIXED_TRAININGS

_STILL = 0.01  # of the greatest variance: a dimension with less has collapsed


def factor_vae_score(codes: Codes, factors: Factors, *, seed: int = 0) -> float:
    """How often the dimension of least variance, while a factor is fixed, tells which factor that was.

    Each of 2,000 batches of 64 examples share the value of one factor, drawn at random; the
    dimension whose variance, in units of its variance over all examples, is least in the batch is a vote
    for that factor. A dimension stands for the factor that most of its votes name; the score is the share
    of 1,000 further batches that are named rightly. Dimensions with under 1 % of the greatest
    dimension's variance have collapsed and do not vote; chance is 1 / F.

    Args:
        codes: Means of q(z|x), shape (N, D).
        factors: Shape (N, F).
        seed: Fixes what is drawn.

    Source:
        Kim & Mnih (2018), section 4. https://arxiv.org/abs/1802.05983
    """
    rng = np.random.RandomState(seed)
    z = codes.astype(np.float64)
    variance = z.var(0)
    z = z[:, variance > _STILL * variance.max()]
    if not z.shape[1]:
        return 1 / factors.shape[1]
    z = z / z.std(0)
    fixed = rng.randint(factors.shape[1], size=FIXED_TRAININGS + FIXED_TESTS)
    like = _Alike(factors, rng)
    first = rng.randint(len(z), size=len(fixed))
    batches = like(np.repeat(first, FIXED_BATCH), np.repeat(fixed, FIXED_BATCH))
    quiet = z[batches].reshape(len(fixed), FIXED_BATCH, -1).var(1).argmin(1)  # which dimension
    votes = np.zeros((z.shape[1], factors.shape[1]))
    np.add.at(votes, (quiet[:FIXED_TRAININGS], fixed[:FIXED_TRAININGS]), 1)
    return float((votes.argmax(1)[quiet[FIXED_TRAININGS:]] == fixed[FIXED_TRAININGS:]).mean())


def beta_vae_score(codes: Codes, factors: Factors, *, seed: int = 0) -> float:
    """How often a linear classifier tells from differences of codes which factor was fixed.

    Each point is the mean of |z − z′| over 64 pairs of examples that share the value of one factor
    (each pair its own value). A logistic regression on 2,000 standardised points is asked about
    1,000 further ones; chance is 1 / F. It is lenient: codes that mix the factors unevenly can score 1.

    Args:
        codes: Means of q(z|x), shape (N, D).
        factors: Shape (N, F).
        seed: Fixes what is drawn.

    Source:
        Higgins et al. (2017), section 3. https://openreview.net/forum?id=Sy2fzU9gl
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rng = np.random.RandomState(seed)
    z = codes.astype(np.float64)
    fixed = rng.randint(factors.shape[1], size=FIXED_TRAININGS + FIXED_TESTS)
    first = rng.randint(len(z), size=len(fixed) * FIXED_BATCH)
    second = _Alike(factors, rng)(first, np.repeat(fixed, FIXED_BATCH))
    points = np.abs(z[first] - z[second]).reshape(len(fixed), FIXED_BATCH, -1).mean(1)
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    probe.fit(points[:FIXED_TRAININGS], fixed[:FIXED_TRAININGS])
    return float(probe.score(points[FIXED_TRAININGS:], fixed[FIXED_TRAININGS:]))


class _Alike:
    """Draws examples that share the value of a factor with given ones."""

    def __init__(self, factors: Factors, rng: np.random.RandomState) -> None:
        self.factors, self.rng = factors, rng
        self.order = factors.argsort(0, kind="stable")  # (N, F)
        self.counts = [np.bincount(v) for v in factors.T]
        self.starts = [np.concatenate([[0], np.cumsum(count)[:-1]]) for count in self.counts]

    def __call__(self, like: NDArray[np.int64], fixed: NDArray[np.int64]) -> NDArray[np.int64]:
        """For each of ``like``, shape (M,), one with the same value of its factor ``fixed``, shape (M,)."""
        drawn = np.empty(len(like), np.int64)
        chance: Matrix = self.rng.random_sample(len(like))
        for k in range(self.factors.shape[1]):
            of = fixed == k
            value = self.factors[like[of], k]
            place = self.starts[k][value] + (chance[of] * self.counts[k][value]).astype(np.int64)
            drawn[of] = self.order[place, k]
        return drawn
