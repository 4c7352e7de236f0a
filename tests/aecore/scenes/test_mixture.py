"""The mixture is held against where its codes came from, and against scipy's densities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.stats import multivariate_normal
from sklearn.mixture import GaussianMixture

from aecore.scenes.mixture import CANDIDATES, MOST, NUMBERS, Mixture, fit

rng = np.random.default_rng(0)


def three(n: int = 1500) -> NDArray[np.float64]:
    """Codes of three well parted Gaussians, shape (n, 2): a third, a third, a third."""
    centres = np.array([[-6.0, 0.0], [6.0, 0.0], [0.0, 9.0]])
    factor = np.array([[1.0, 0.0], [0.8, 0.5]])
    noise = np.random.default_rng(1).normal(size=(n, 2))
    return centres[np.arange(n) % 3] + noise @ factor.T


def test_three_clusters_are_found_with_their_shapes() -> None:
    z = three()
    found = fit(z)
    clusters = [np.linalg.norm(z.reshape(-1, 3, 2).mean(0) - mean, axis=1).argmin() for mean in found.means]
    for cluster in range(3):
        rows = [k for k, each in enumerate(clusters) if each == cluster]
        weights = found.weights[rows]
        mean = weights @ found.means[rows] / weights.sum()
        assert weights.sum() == pytest.approx(1 / 3, abs=0.01)
        np.testing.assert_allclose(mean, z[cluster::3].mean(0), atol=0.05)


def test_its_density_at_the_codes_is_that_of_scikit_learns_best() -> None:
    """On a ring, which no mixture of few Gaussians is."""
    angle = rng.uniform(0, 2 * np.pi, 1000)
    z = np.stack([np.cos(angle), 3 * np.sin(angle)], axis=1) * (1 + 0.05 * rng.normal(size=(1000, 1)))
    theirs = [GaussianMixture(k, reg_covar=1e-4, random_state=0).fit(z) for k in CANDIDATES]
    parts = [np.log(w) + multivariate_normal(m, L @ L.T).logpdf(z) for w, m, L in zip(*fit(z), strict=True)]
    best = min(theirs, key=lambda each: each.bic(z))
    assert np.logaddexp.reduce(parts).mean() > best.score(z) - 0.1


def test_as_many_components_as_the_codes_ask_for() -> None:
    one = rng.normal(size=(1000, 2))
    four = one + 20 * np.stack([np.arange(1000) % 2, np.arange(1000) // 2 % 2], axis=1)
    assert len(fit(one).weights) == 1
    assert len(fit(four).weights) == 4


def draws(mixture: Mixture, n: int) -> NDArray[np.float64]:
    k = rng.choice(len(mixture.weights), n, p=mixture.weights / mixture.weights.sum())
    noise = rng.normal(size=(n, mixture.means.shape[1]))
    return mixture.means[k] + np.einsum("nij,nj->ni", mixture.cholesky[k], noise)


@pytest.mark.parametrize(("n", "dim"), [(2000, 2), (2000, 10), (2000, 40), (300, 64), (12, 30)])
def test_draws_have_mean_and_spread_of_the_codes(n: int, dim: int) -> None:
    z = rng.normal(size=(n, dim)) * np.geomspace(0.01, 100, dim) + np.linspace(-5, 5, dim)
    drawn = draws(fit(z), 8_000)
    np.testing.assert_allclose((drawn.mean(0) - z.mean(0)) / z.std(0), 0, atol=0.06)
    np.testing.assert_allclose(drawn.std(0), z.std(0), rtol=0.06)


def test_a_dimension_that_does_not_vary_stays_where_it_is() -> None:
    z = rng.normal(size=(500, 4))
    z[:, 2] = 0.7
    np.testing.assert_allclose(draws(fit(z), 100)[:, 2], 0.7, rtol=1e-6)


@given(
    arrays(
        np.float32,
        st.tuples(st.integers(1, 40), st.integers(1, 20)),
        elements=st.sampled_from([0.0, 1.0, -1.0, 1e-4, 65504.0, 3.5]),
    )
)
def test_any_codes_give_a_mixture(z: NDArray[np.float32]) -> None:
    found = fit(z)
    k, dim = found.means.shape
    assert dim == z.shape[1]
    assert found.cholesky.shape == (k, dim, dim)
    assert all(np.isfinite(each).all() and each.dtype == np.float32 for each in found)
    assert found.weights.sum() == pytest.approx(1, abs=1e-5)
    assert (np.triu(found.cholesky, 1) == 0).all()
    assert (found.means >= z.min(0) - 1e-3 * np.abs(z).max() - 1e-3).all()
    assert (found.means <= z.max(0) + 1e-3 * np.abs(z).max() + 1e-3).all()


def test_the_same_codes_give_the_same_mixture_and_many_are_enough() -> None:
    z = rng.normal(size=(50_000, 3)).astype(np.float32)
    first, second = fit(z), fit(z)
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)
    every = np.linspace(0, len(z) - 1, MOST).round().astype(int)
    for a, b in zip(first, fit(z[every]), strict=True):
        np.testing.assert_array_equal(a, b)


def test_512_dimensions_stay_small() -> None:
    z = rng.normal(size=(2000, 512)) + 3 * (np.arange(2000) % 8)[:, None]
    found = fit(z)
    assert found.cholesky.size <= NUMBERS
    assert len(found.weights) in CANDIDATES
