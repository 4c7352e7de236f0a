"""The rate in three parts: against exact mixtures, closed forms and brute force; and a critic's ratio."""

from __future__ import annotations

import math
from itertools import permutations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from aecore.bottlenecks import PointPosterior
from aecore.objectives import AggregatePosterior, DimensionwiseKL, MutualInformation, TotalCorrelation
from aecore.objectives.total_correlation import (
    DensityRatioTC,
    permute_dimensions,
    stratified_weights,
)
from aecore.step import Pass, Player
from aecore.training.optimisers import Descent
from tests.aecore.objectives.given import Given, gaussian, nothing

MU = torch.tensor([[1.0, 1.2], [-1.0, -0.8], [0.2, -0.4], [2.0, 1.5]]).double()
SIGMA = 0.5


def densities(mu: Tensor, z: Tensor, examples: int = 0, sigma: float = SIGMA) -> object:
    q = AggregatePosterior()
    q.examples.fill_(examples)
    return q(Pass(gaussian(mu, sigma), z, z))


@given(st.integers(1, 200), st.integers(0, 10**6))
def test_a_row_of_weights_sums_to_one(batch: int, more: int) -> None:
    weights = stratified_weights(batch, batch + more)
    assert (weights >= 0).all()
    torch.testing.assert_close(weights.double().sum(1), torch.ones(batch).double(), atol=1e-5, rtol=0)
    if batch > 1 and more:
        torch.testing.assert_close(weights.diagonal(), torch.full((batch,), 1 / (batch + more)))


@pytest.mark.parametrize("own", range(6))
def test_the_density_of_a_batch_is_right_on_average(own: int) -> None:
    """Over all batches of 3 of 6 examples that hold the code's own, the mean of q(z) is the mixture's."""
    mu = torch.linspace(-2, 2, 6).double()[:, None] * torch.tensor([1.0, -0.5]).double()
    z = mu[own] + 0.3
    exact = Normal(mu, SIGMA).log_prob(z).sum(1).exp().mean()
    marginals = Normal(mu, SIGMA).log_prob(z).exp().mean(0)
    joint, first = [], []
    for others in permutations([k for k in range(6) if k != own], 2):
        batch = mu[[own, *others]]
        q = densities(batch, torch.stack([z, *batch[1:]]), 6)
        joint.append(q.joint[0].exp())  # type: ignore[attr-defined]
        flat = densities(batch[:, :1], torch.stack([z, *batch[1:]])[:, :1], 6)
        first.append(flat.joint[0].exp())  # type: ignore[attr-defined]
    assert torch.stack(joint).mean().item() == pytest.approx(exact.item(), rel=1e-6)
    assert torch.stack(first).mean().item() == pytest.approx(marginals[0].item(), rel=1e-6)


def brute_force_tc() -> float:
    """∫ q(z) log q(z)/(q(z₁) q(z₂)) of the mixture of the four posteriors, on a grid."""
    mixture = MixtureSameFamily(Categorical(torch.ones(4).double()), Independent(Normal(MU, SIGMA), 1))
    axis = torch.linspace(-5, 6, 701).double()
    grid = torch.cartesian_prod(axis, axis)
    joint = mixture.log_prob(grid).view(701, 701)
    cell = (axis[1] - axis[0]) ** 2
    marginal = [(joint.exp().sum(d) * (axis[1] - axis[0])).log() for d in (1, 0)]
    ratio = joint - marginal[0][:, None] - marginal[1]
    return float((joint.exp() * ratio).sum() * cell)


def test_total_correlation_of_a_small_mixture_is_that_of_brute_force() -> None:
    torch.manual_seed(0)
    mu = MU.repeat(400, 1)
    posterior = gaussian(mu, SIGMA)
    passed = Pass(posterior, posterior.sample(), mu)
    model, step = Given(posterior), nothing(len(mu), 2)
    found = TotalCorrelation(AggregatePosterior())(model, step, passed)
    error = 4 * float(found.std()) / math.sqrt(len(mu))
    assert error < 0.08
    assert float(found.mean()) == pytest.approx(brute_force_tc(), abs=error)


def test_total_correlation_of_a_gaussian_is_its_closed_form() -> None:
    """Means ~ N(0, S) and posteriors N(μ, s²): q(z) = N(0, S + s²I), whose TC is −½ log(1 − ρ²)."""
    torch.manual_seed(0)
    s, cov = 0.7, torch.tensor([[1.0, 0.9], [0.9, 1.0]]).double()
    mu = torch.randn(1500, 2).double() @ torch.linalg.cholesky(cov).T
    posterior = gaussian(mu, s)
    passed = Pass(posterior, posterior.sample(), mu)
    found = TotalCorrelation(AggregatePosterior())(Given(posterior), nothing(1500, 2), passed)
    rho = 0.9 / (1 + s**2)
    assert float(found.mean()) == pytest.approx(-0.5 * math.log(1 - rho**2), abs=0.05)


@given(st.integers(2, 20), st.integers(1, 4), st.integers(0, 1000), st.integers(0, 10**6))
def test_the_parts_sum_to_the_rate(batch: int, dim: int, more: int, seed: int) -> None:
    random = torch.Generator().manual_seed(seed)
    mu, noise = torch.randn(2, batch, dim, generator=random).double()
    posterior = gaussian(mu, 0.4)
    passed = Pass(posterior, mu + 0.4 * noise, mu)
    q = AggregatePosterior()
    q.examples.fill_(batch + more)
    model, step = Given(posterior), nothing(batch, dim)
    parts = [part(q)(model, step, passed) for part in (MutualInformation, TotalCorrelation, DimensionwiseKL)]
    estimate = posterior.log_prob(passed.z) - Normal(0, 1).log_prob(passed.z).sum(1)
    torch.testing.assert_close(torch.stack(parts).sum(0), estimate)
    if dim == 1:
        torch.testing.assert_close(parts[1], torch.zeros(batch).double())  # one dimension depends on no other


def test_the_sum_is_the_rate_in_expectation() -> None:
    torch.manual_seed(0)
    posterior = gaussian(MU.repeat(5000, 1), SIGMA)
    z = posterior.sample()
    estimate = (posterior.log_prob(z) - Normal(0, 1).log_prob(z).sum(1)).mean()
    assert float(estimate) == pytest.approx(float(posterior.kl().sum(1).mean()), abs=0.03)


def test_the_parts_share_one_estimate() -> None:
    posterior = gaussian(MU, SIGMA)
    passed, q = Pass(posterior, MU, MU), AggregatePosterior()
    assert q(passed) is q(passed)
    assert q(Pass(posterior, MU, MU)) is not q(passed)


def test_points_have_no_densities() -> None:
    with pytest.raises(TypeError, match="Gaussian posteriors, not from PointPosterior"):
        AggregatePosterior()(Pass(PointPosterior(MU), MU, MU))


def test_every_dimension_is_shuffled_by_itself() -> None:
    torch.manual_seed(0)
    column = torch.arange(2000).double()
    shuffled = permute_dimensions(torch.stack([column, column, column], 1))
    assert all(torch.equal(each.sort().values, column) for each in shuffled.unbind(1))
    correlation = torch.corrcoef(torch.cat([shuffled.T, column[None]]))
    assert (correlation - torch.eye(4)).abs().max() < 0.1


def correlated(rho: float, batch: int) -> tuple[Given, float]:
    """Codes of N(0, [[1, ρ], [ρ, 1]]), and their total correlation."""

    class Drawn(PointPosterior):
        def sample(self) -> Tensor:
            e = torch.randn(batch, 2)
            return torch.stack([e[:, 0], rho * e[:, 0] + math.sqrt(1 - rho**2) * e[:, 1]], 1)

    return Given(Drawn(torch.zeros(batch, 2))), -0.5 * math.log(1 - rho**2)


def test_a_trained_critic_gives_the_total_correlation() -> None:
    torch.manual_seed(0)
    model, tc = correlated(0.8, 256)
    term, step = DensityRatioTC(2, (32, 32)), nothing(256, 2)
    (adversary,) = term.adversaries()
    player = Player("critic", tuple(term.critic.parameters()), lambda s: adversary.loss(model, s))
    descent = Descent(player, "adam", 1e-2, 0, 0, "cosine", 0)
    for k in range(200):
        descent(player.loss(step).loss, k / 200)
    with torch.no_grad():
        found = [float(term(model, step, model(step)).mean()) for _ in range(40)]
        report = player.loss(step)
    assert sum(found) / 40 == pytest.approx(tc, abs=0.08)
    assert float(report.loss) < math.log(2) - 0.05
    assert float(report.report["accuracy"]) > 0.6


def test_term_and_critic_leave_each_other_alone() -> None:
    mu = torch.randn(32, 2, requires_grad=True)
    model, step = Given(gaussian(mu, 0.5)), nothing(32, 2)
    term = DensityRatioTC(2, (16,))
    term(model, step, model(step)).mean().backward()
    assert mu.grad is not None
    assert mu.grad.abs().sum() > 0
    assert all(p.grad is None for p in term.critic.parameters())
    mu.grad = None
    term.adversaries()[0].loss(model, step).loss.backward()
    assert mu.grad is None
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in term.critic.parameters())
