"""The score field where the best denoiser is known in closed form, and over a bundle's map."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from aecore.bundles import Bundle
from aecore.errors import UserError
from aecore.latent import projections, score

RNG = np.random.default_rng(0)
SIGMA = 0.5
MEAN = np.array([1.0, -2.0])
TURN = np.array([[0.8, -0.6], [0.6, 0.8]])
COVARIANCE = TURN @ np.diag([4.0, 0.25]) @ TURN.T
SHRINK = COVARIANCE @ np.linalg.inv(COVARIANCE + SIGMA**2 * np.eye(2))
MIX = np.array([[2.0, 1.0], [0.0, -1.5]])


class Best:
    """The best denoiser of x ~ N(m, Σ) under noise σ: E[x|x̃] = m + Σ(Σ + σ²)⁻¹(x̃ − m), coded by a matrix."""

    def encode(self, x: NDArray[Any]) -> dict[str, NDArray[np.float32]]:
        return {"z": (x @ MIX.T).astype(np.float32)}

    def decode(self, z: NDArray[Any]) -> NDArray[np.float32]:
        noisy = z @ np.linalg.inv(MIX).T
        return (MEAN + (noisy - MEAN) @ SHRINK.T).astype(np.float32)


def true_score(x: NDArray[Any]) -> NDArray[np.float64]:
    """∇ log N(x; m, Σ + σ²I) = −(Σ + σ²I)⁻¹(x − m)."""
    return -(x - MEAN) @ np.linalg.inv(COVARIANCE + SIGMA**2 * np.eye(2))


PLANE = projections.pca(RNG.multivariate_normal(MEAN, COVARIANCE, 500) @ MIX.T)


def test_at_given_examples_it_is_the_true_score_as_the_map_sees_it() -> None:
    x = RNG.normal(scale=3, size=(40, 2))
    field = score.field(Best(), x, SIGMA, PLANE)
    expected = true_score(x) @ MIX.T @ PLANE.components.T
    np.testing.assert_allclose(field.score, expected, atol=2e-4)
    np.testing.assert_allclose(field.starts, (x @ MIX.T - PLANE.mean) @ PLANE.components.T, atol=1e-4)
    np.testing.assert_allclose(field.ends - field.starts, SIGMA**2 * expected, atol=1e-4)


def test_over_a_map_it_is_the_true_score_of_what_the_grid_decodes_to() -> None:
    line = np.linspace(-4, 4, 5)
    field = score.over_map(Best(), SIGMA, PLANE, line, line[:3])
    assert field.starts.shape == field.ends.shape == (15, 2)
    rows = [(x, y) for y in line[:3][::-1] for x in line]
    decoded = Best().decode(PLANE.inverse(np.array(rows)))
    np.testing.assert_allclose(field.score, true_score(decoded) @ MIX.T @ PLANE.components.T, atol=5e-4)
    towards = MEAN @ MIX.T @ PLANE.components.T - PLANE.mean @ PLANE.components.T
    before, after = (np.linalg.norm(each - towards, axis=1) for each in (field.starts, field.ends))
    assert (after < before).all()  # of one Gaussian every arrow leads to the middle


def bundle(**config: Any) -> Bundle:
    codes = SimpleNamespace(pca=PLANE.points, pca_mean=PLANE.mean, pca_components=PLANE.components)
    card = SimpleNamespace(config=config)
    best = Best()
    return cast(
        Bundle,
        SimpleNamespace(id="x/y", card=card, codes=codes, encode=best.encode, decode=best.decode),
    )


def test_of_a_bundle_it_covers_the_map_with_the_noise_of_its_training() -> None:
    field = score.of_bundle(bundle(corruption="gaussian", level=SIGMA), side=7)
    assert len(field.starts) == 49
    assert field.sigma == SIGMA
    assert np.ptp(field.starts, axis=0).min() > 0


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"corruption": "masking", "level": 0.5},
        {"corruption": "gaussian", "level": 0.0},
        {"corruption": "gaussian", "level": 0.5, "levels": "range"},
    ],
)
def test_without_one_known_sigma_there_is_no_score(config: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"x/y has no score: .* Gaussian noise of one level"):
        score.of_bundle(bundle(**config))
