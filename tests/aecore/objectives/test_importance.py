"""The importance-weighted bound on a linear Gaussian model, whose log p(x) is known."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal

from aecore.bottlenecks import PointPosterior
from aecore.objectives import KL, ImportanceBound, Reconstruction
from aecore.objectives.importance import Gradient
from aecore.step import Pass, Step
from tests.aecore.objectives.given import Given, gaussian

W = torch.tensor([[1.0, 0.3], [-0.5, 0.8], [0.2, 1.1]]).double()
X = torch.tensor([[1.0, -0.5, 0.4], [0.3, 0.9, -1.2]]).double()
STEP = Step(X, X)
# The posterior is N(P Wᵀx, P) with P = (WᵀW + I)⁻¹; this one is diagonal and off.
MU = X @ W @ torch.linalg.inv(W.T @ W + torch.eye(2)).T + 0.2


def model(mu: Tensor = MU, sigma: float = 0.6) -> Given:
    return Given(gaussian(mu, sigma), W.clone())


@torch.no_grad()
def bound(samples: int, times: int = 2000) -> tuple[float, float]:
    """Mean over both examples, each taken so many times, and its standard error."""
    torch.manual_seed(0)
    x = X.repeat(times, 1)
    made, step = model(MU.repeat(times, 1)), Step(x, x)
    values = ImportanceBound(samples)(made, step, made(step)).view(times, 2).mean(1)
    return float(values.mean()), float(values.std()) / math.sqrt(times)


EXACT = -MultivariateNormal(torch.zeros(3).double(), W @ W.T + torch.eye(3)).log_prob(X).mean().item()


@torch.no_grad()
def test_one_code_gives_the_elbo() -> None:
    torch.manual_seed(0)
    x = X.repeat(5000, 1)
    made, step = model(MU.repeat(5000, 1)), Step(x, x)
    passed = made(step)
    elbo = Reconstruction()(made, step, passed).mean() + KL()(made, step, passed).mean()
    mean, error = bound(1, 5000)
    assert mean == pytest.approx(float(elbo) + 1.5 * math.log(2 * math.pi), abs=8 * error)
    assert mean > EXACT + 10 * error


def test_more_codes_come_down_to_log_p() -> None:
    means = [bound(k)[0] for k in (1, 3, 10, 50)]
    assert means == sorted(means, reverse=True)
    mean, error = bound(2000, 30)
    assert mean == pytest.approx(EXACT, abs=4 * error + 1e-3)


def test_all_further_codes_are_decoded_together() -> None:
    made = model()
    passed = made(STEP)
    ImportanceBound(5)(made, STEP, passed)
    assert made.decoded == [4 * len(X)]
    ImportanceBound(1)(made, STEP, passed)
    assert made.decoded == [4 * len(X)]  # the pass has decoded the first


@torch.no_grad()
def test_each_code_is_held_against_its_own_example() -> None:
    """By hand: −log of the mean of p(x|z) p(z) / q(z|x), for each of two examples and three codes."""
    torch.manual_seed(0)
    made = model()
    passed = made(STEP)
    torch.manual_seed(1)
    found = ImportanceBound(3)(made, STEP, passed)
    torch.manual_seed(1)
    codes = [passed.z, made.given.sample(), made.given.sample()]
    for b in range(2):
        weights = []
        for z in codes:
            p_x = torch.exp(Normal(W @ z[b], 1).log_prob(X[b]).sum())
            p_z = torch.exp(Normal(0, 1).log_prob(z[b]).sum())
            weights.append(p_x * p_z / torch.exp(Normal(MU[b], 0.6).log_prob(z[b]).sum()))
        assert float(found[b]) == pytest.approx(-math.log(sum(weights) / 3))


def gradients(gradient: Gradient, samples: int, times: int) -> tuple[Tensor, Tensor]:
    """Of the posterior's means, drawn anew so many times, shape (times, B, D), and the sum of those of W."""
    torch.manual_seed(0)
    mu, x = MU.repeat(times, 1).requires_grad_(), X.repeat(times, 1)
    made, step = model(mu), Step(x, x)
    ImportanceBound(samples, gradient)(made, step, made(step)).sum().backward()
    assert mu.grad is not None
    assert made.w.grad is not None
    return mu.grad.view(times, *MU.shape), made.w.grad


@pytest.mark.parametrize("samples", [1, 8])
def test_the_doubly_reparameterised_gradient_is_the_same_with_less_noise(samples: int) -> None:
    times = 20_000
    plain, plain_w = gradients("standard", samples, times)
    doubly, doubly_w = gradients("dreg", samples, times)
    error = (plain.std(0) + doubly.std(0)) / math.sqrt(times)
    assert ((plain.mean(0) - doubly.mean(0)).abs() < 4.5 * error).all()
    assert doubly.std(0).mean() < 0.8 * plain.std(0).mean()
    torch.testing.assert_close(plain_w, doubly_w)  # of the same codes the decoder learns the same


def test_both_gradients_have_one_value() -> None:
    mu = MU.clone().requires_grad_()
    made = model(mu)
    values = []
    for gradient in ("standard", "dreg"):
        torch.manual_seed(0)
        values.append(ImportanceBound(4, gradient)(made, STEP, made(STEP)))
    torch.testing.assert_close(values[0], values[1])


def test_points_have_no_weights() -> None:
    with pytest.raises(TypeError, match="posterior with a width; PointPosterior has none"):
        ImportanceBound(2)(model(), STEP, Pass(PointPosterior(MU), MU, X))
