"""What codes know of labels they were never trained on: k-NN and a linear probe."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from aecore.metrics.table import NEIGHBOURS

Codes = NDArray[np.floating[Any]]
Labels = NDArray[np.integer[Any]]


def knn_accuracy(
    train: Codes, train_label: Labels, test: Codes, test_label: Labels, k: int = NEIGHBOURS
) -> float:
    """Share of test codes whose label most of their ``k`` nearest training codes have.

    Args:
        train: Training codes, shape (N, D), compared by Euclidean distance as they are.
        train_label: Shape (N,).
        test: Test codes, shape (M, D).
        test_label: Shape (M,).
        k: Neighbours that vote, all N where there are fewer; of equal votes the smaller label wins.
    """
    from sklearn.neighbors import KNeighborsClassifier

    classifier = KNeighborsClassifier(min(k, len(train)), algorithm="brute").fit(train, train_label)
    return float(np.mean(classifier.predict(test) == test_label))


def probe_accuracy(train: Codes, train_label: Labels, test: Codes, test_label: Labels) -> float:
    """Share of test codes whose label a logistic regression on training codes predicts.

    Codes are standardised by the training codes' mean and deviation, so that the penalty
    (½‖w‖², scikit-learn's C = 1) does not favour models that happen to spread their codes.
    With one class in training, that class is the prediction.

    Args:
        train: Training codes, shape (N, D).
        train_label: Shape (N,).
        test: Test codes, shape (M, D).
        test_label: Shape (M,).
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if np.all(train_label == train_label[0]):
        return float(np.mean(test_label == train_label[0]))
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    # In float32 the rounding of a constant dimension's mean would pass for a deviation.
    probe.fit(train.astype(np.float64), train_label)
    return float(np.mean(probe.predict(test.astype(np.float64)) == test_label))
