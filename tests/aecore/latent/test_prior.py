"""Draws from the prior of a card, held against its moments."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from aecore.errors import UserError
from aecore.latent import prior

NORMAL: dict[str, Any] = {"kind": "gaussian", "dim": 3, "prior": {"kind": "standard-normal"}}
CHOLESKY = [[2.0, 0.0], [1.0, 0.5]]
FITTED: dict[str, Any] = {
    "kind": "point",
    "dim": 2,
    "prior": {"kind": "fitted-gaussian", "mean": [1.0, -3.0], "cholesky": CHOLESKY},
}
N = 40_000


def rng(seed: int = 0) -> np.random.Generator:
    """A fresh generator."""
    return np.random.default_rng(seed)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_moments_are_the_prior_s_with_deviations_scaled(temperature: float) -> None:
    z = prior.draw(FITTED, N, temperature, rng())
    covariance = np.array(CHOLESKY) @ np.array(CHOLESKY).T
    np.testing.assert_allclose(z.mean(0), [1, -3], atol=5 * temperature * 2 / np.sqrt(N))
    np.testing.assert_allclose(np.cov(z.T), temperature**2 * covariance, rtol=0.05)


def test_the_standard_normal_is_standard_and_normal() -> None:
    z = prior.draw(NORMAL, N, 1.0, rng())
    assert z.shape == (N, 3)
    assert z.dtype == np.float32
    np.testing.assert_allclose(np.cov(z.T), np.eye(3), atol=0.03)
    np.testing.assert_allclose((z**4).mean(0), 3, rtol=0.05)


def test_temperature_scales_the_very_same_draw() -> None:
    one, two = (prior.draw(FITTED, 5, temperature, rng()) for temperature in (1.0, 2.0))
    np.testing.assert_allclose(two - [1, -3], 2 * (one - [1, -3]), rtol=1e-5)
    np.testing.assert_array_equal(prior.draw(FITTED, 2, 0.0, rng()), [[1, -3], [1, -3]])


def test_a_seed_reproduces_and_none_are_drawn_on_request() -> None:
    np.testing.assert_array_equal(prior.draw(NORMAL, 4, 1.0, rng(7)), prior.draw(NORMAL, 4, 1.0, rng(7)))
    assert prior.draw(NORMAL, 0, 1.0, rng()).shape == (0, 3)


def test_sigma_is_the_root_of_the_covariance_s_diagonal() -> None:
    np.testing.assert_allclose(prior.read(FITTED).sigma, [2, np.sqrt(1.25)])


def test_bad_requests_say_what_would_be_right() -> None:
    with pytest.raises(UserError, match="0 or more; got -1"):
        prior.draw(NORMAL, -1, 1.0, rng())
    for temperature in (-0.1, float("nan"), float("inf")):
        with pytest.raises(UserError, match="temperature must be a finite number of 0 or more"):
            prior.draw(NORMAL, 1, temperature, rng())
    with pytest.raises(UserError, match="Did you mean standard-normal"):
        prior.draw({"dim": 1, "prior": {"kind": "standard-norma"}}, 1, 1.0, rng())
    with pytest.raises(UserError, match="mean of 3 numbers"):
        prior.draw({**FITTED, "dim": 3}, 1, 1.0, rng())
