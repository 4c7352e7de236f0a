"""A ladder against the joint Gaussians that it is where every step down is linear; in double precision."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Independent, MultivariateNormal, Normal, kl_divergence

from aecore.bottlenecks import DiagonalGaussian, GaussianPosterior, Ladder, LadderPosterior
from aecore.bottlenecks.ladder import combine
from tests.aecore.small import digits, model

X = digits().test.x
N = 20_000


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    """Float64 and a fixed seed."""
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def gaussian(n: int, dim: int) -> GaussianPosterior:
    return GaussianPosterior(torch.randn(n, dim), torch.randn(n, dim))


def log_density(of: GaussianPosterior, z: Tensor) -> Tensor:
    return Independent(Normal(of.mu, (0.5 * of.logvar).exp()), 1).log_prob(z)


def test_combining_is_multiplying_densities() -> None:
    a, b = gaussian(1, 3), gaussian(1, 3)
    z = torch.randn(50, 3)
    ratio = log_density(a, z) + log_density(b, z) - log_density(combine(a, b), z)
    torch.testing.assert_close(ratio, ratio[:1].expand(50))


A, C, V = torch.tensor([[0.8, -1.1], [0.3, 0.5]]), torch.tensor([0.2, -0.4]), torch.tensor([-0.5, 0.3])


def linear(level: int, above: Tensor | None) -> GaussianPosterior:
    """p(z₂) = N(0, I), p(z₁|z₂) = N(A z₂ + c, diag exp v), two numbers a level."""
    if above is None:
        return GaussianPosterior(torch.zeros(1, 2), torch.zeros(1, 2))
    mu = above @ A.T.to(above) + C.to(above)
    return GaussianPosterior(mu, V.to(above).expand_as(mu))


def joint(top: GaussianPosterior, matrix: Tensor, shift: Tensor, variance: Tensor) -> MultivariateNormal:
    """z₂ ~ top, z₁|z₂ ~ N(M z₂ + s, diag variance), as one normal distribution of (z₁, z₂)."""
    s2 = top.logvar[0].exp().diag()
    across = matrix @ s2
    covariance = torch.cat(
        [torch.cat([across @ matrix.T + variance.diag(), across], 1), torch.cat([across.T, s2], 1)]
    )
    return MultivariateNormal(torch.cat([matrix @ top.mu[0] + shift, top.mu[0]]), covariance)


@torch.no_grad()
def test_a_linear_hierarchy_is_a_joint_gaussian_with_its_densities_and_its_kl() -> None:
    ups = [gaussian(1, 2), gaussian(1, 2)]
    a, c, v = A.double(), C.double(), V.double()
    up, down = (-ups[0].logvar[0]).exp(), (-v).exp()  # precisions
    share = down / (up + down)
    q = joint(ups[1], share[:, None] * a, share * c + (1 - share) * ups[0].mu[0], 1 / (up + down))
    p = joint(GaussianPosterior(torch.zeros(1, 2), torch.zeros(1, 2)), a, c, v.exp())

    ladder = LadderPosterior(ups, linear)
    z = torch.randn(7, 1, 4)
    torch.testing.assert_close(ladder.log_prob(z), q.log_prob(z))
    torch.testing.assert_close(ladder.log_prior(z), p.log_prob(z))
    torch.testing.assert_close(ladder.mean[0], q.mean)

    many = LadderPosterior([GaussianPosterior(u.mu.expand(N, 2), u.logvar.expand(N, 2)) for u in ups], linear)
    drawn = many.sample()
    torch.testing.assert_close(torch.cov(drawn.T), q.covariance_matrix, rtol=0.05, atol=0.05)
    kl = many.kl()
    assert kl.shape == (N, 4)
    exact = float(kl_divergence(q, p))
    assert float(kl.sum(1).mean()) == pytest.approx(exact, abs=5 * float(kl.sum(1).std()) / N**0.5)
    top = kl_divergence(Normal(ups[1].mu, (0.5 * ups[1].logvar).exp()), Normal(0.0, 1.0))
    torch.testing.assert_close(kl[:1, 2:], top)


def ladder(sizes: tuple[int, ...], widths: tuple[int, ...]) -> Ladder:
    made = Ladder(sizes, hidden=8)
    made.connect(widths)
    return made


@torch.no_grad()
def test_three_levels_have_a_kl_that_is_the_expected_log_ratio() -> None:
    made = ladder((3, 2, 1), (6, 5, 4))
    features = [torch.randn(1, w).expand(N, w) for w in (6, 5, 4)]
    q = made(features)
    z = q.sample()
    ratio = q.log_prob(z) - q.log_prior(z)
    gap = ratio - q.kl().sum(1)
    assert float(gap.mean()) == pytest.approx(0, abs=5 * float(gap.std()) / N**0.5)
    assert float(q.kl().min()) > -1e-9


def test_every_sample_draws_every_level_anew_and_the_kl_is_at_the_last() -> None:
    made = ladder((3, 2), (5, 4))
    q = made([torch.randn(2, 5), torch.randn(2, 4)])
    one = q.sample()
    at_one = q.kl()
    two = q.sample()
    assert bool((one != two).all())
    assert not torch.equal(q.kl()[:, :3], at_one[:, :3])
    assert torch.equal(q.kl()[:, 3:], at_one[:, 3:])  # the top level's has a closed form
    assert torch.equal(q.kl(), q.kl())


def test_one_level_is_the_gaussian_bottleneck() -> None:
    plain = DiagonalGaussian(3)
    plain.connect([6])
    made = ladder((3,), (9, 6))
    head = made.up[0]
    assert isinstance(head, nn.Linear)
    with torch.no_grad():
        head.weight.copy_(torch.cat([plain.mu.weight, plain.logvar.weight]))
        head.bias.copy_(torch.cat([plain.mu.bias, plain.logvar.bias]))
    features = [torch.randn(4, 9), torch.randn(4, 6)]
    ours, theirs = made(features), plain(features)
    z = torch.randn(4, 3)
    for function in (lambda q: q.mean, lambda q: q.kl(), lambda q: q.log_prob(z), lambda q: q.log_prior(z)):
        _same(function, ours, theirs)


def _same(function: Callable[..., Tensor], ours: LadderPosterior, theirs: GaussianPosterior) -> None:
    torch.testing.assert_close(function(ours), function(theirs))


def test_noise_of_a_level_moves_that_level_and_those_below_it() -> None:
    made = ladder((3, 2, 2), (6, 5, 4))
    noise = torch.randn(5, 7)
    z = made.from_noise(noise)
    low, mid = noise.clone(), noise.clone()
    low[:, :3], mid[:, 3:5] = 9.0, 9.0
    assert torch.equal(made.from_noise(low)[:, 3:], z[:, 3:])  # upper levels held, the lowest anew
    assert bool((made.from_noise(low)[:, :3] != z[:, :3]).all())
    moved = made.from_noise(mid)
    assert torch.equal(moved[:, 5:], z[:, 5:])
    assert bool((moved[:, :5] != z[:, :5]).all())
    torch.testing.assert_close(z[:, 5:], noise[:, 5:])  # the top level is N(0, I)


@torch.no_grad()
def test_draws_are_as_likely_as_the_prior_says_and_have_the_card_s_moments() -> None:
    made = ladder((2, 1), (5, 4))
    drawn = made.draw(N)
    spec = made.prior_spec()
    factor = torch.tensor(spec["cholesky"])
    torch.testing.assert_close(torch.tensor(spec["mean"]), drawn.mean(0), atol=0.05, rtol=0)
    torch.testing.assert_close(factor @ factor.T, torch.cov(drawn.T), atol=0.05, rtol=0.05)
    q = made([torch.randn(1, 5), torch.randn(1, 4)])
    noise = torch.randn(6, 3)
    jacobian = torch.stack(
        [torch.autograd.functional.jacobian(made.from_noise, n[None])[0, :, 0] for n in noise]
    )
    by_hand = Normal(0.0, 1.0).log_prob(noise).sum(1) - jacobian.det().abs().log()  # change of variables
    torch.testing.assert_close(q.log_prior(made.from_noise(noise)[:, None])[:, 0], by_hand)


def test_levels_read_the_encoder_s_highest_and_go_on_where_there_are_too_few() -> None:
    enough = ladder((2, 1), (9, 7, 5))
    assert [head.in_features for head in enough.up if isinstance(head, nn.Linear)] == [7, 5]
    assert not len(enough.climb)
    few = ladder((3, 2, 1), (40,))
    assert [head.in_features for head in few.up if isinstance(head, nn.Linear)] == [40, 20, 16]
    few([torch.randn(3, 40)]).sample().sum().backward()
    for name, parameter in few.named_parameters():
        assert parameter.grad is not None, name
        assert float(parameter.grad.abs().sum()) > 0, name


def test_what_comes_up_reaches_each_level_and_no_lower_one() -> None:
    made = ladder((2, 1), (5, 4))
    low, high = torch.randn(1, 5, requires_grad=True), torch.randn(1, 4, requires_grad=True)
    z = made([low, high]).mean
    assert not torch.autograd.grad(z[0, 2], low, retain_graph=True)[0].any()
    assert float(torch.autograd.grad(z[0, 2], high, retain_graph=True)[0].abs().sum()) > 0
    assert float(torch.autograd.grad(z[0, 0], high)[0].abs().sum()) > 0  # through the prior below


def test_the_decoder_reads_the_lowest_level_alone() -> None:
    torch.set_default_dtype(torch.float32)
    made = model("ladder-vae")
    z = made.encode(X[:3]).detach().requires_grad_()
    grad = torch.autograd.grad(made.decode(z).sum(), z)[0]
    assert bool((grad[:, :3] != 0).any(0).all())
    assert not grad[:, 3:].any()
