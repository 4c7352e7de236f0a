"""Bounds and estimates against a model whose evidence is known in closed form."""

from __future__ import annotations

import math

import pytest
import torch
from torch.distributions import Normal

from aecore.bottlenecks import PointPosterior, log_standard_normal
from aecore.metrics.probabilistic import active_units, importance_estimate, variational
from tests.aecore.metrics.closed_form import LinearGaussian

EXACT = LinearGaussian()


@pytest.fixture
def x() -> torch.Tensor:
    """Sixty-four draws from the model."""
    return EXACT.examples(64)


def test_with_the_true_posterior_one_sample_is_exact(x: torch.Tensor) -> None:
    estimate = importance_estimate(EXACT, x, samples=1)
    torch.testing.assert_close(estimate.nll, EXACT.exact_nll(x))
    torch.testing.assert_close(estimate.negative_elbo, EXACT.exact_nll(x))


def test_with_another_posterior_it_converges_to_the_evidence(x: torch.Tensor) -> None:
    model = LinearGaussian(shift=0.3, widen=1.5)
    exact = model.exact_nll(x)
    errors = [
        (importance_estimate(model, x, samples).nll - exact).abs().mean().item() for samples in (1, 30, 3000)
    ]
    assert errors[0] > 2 * errors[1] > 4 * errors[2]
    assert errors[2] < 0.03


def test_the_bound_is_the_evidence_plus_the_posterior_s_divergence(x: torch.Tensor) -> None:
    model = LinearGaussian(shift=0.3, widen=1.5)
    estimate = importance_estimate(model, x, samples=5000)
    torch.testing.assert_close(estimate.negative_elbo, model.exact_negative_elbo(x), atol=0.15, rtol=0)
    assert (model.exact_negative_elbo(x) > model.exact_nll(x) + 0.1).all()


@pytest.mark.parametrize("samples", [1, 2, 50])
@pytest.mark.parametrize("shift", [0.0, 0.2, 3.0])
def test_nll_never_exceeds_the_bound_on_the_same_samples(samples: int, shift: float, x: torch.Tensor) -> None:
    estimate = importance_estimate(LinearGaussian(shift, widen=0.7), x, samples)
    assert (estimate.nll <= estimate.negative_elbo + 1e-9).all()


def test_an_estimate_does_not_depend_on_its_neighbours_in_the_batch(x: torch.Tensor) -> None:
    alone = torch.cat([importance_estimate(EXACT, one, 3).nll for one in x.split(1)])
    torch.testing.assert_close(alone, importance_estimate(EXACT, x, 3).nll)


def test_the_prior_is_the_standard_normal() -> None:
    z = torch.randn(9, 5, dtype=torch.float64)
    torch.testing.assert_close(log_standard_normal(z), Normal(0.0, 1.0).log_prob(z).sum(1))


def test_a_point_has_no_rate() -> None:
    with pytest.raises(TypeError, match="not PointPosterior"):
        variational(PointPosterior(torch.zeros(1, 1)))


def test_a_unit_is_active_where_its_mean_has_a_variance_above_a_hundredth() -> None:
    wave = torch.tensor([1.0, -1.0]).repeat(50)[:, None]
    deviations = torch.tensor([0.0, math.sqrt(0.0099), math.sqrt(0.0101), 1.0])
    assert active_units(wave * deviations + 7) == 2
    assert active_units(torch.zeros(1, 3)) == 0
