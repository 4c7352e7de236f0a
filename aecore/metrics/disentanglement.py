r"""Whether each latent dimension stands for one ground-truth factor, and each factor for one dimension.

Six scores of codes z, shape (N, D), against factors v, shape (N, F), given as indices of
their values. All lie in [0, 1], 1 is best; their levels of chance differ and stand with each.
The two that watch what stays the same while one factor is fixed are in ``interventions``.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aecore.metrics.table_factors import CODE_BINS, FOREST_TREES

Codes = NDArray[np.floating[Any]]
Factors = NDArray[np.integer[Any]]
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class DCI:
    """Disentanglement, completeness and informativeness, in [0, 1] each.

    Attributes:
        disentanglement: How far a dimension matters to one factor only; chance 0.
        completeness: How far a factor rests on one dimension only; chance 0.
        informativeness: How well factors of held-out examples are predicted, averaged over them: R², and
            balanced accuracy counted from chance for a categorical one; chance 0.
    """

    disentanglement: float
    completeness: float
    informativeness: float


def mutual_information(codes: Codes, factors: Factors, bins: int = CODE_BINS) -> Matrix:
    """I(z_d; v_k) in nats, shape (D, F), from counts: each z_d in bins of equal width from least to greatest.

    Counting few examples in many cells overrates it by about (bins − 1)(values − 1) / 2N.

    Args:
        codes: Shape (N, D).
        factors: Shape (N, F).
        bins: Of each dimension; one that does not vary has one.
    """
    found = np.zeros((codes.shape[1], factors.shape[1]))
    for d, z in enumerate(codes.astype(np.float64).T):
        edges = np.linspace(z.min(), z.max(), bins + 1)[1:-1]
        binned = np.searchsorted(edges, z, side="right")
        for k, v in enumerate(factors.T):
            joint = np.bincount(binned * (v.max() + 1) + v, minlength=bins * (v.max() + 1))
            p = joint.reshape(bins, -1) / len(z)
            found[d, k] = _entropy(p.sum(0)) + _entropy(p.sum(1)) - _entropy(p.ravel())
    return found.clip(min=0)


def factor_entropy(factors: Factors) -> Matrix:
    """H(v_k) in nats, shape (F,), from counts."""
    return np.array([_entropy(np.bincount(v) / len(v)) for v in factors.T])


def _entropy(p: Matrix) -> float:
    p = p[p > 0]
    return float(-(p * np.log(p)).sum())


def mutual_information_gaps(information: Matrix, entropy: Matrix) -> Matrix:
    r"""The MIG of each factor, shape (F,); the MIG is their mean.

    .. math:: \mathrm{MIG}_k = \frac{1}{H(v_k)} \left(I(z_{d_k}; v_k) - \max_{d \ne d_k} I(z_d; v_k)\right),
              \quad d_k = \operatorname{argmax}_d I(z_d; v_k)

    Codes that know nothing score about 0; so does a factor that two dimensions share evenly.

    Args:
        information: I(z_d; v_k), shape (D, F).
        entropy: H(v_k), shape (F,); a factor that does not vary has a gap of 0.

    Source:
        Chen, Li, Grosse & Duvenaud (2018), eq. 6. https://arxiv.org/abs/1802.04942
    """
    return _gaps(information) / np.where(entropy > 0, entropy, 1)


def _gaps(scores: Matrix) -> Matrix:
    """The largest of each column less the second largest; with one row, the largest."""
    ordered = np.sort(np.vstack([np.zeros(scores.shape[1]), scores]), axis=0)
    return ordered[-1] - ordered[-2]


def modularity(information: Matrix) -> float:
    r"""How far each dimension shares information with one factor only.

    .. math:: \frac{1}{D} \sum_d
              \left(1 - \frac{\sum_{k \ne k_d} I(z_d; v_k)^2}{I(z_d; v_{k_d})^2 (F - 1)}\right),
              \quad k_d = \operatorname{argmax}_k I(z_d; v_k)

    Codes that know nothing do *not* score 0: where factors have unequally many values the
    estimate's bias alone gives about 0.7, and an even spread over the factors is 0.

    Args:
        information: I(z_d; v_k), shape (D, F), F ≥ 2; dimensions without any are left out, and if
            there is no other the score is 0.

    Source:
        Ridgeway & Mozer (2018), eq. 2. https://arxiv.org/abs/1802.05312
    """
    squares = information[information.max(1) > 0] ** 2
    if not len(squares):
        return 0.0
    best = squares.max(1)
    off = (squares.sum(1) - best) / (best * (squares.shape[1] - 1))
    return float((1 - off).mean())


def sap(codes: Codes, factors: Factors, categorical: Collection[int] = ()) -> float:
    r"""Separated attribute predictability: for each factor, how much the best dimension beats the second.

    Predictability by one dimension alone is R² of a line for a factor whose values have an order
    (squared correlation of z_d and the value's index), and for a categorical one the balanced
    accuracy of as many intervals as it has values (a decision tree on z_d), counted from chance, so that
    both are 0 for a dimension that knows nothing. The score is the mean over factors; chance is near 0.

    Args:
        codes: Shape (N, D).
        factors: Shape (N, F).
        categorical: Which factors have no order, by position.

    Source:
        Kumar, Sattigeri & Balakrishnan (2018), section 3. https://arxiv.org/abs/1711.00848
    """
    scores = np.zeros((codes.shape[1], factors.shape[1]))
    for k, v in enumerate(factors.T):
        for d, z in enumerate(codes.astype(np.float64).T):
            scores[d, k] = _by_intervals(z, v) if k in categorical else _squared_correlation(z, v)
    return float(_gaps(scores).mean())


def _squared_correlation(z: Matrix, v: Factors) -> float:
    z, w = z - z.mean(), v - v.mean()
    scale = (z @ z) * (w @ w)
    return float((z @ w) ** 2 / scale) if scale > 0 else 0.0


def _by_intervals(z: Matrix, v: Factors) -> float:
    if (v == v[0]).all():
        return 0.0
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier(max_leaf_nodes=len(np.unique(v)), class_weight="balanced", random_state=0)
    predicted = tree.fit(z[:, None], v).predict(z[:, None])
    return max(float(balanced_accuracy_score(v, predicted, adjusted=True)), 0.0)


def dci(
    codes: Codes,
    factors: Factors,
    categorical: Collection[int] = (),
    *,
    trees: int = FOREST_TREES,
    seed: int = 0,
) -> DCI:
    r"""How much each dimension matters to a forest that predicts each factor.

    With the importance :math:`R_{dk}` (mean decrease in impurity, which sums to 1 over d), its shares
    :math:`P_{dk} = R_{dk} / \sum_k R_{dk}` and :math:`Q_{dk} = R_{dk} / \sum_d R_{dk}`, and entropies to the
    base of the number of their terms:

    .. math:: \text{disentanglement} = \sum_d \rho_d \, (1 - H(P_{d\cdot})), \quad
              \rho_d = \sum_k R_{dk} \Big/ \sum_{dk} R_{dk}, \quad
              \text{completeness} = \frac{1}{F} \sum_k (1 - H(Q_{\cdot k}))

    Every other example is held out. Factors in order are regressed on, by the indices of their
    values; each split looks at every dimension, and leaves hold five examples or more.

    Args:
        codes: Shape (N, D).
        factors: Shape (N, F), F ≥ 2.
        categorical: Which factors have no order, by position.
        trees: In each factor's forest.
        seed: Of the forests.

    Source:
        Eastwood & Williams (2018), section 2. https://openreview.net/forum?id=By-7dz-AZ
    """
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    from sklearn.metrics import balanced_accuracy_score, r2_score

    importance, informed = np.zeros((codes.shape[1], factors.shape[1])), []
    for k, v in enumerate(factors.T):
        kind, score = (
            (RandomForestClassifier, partial(balanced_accuracy_score, adjusted=True))
            if k in categorical
            else (RandomForestRegressor, r2_score)
        )
        forest = kind(trees, max_features=None, min_samples_leaf=5, random_state=seed)
        forest.fit(codes[::2], v[::2])
        importance[:, k] = forest.feature_importances_
        informed.append(max(float(score(v[1::2], forest.predict(codes[1::2]))), 0.0))
    weight = importance.sum(1) / max(importance.sum(), 1e-300)
    return DCI(
        disentanglement=float(weight @ (1 - _row_entropy(importance))),
        completeness=float((1 - _row_entropy(importance.T)).mean()),
        informativeness=float(np.mean(informed)),
    )


def _row_entropy(rows: Matrix) -> Matrix:
    """Entropy of each row's shares to the base of their number, shape (R,); 1 for a row of zeros."""
    total = rows.sum(1, keepdims=True)
    p = np.where(total > 0, rows / np.where(total > 0, total, 1), 1 / rows.shape[1])
    logs = np.log(p, where=p > 0, out=np.zeros_like(p))
    return -(p * logs).sum(1) / max(np.log(rows.shape[1]), 1e-300)
