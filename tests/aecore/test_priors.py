"""Priors: their moments by sampling and in closed form, their figures, and the parts that classes get."""

from __future__ import annotations

import math

import pytest
import torch
from scipy.stats import kstest
from torch import Tensor

from aecore.bottlenecks import HeldPoint, Prior, Ring, StandardNormal, SwissRoll
from aecore.errors import UserError

N = 100_000


def drawn(prior: Prior, label: Tensor | None = None, n: int = N) -> Tensor:
    noise = torch.randn(n, prior.noise_dim, generator=torch.Generator().manual_seed(0)).double()
    codes: Tensor = prior(noise, label)
    return codes


@pytest.mark.parametrize(
    "prior", [StandardNormal(4), Ring(4, 10), Ring(2, 3), SwissRoll(4, 10), SwissRoll(2, 7)]
)
def test_moments_are_those_of_draws(prior: Prior) -> None:
    codes = drawn(prior)
    mean, cov = prior.moments()
    assert codes.shape == (N, prior.latent_dim)
    torch.testing.assert_close(codes.mean(0), mean.double(), atol=0.03, rtol=0)
    torch.testing.assert_close(torch.cov(codes.T), cov.double(), atol=0.06, rtol=0)


def test_moments_of_a_ring_in_closed_form() -> None:
    """Modes a turn apart cancel: mean 0 and variance (r² + σ_out² + σ_along²)/2 in each direction."""
    mean, cov = Ring(3, 10).moments()
    torch.testing.assert_close(mean, torch.zeros(3), atol=1e-6, rtol=0)
    variance = (2.0**2 + 0.5**2 + 0.2**2) / 2
    torch.testing.assert_close(cov, torch.diag(torch.tensor([variance, variance, 1.0])), atol=1e-5, rtol=0)


def test_a_ring_has_equal_modes_and_each_is_a_gaussian() -> None:
    codes = drawn(Ring(2, 10))
    angle = torch.atan2(codes[:, 1], codes[:, 0])
    mode = (angle / (math.tau / 10)).round().long() % 10
    share = torch.bincount(mode) / N
    assert (share - 0.1).abs().max() < 0.006
    third = codes[mode == 3] @ torch.tensor(
        [[math.cos(3 * math.tau / 10), -math.sin(3 * math.tau / 10)],
         [math.sin(3 * math.tau / 10), math.cos(3 * math.tau / 10)]]
    ).double()  # fmt: skip
    torch.testing.assert_close(third.mean(0), torch.tensor([2.0, 0.0]).double(), atol=0.02, rtol=0)
    torch.testing.assert_close(third.std(0), torch.tensor([0.5, 0.2]).double(), atol=0.02, rtol=0)


def test_a_swiss_roll_is_a_spiral_of_some_width() -> None:
    codes = drawn(SwissRoll(2, 10), n=4000)
    root = torch.linspace(0, 1, 4001).double()
    spiral = 3 * root[:, None] * torch.stack([(4 * math.pi * root).cos(), (4 * math.pi * root).sin()], 1)
    distance = torch.cdist(codes, spiral).min(1).values
    assert float(distance.square().mean().sqrt()) == pytest.approx(0.1, abs=0.01)  # across, not along
    assert kstest(codes.norm(dim=1).div(3).square().clamp(max=1).numpy(), "uniform").statistic < 0.05


@pytest.mark.parametrize("prior", [Ring(5, 4), SwissRoll(5, 4)])
def test_further_dimensions_are_standard_normal(prior: Prior) -> None:
    rest = drawn(prior, n=5000)[:, 2:]
    assert all(kstest(column.numpy(), "norm").pvalue > 1e-3 for column in rest.unbind(1))
    assert (torch.corrcoef(drawn(prior, n=20_000).T) - torch.eye(5)).abs().max() < 0.25


@pytest.mark.parametrize("of", [Ring, SwissRoll])
def test_each_class_gets_its_part_and_the_unknown_all_of_it(of: type[Ring | SwissRoll]) -> None:
    prior = of(2, 5)
    everywhere = drawn(prior)
    parts = [drawn(prior, torch.full((N,), k)) for k in range(5)]
    torch.testing.assert_close(drawn(prior, torch.full((N,), -1)), everywhere)
    together = torch.cat(parts)
    torch.testing.assert_close(together.mean(0), everywhere.mean(0), atol=0.03, rtol=0)
    torch.testing.assert_close(torch.cov(together.T), torch.cov(everywhere.T), atol=0.06, rtol=0)
    centres = torch.stack([part.mean(0) for part in parts])
    if of is Ring:
        for k, part in enumerate(parts):
            nearest = torch.cdist(part[:2000], centres).argmin(1)
            assert (nearest == k).double().mean() > 0.98
    else:
        radii = torch.stack([part.norm(dim=1).mean() for part in parts])
        assert (radii.diff() > 0.2).all()  # outwards along the spiral


def test_a_figure_needs_a_plane() -> None:
    with pytest.raises(UserError, match="--latent-dim is 2 or more"):
        Ring(1, 10)


@pytest.mark.parametrize("prior", [StandardNormal(3), Ring(3, 10), SwissRoll(3, 10)])
def test_a_held_point_draws_from_its_prior_and_fits_nothing(prior: Prior) -> None:
    code = HeldPoint(prior)
    torch.manual_seed(0)
    codes = code.draw(20_000)
    before = code.prior_spec()
    code.fit_prior(5 + torch.randn(100, 3))
    assert code.prior_spec() == before
    mean, cov = prior.moments()
    torch.testing.assert_close(codes.mean(0), mean, atol=0.05, rtol=0)
    torch.testing.assert_close(torch.cov(codes.T), cov, atol=0.12, rtol=0)
    if prior.kind == "standard-normal":
        assert before == {"kind": "standard-normal"}
        assert code.functions() == {}
        return
    cholesky = torch.tensor(before["cholesky"])
    torch.testing.assert_close(cholesky @ cholesky.T, cov)
    function = code.functions()["prior"]
    assert [each.shape for each in function.inputs] == [(4,)]
    noise = torch.randn(7, 4)
    assert torch.equal(function.module(noise)[0], prior(noise))
