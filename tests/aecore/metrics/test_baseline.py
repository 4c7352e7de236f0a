"""PCA against scikit-learn's, and the accuracies against a brute force."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression

from aecore.metrics import baseline
from aecore.metrics.codes import knn_accuracy, probe_accuracy
from tests.aecore.small import digits

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("dims", [1, 5, 40])
def test_pca_reconstructs_as_scikit_learn_s(dims: int) -> None:
    data = digits(train=300)
    ours = baseline.fit_pca(data.train.x, dims)
    theirs = PCA(dims, svd_solver="full").fit(data.train.x.flatten(1).numpy())
    flat = data.test.x.flatten(1).numpy()
    expected = theirs.inverse_transform(theirs.transform(flat)).reshape(data.test.x.shape)
    np.testing.assert_allclose(ours.reconstruct(data.test.x), expected, atol=2e-4)


def test_pca_with_every_dimension_loses_nothing() -> None:
    x = digits().test.x
    torch.testing.assert_close(baseline.fit_pca(x, 1000).reconstruct(x), x, atol=1e-5, rtol=0)


def test_the_randomised_pca_of_large_examples_is_as_good(monkeypatch: pytest.MonkeyPatch) -> None:
    x = digits(train=500).train.x
    exact = baseline.fit_pca(x, 6)
    monkeypatch.setattr(baseline, "PCA_EXACT_SIZE", 10)
    randomised = baseline.fit_pca(x, 6)
    torch.testing.assert_close(randomised.reconstruct(x), exact.reconstruct(x), atol=1e-4, rtol=0)


def test_the_randomised_pca_takes_equally_spaced_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baseline, "PCA_EXACT_SIZE", 1)
    monkeypatch.setattr(baseline, "PCA_EXAMPLES", 4)
    x = torch.arange(10.0)[:, None, None, None].expand(10, 1, 1, 2)
    assert baseline.fit_pca(x, 1).mean.tolist() == [(0 + 3 + 6 + 9) / 4] * 2


def vote(train: NDArray[Any], label: NDArray[Any], test: NDArray[Any], k: int) -> NDArray[Any]:
    """The label most of the k nearest have, the smallest of equals: one test code at a time."""
    nearest = [np.argsort(((train - z) ** 2).sum(1))[:k] for z in test]
    return np.array([np.bincount(label[i]).argmax() for i in nearest])


@pytest.mark.parametrize("k", [1, 5])
def test_knn_agrees_with_a_brute_force(k: int) -> None:
    train, test = RNG.normal(size=(200, 3)), RNG.normal(size=(80, 3))
    label, test_label = RNG.integers(0, 4, 200), RNG.integers(0, 4, 80)
    expected = np.mean(vote(train, label, test, k) == test_label)
    assert knn_accuracy(train, label, test, test_label, k) == pytest.approx(expected)


def test_knn_of_fewer_codes_than_neighbours_asks_them_all() -> None:
    codes, label = np.array([[0.0], [1.0], [2.0]]), np.array([1, 1, 0])
    assert knn_accuracy(codes, label, codes, label) == pytest.approx(2 / 3)


def test_the_probe_agrees_with_a_logistic_regression_on_standardised_codes() -> None:
    x, y = load_digits(return_X_y=True)
    x = x[:, 20:30] + 5
    train, test = slice(0, 400), slice(400, 600)
    z = (x - x[train].mean(0)) / x[train].std(0)
    expected = LogisticRegression(max_iter=2000).fit(z[train], y[train]).score(z[test], y[test])
    ours = probe_accuracy(x[train].astype(np.float32), y[train], x[test].astype(np.float32), y[test])
    assert ours == pytest.approx(expected, abs=0.011)
    # The unit of a code is not the probe's business.
    assert probe_accuracy(1000 * x[train], y[train], 1000 * x[test], y[test]) == pytest.approx(
        ours, abs=0.011
    )


def test_a_collapsed_code_knows_the_commonest_label_at_best() -> None:
    codes, label = np.full((90, 4), 0.1, np.float32), np.repeat([0, 1, 1], 30)
    assert probe_accuracy(codes, label, codes, label) == pytest.approx(2 / 3)
    assert knn_accuracy(codes, label, codes, label) in (pytest.approx(1 / 3), pytest.approx(2 / 3))


def test_with_one_class_in_training_that_class_is_the_answer() -> None:
    codes = np.zeros((4, 2))
    assert probe_accuracy(codes, np.full(4, 3), codes, np.array([3, 3, 3, 1])) == 0.75
