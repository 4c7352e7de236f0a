"""Codes against `torch.distributions` and closed forms, in double precision."""

from __future__ import annotations

import math
from typing import cast

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from torch import Tensor
from torch.distributions import Independent, Normal, kl_divergence

from aecore.bottlenecks import (
    DiagonalGaussian,
    GaussianPosterior,
    Point,
    PointPosterior,
    bound_softly,
    gaussian_kl,
)
from aecore.bottlenecks.posteriors import LOGVAR_HIGH, LOGVAR_LOW

SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, max_side=6)


@st.composite
def gaussians(draw: st.DrawFn) -> tuple[Tensor, Tensor]:
    """μ and log σ² of one shape (B, D), float64."""
    shape = draw(SHAPES)
    mu = draw(hnp.arrays(np.float64, shape, elements=st.floats(-30, 30)))
    logvar = draw(hnp.arrays(np.float64, shape, elements=st.floats(-14, 8)))
    return torch.from_numpy(mu), torch.from_numpy(logvar)


@given(gaussians())
def test_kl_is_that_of_torch_distributions_by_dimension(gaussian: tuple[Tensor, Tensor]) -> None:
    mu, logvar = gaussian
    ours = gaussian_kl(mu, logvar)
    theirs = kl_divergence(Normal(mu, (0.5 * logvar).exp()), Normal(torch.zeros_like(mu), 1.0))
    assert ours.shape == mu.shape
    torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-12)
    assert bool((ours >= -1e-12).all())


def test_kl_is_zero_at_the_prior_and_only_there() -> None:
    assert torch.equal(gaussian_kl(torch.zeros(2, 3), torch.zeros(2, 3)), torch.zeros(2, 3))
    assert bool((gaussian_kl(torch.tensor([[0.1, 0.0]]), torch.tensor([[0.0, 0.1]])) > 0).all())


def test_kl_refuses_shapes_that_would_broadcast() -> None:
    with pytest.raises(ValueError, match=r"mu has shape \(2, 3\), logvar \(2, 1\)"):
        gaussian_kl(torch.zeros(2, 3), torch.zeros(2, 1))


@given(gaussians())
def test_log_prob_is_that_of_torch_distributions(gaussian: tuple[Tensor, Tensor]) -> None:
    mu, logvar = gaussian
    z = torch.linspace(-2, 2, 5, dtype=mu.dtype)[:, None, None] + mu  # (5, B, D)
    theirs = Independent(Normal(mu, (0.5 * logvar).exp()), 1).log_prob(z)
    torch.testing.assert_close(GaussianPosterior(mu, logvar).log_prob(z), theirs, rtol=1e-9, atol=1e-9)


def test_samples_have_the_moments_of_the_posterior_and_carry_gradients() -> None:
    mu = torch.tensor([[1.0, -2.0]], dtype=torch.float64).expand(40_000, 2).requires_grad_()
    logvar = torch.tensor([[0.0, -3.0]], dtype=torch.float64).expand(40_000, 2).requires_grad_()
    z = GaussianPosterior(mu, logvar).sample()
    sigma = torch.exp(0.5 * logvar[0]).detach()
    error = 5 * sigma / math.sqrt(40_000)
    assert bool(((z.mean(0) - mu[0]).abs() < error).all())
    assert bool(((z.std(0) - sigma).abs() < error).all())
    to_mu, to_logvar = torch.autograd.grad(z.sum(), [mu, logvar])
    assert bool((to_mu == 1).all())  # z = μ + σε
    torch.testing.assert_close(to_logvar, 0.5 * (z - mu).detach())


@given(st.floats(-1e6, 1e6))
def test_logvar_is_bounded(value: float) -> None:
    bounded = bound_softly(torch.tensor(value, dtype=torch.float64))
    assert LOGVAR_LOW <= float(bounded) <= LOGVAR_HIGH + 1e-8


def test_the_bound_is_soft() -> None:
    middle = torch.linspace(-8, 2, 101, dtype=torch.float64)
    torch.testing.assert_close(bound_softly(middle), middle, rtol=0, atol=3e-3)
    at = torch.tensor([LOGVAR_LOW - 3, LOGVAR_LOW, LOGVAR_HIGH, LOGVAR_HIGH + 3], requires_grad=True)
    slope = torch.autograd.grad(bound_softly(at).sum(), at)[0]
    assert slope.tolist() == pytest.approx([0.0474, 0.5, 0.5, 0.0474], abs=1e-3)  # sigmoid of the distance
    line = torch.linspace(-30, 30, 601)
    assert bool((bound_softly(line).diff() >= 0).all())


def test_the_gaussian_bottleneck_reads_the_top_level() -> None:
    bottleneck = DiagonalGaussian(3)
    bottleneck.connect([7, 5])
    top = torch.randn(4, 5)
    posterior = cast(GaussianPosterior, bottleneck([torch.randn(4, 7), top]))
    torch.testing.assert_close(posterior.mu, bottleneck.mu(top))
    torch.testing.assert_close(posterior.logvar, bound_softly(bottleneck.logvar(top)))
    assert torch.equal(posterior.mean, posterior.mu)


@pytest.mark.parametrize("temperature", [0.0, 0.5, 1.0, 2.0])
def test_prior_draws_have_the_spread_that_temperature_asks_for(temperature: float) -> None:
    bottleneck = DiagonalGaussian(2)
    bottleneck.connect([4])
    z = bottleneck.draw(20_000, temperature)
    assert z.shape == (20_000, 2)
    assert z.mean(0).tolist() == pytest.approx([0, 0], abs=0.06 * temperature + 1e-9)
    assert z.std(0).tolist() == pytest.approx([temperature, temperature], rel=0.03)


def test_a_point_is_its_own_mean_and_sample() -> None:
    bottleneck = Point(3)
    bottleneck.connect([5])
    posterior = cast(PointPosterior, bottleneck([torch.randn(4, 5)]))
    assert posterior.sample() is posterior.mean is posterior.tensors()["z"]


def test_the_fitted_prior_has_the_mean_and_covariance_of_the_codes() -> None:
    mixing = torch.tensor([[2.0, 0.0, 0.0], [1.5, 0.3, 0.0], [-1.0, 0.2, 0.1]])
    codes = torch.randn(5000, 3) @ mixing.T + torch.tensor([5.0, -3.0, 0.0])
    bottleneck = Point(3)
    bottleneck.connect([5])
    bottleneck.fit_prior(codes)
    theirs = np.cov(codes.double().numpy().T, bias=True)
    factor = bottleneck.prior_cholesky.double()
    torch.testing.assert_close(factor @ factor.T, torch.from_numpy(theirs), rtol=1e-3, atol=1e-4)
    assert torch.equal(factor, factor.tril())
    spec = bottleneck.prior_spec()
    assert spec["mean"] == pytest.approx(codes.mean(0).tolist(), abs=1e-4)
    drawn = bottleneck.draw(40_000)
    torch.testing.assert_close(torch.cov(drawn.T), torch.from_numpy(theirs).float(), rtol=0.05, atol=0.05)
    torch.testing.assert_close(bottleneck.draw(2, temperature=0), bottleneck.prior_mean.expand(2, 3))


@pytest.mark.parametrize(
    "codes", [torch.ones(1, 2), torch.ones(50, 2), torch.randn(50, 1) * torch.tensor([[1.0, 0]])]
)
def test_dead_dimensions_and_single_codes_have_a_prior_too(codes: Tensor) -> None:
    bottleneck = Point(2)
    bottleneck.connect([5])
    bottleneck.fit_prior(codes)
    assert bottleneck.draw(10).isfinite().all()


def test_one_dimension_has_a_prior_too() -> None:
    bottleneck = Point(1)
    bottleneck.connect([5])
    bottleneck.fit_prior(torch.tensor([[1.0], [3.0]]))
    assert bottleneck.prior_cholesky.item() == pytest.approx(1.0, rel=1e-5)
