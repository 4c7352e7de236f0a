"""The flow against autograd, numerical integrals and the Gaussian that it bends; in double precision."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from aecore.bottlenecks import FlowPosterior, GaussianPosterior, InverseAutoregressiveFlow
from aecore.bottlenecks.flow import AutoregressiveStep
from aecore.metrics.probabilistic import importance_estimate
from aecore.step import Step
from tests.aecore.small import digits, fit, model

X = digits().test.x


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    """Float64 and a fixed seed."""
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def shaken(dim: int, backwards: bool = False) -> AutoregressiveStep:
    """A step with weights far from the start's."""
    made = AutoregressiveStep(dim, 3, 16, backwards=backwards)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.normal_(0, 0.4)
    return made


def posterior(dim: int, steps: int = 3, batch: int = 2) -> FlowPosterior:
    made = [shaken(dim, backwards=k % 2 == 1) for k in range(steps)]
    return FlowPosterior(
        GaussianPosterior(torch.randn(batch, dim), torch.randn(batch, dim) - 1), torch.randn(batch, 3), made
    )


@pytest.mark.parametrize("backwards", [False, True])
def test_a_step_is_autoregressive_and_its_log_det_is_autograd_s(backwards: bool) -> None:
    step, z, h = shaken(5, backwards), torch.randn(5), torch.randn(1, 3)
    jacobian = torch.autograd.functional.jacobian(lambda z: step(z[None], h)[0][0], z)
    triangle = jacobian.tril() if not backwards else jacobian.triu()
    assert torch.equal(jacobian, triangle)
    assert bool((jacobian.diagonal() > 0).all())
    torch.testing.assert_close(step(z[None], h)[1][0], jacobian.logdet())
    strict = triangle - jacobian.diagonal().diag()
    assert int((strict != 0).sum()) == 10  # every dimension hears of all those before it
    to_first = torch.autograd.grad(step(z[None], h.requires_grad_())[0][0, -1 if backwards else 0], h)[0]
    assert bool((to_first != 0).all())  # the first hears of x alone


@pytest.mark.parametrize("dim", [1, 2, 7])
def test_the_inverse_undoes_a_step(dim: int) -> None:
    step, z, h = shaken(dim, backwards=True), torch.randn(4, 3, dim), torch.randn(3, 3)
    forth, log_det = step(z, h)
    back, same = step.inverse(forth, h)
    torch.testing.assert_close(back, z, rtol=1e-7, atol=1e-7)
    torch.testing.assert_close(same, log_det, rtol=1e-7, atol=1e-7)


def test_the_density_of_its_own_code_is_that_found_by_inversion_and_by_autograd() -> None:
    q = posterior(4)
    z = q.sample()
    known, inverted = q.log_prob(z), q.log_prob(z.clone())
    torch.testing.assert_close(known, inverted)
    start = q.base.mu[0]
    only = FlowPosterior(GaussianPosterior(q.base.mu[:1], q.base.logvar[:1]), q.h[:1], q.steps)
    jacobian = torch.autograd.functional.jacobian(lambda z: only.push(z[None])[0][0], start)
    by_hand = only.base.log_prob(start[None])[0] - jacobian.det().abs().log()
    torch.testing.assert_close(only.log_prob(only.push(start[None])[0])[0], by_hand)
    torch.testing.assert_close(q.mean[0], only.push(start[None])[0][0])


@torch.no_grad()
@pytest.mark.parametrize("dim", [1, 2])
def test_the_density_integrates_to_one(dim: int) -> None:
    q = posterior(dim, batch=1)
    ends = q.push(q.base.mu + torch.linspace(-9, 9, 400)[:, None, None] * (0.5 * q.base.logvar).exp())[0]
    low, high = ends.amin((0, 1)) - 3, ends.amax((0, 1)) + 3
    axes = [
        torch.linspace(float(a), float(b), 401 if dim == 2 else 20_001)
        for a, b in zip(low, high, strict=True)
    ]
    grid = torch.cartesian_prod(*axes).reshape(-1, 1, dim)
    cell = math.prod(float(axis[1] - axis[0]) for axis in axes)
    assert float(q.log_prob(grid).exp().sum()) * cell == pytest.approx(1, abs=2e-3)


def test_open_gates_leave_the_gaussian_as_it_was() -> None:
    q = posterior(3)
    with torch.no_grad():
        for step in q.steps:
            step.write.weight.zero_()
            step.write.bias.copy_(torch.tensor([5.0, 40.0]).repeat_interleave(3))  # sigmoid(40) = 1
    z = torch.randn(6, 2, 3)
    assert torch.equal(q.mean, q.base.mu)
    torch.testing.assert_close(q.log_prob(z), q.base.log_prob(z))


def test_kl_is_estimated_at_the_code_that_was_drawn() -> None:
    q = posterior(3)
    z = q.sample()
    by_hand = q.log_prob(z) - torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(1)
    assert torch.equal(q.kl(), q.kl())
    torch.testing.assert_close(q.kl(), by_hand[:, None])
    assert q.kl().shape == (2, 1)
    assert posterior(3).kl().isfinite().all()  # drawn on demand


def test_the_mean_of_the_estimates_is_the_kl() -> None:
    """In one dimension, by a fine sum of q (log q − log p)."""
    q = posterior(1, batch=1)
    many = FlowPosterior(
        GaussianPosterior(q.base.mu.expand(40_000, 1), q.base.logvar.expand(40_000, 1)),
        q.h.expand(40_000, 3),
        q.steps,
    )
    with torch.no_grad():
        each = many.kl()
        z = torch.linspace(-25, 25, 100_001)[:, None, None]
        log_q, log_p = q.log_prob(z)[:, 0], q.log_prior(z)[:, 0]
        exact = float((log_q.exp() * (log_q - log_p)).sum() * (z[1, 0, 0] - z[0, 0, 0]))
    assert float(each.mean()) == pytest.approx(exact, abs=5 * float(each.std()) / 200)


def test_a_reparameterised_code_carries_gradients_to_every_parameter() -> None:
    bottleneck = InverseAutoregressiveFlow(3, steps=2, hidden=8)
    bottleneck.connect([6])
    bottleneck([torch.randn(5, 6)]).sample().square().sum().backward()
    for parameter in bottleneck.parameters():
        assert parameter.grad is not None
        assert float(parameter.grad.abs().sum()) > 0


def test_a_wide_code_gets_hidden_units_enough_to_hear_all() -> None:
    step = AutoregressiveStep(20, 2, 4, backwards=False)
    reach: Tensor = step.writes[:20] @ step.reads
    assert torch.equal(reach > 0, torch.ones(20, 20).tril(-1) > 0)


def test_on_digits_it_trains_and_its_bound_holds() -> None:
    torch.set_default_dtype(torch.float32)
    data = digits(600)
    made = model("vae", posterior="iaf", flow_steps=2, likelihood="mse")
    before = made.losses(Step(X, X)).report
    fit(made, data, epochs=12, lr=5e-3)
    after = made.losses(Step(X, X)).report
    assert float(after["distortion"]) < 0.8 * float(before["distortion"])
    with torch.no_grad():
        estimate = importance_estimate(made, X, 64)
    assert bool((estimate.nll <= estimate.negative_elbo + 1e-9).all())
    assert float(estimate.negative_elbo.mean()) == pytest.approx(float(after["negative_elbo"]), rel=0.02)
