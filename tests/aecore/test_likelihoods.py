"""Likelihoods against `torch.distributions`, and the refusals."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from torch import Tensor
from torch.distributions import Bernoulli as TorchBernoulli
from torch.distributions import ContinuousBernoulli as TorchContinuousBernoulli
from torch.distributions import Normal
from torch.nn import functional as F

from aecore.data import DataSpec
from aecore.data.dataset import Values
from aecore.errors import UserError
from aecore.likelihoods import (
    LIKELIHOODS,
    MSE,
    Bernoulli,
    ContinuousBernoulli,
    ElementwiseGaussian,
    Gaussian,
    Huber,
    PseudoBernoulli,
    natural,
)

UNIT = DataSpec("pictures", "image", (1, 2, 3), "unit")
BINARY, REAL = replace(UNIT, values="binary"), replace(UNIT, values="real")

raws = hnp.arrays(np.float64, (4, 1, 2, 3), elements=st.floats(-30, 30)).map(torch.from_numpy)
units = hnp.arrays(np.float64, (4, 1, 2, 3), elements=st.floats(0, 1)).map(torch.from_numpy)
bits = hnp.arrays(np.float64, (4, 1, 2, 3), elements=st.sampled_from([0.0, 1.0])).map(torch.from_numpy)


def summed(values: Tensor) -> Tensor:
    return values.flatten(1).sum(1)


@given(raws, units)
def test_mse_with_its_constant_is_a_gaussian_of_unit_width(raw: Tensor, target: Tensor) -> None:
    for spec, mean in ((REAL, raw), (UNIT, raw.sigmoid())):
        likelihood = MSE(spec)
        torch.testing.assert_close(likelihood.mean(raw), mean)
        theirs = -summed(Normal(mean, 1.0).log_prob(target))
        torch.testing.assert_close(likelihood.nll(raw, target), theirs)
        torch.testing.assert_close(likelihood.distortion(raw, target), 0.5 * summed((mean - target) ** 2))


@given(raws, units, st.floats(-4, 3))
def test_gaussian_is_that_of_torch_distributions(raw: Tensor, target: Tensor, width: float) -> None:
    likelihood = Gaussian(UNIT).double()
    likelihood.raw_log_sigma.data.fill_(width)
    sigma = float(likelihood.log_sigma.detach().exp())
    theirs = -summed(Normal(raw.sigmoid(), sigma).log_prob(target))
    torch.testing.assert_close(likelihood.nll(raw, target).detach(), theirs)


def test_the_learned_sigma_becomes_the_root_mean_square_error() -> None:
    raw, target = torch.randn(64, 1, 2, 3), torch.rand(64, 1, 2, 3)
    likelihood = Gaussian(UNIT)
    rmse = float(F.mse_loss(raw.sigmoid(), target).sqrt())
    optimiser = torch.optim.Adam(likelihood.parameters(), lr=0.05)
    for _ in range(250):
        optimiser.zero_grad()
        torch.autograd.backward(likelihood.distortion(raw, target).mean())
        optimiser.step()
    assert float(likelihood.log_sigma.detach().exp()) == pytest.approx(rmse, rel=1e-3)
    best = 6 * (math.log(rmse) + 0.5 * math.log(2 * math.pi * math.e))  # entropy of that Gaussian
    assert float(likelihood.nll(raw, target).mean().detach()) == pytest.approx(best, rel=1e-4)


def test_sigma_stays_above_a_grey_level() -> None:
    likelihood = Gaussian(UNIT)
    likelihood.raw_log_sigma.data.fill_(-1e4)
    assert float(likelihood.log_sigma.detach()) == pytest.approx(-5)


@given(raws, bits)
def test_bernoulli_is_that_of_torch_distributions(raw: Tensor, target: Tensor) -> None:
    likelihood, theirs = Bernoulli(BINARY), TorchBernoulli(logits=raw)
    torch.testing.assert_close(likelihood.nll(raw, target), -summed(theirs.log_prob(target)))
    torch.testing.assert_close(likelihood.mean(raw), theirs.mean)


@given(raws, units)
def test_continuous_bernoulli_is_that_of_torch_distributions(raw: Tensor, target: Tensor) -> None:
    # Torch clamps λ to float resolution: beyond |l| = 15 its own value is off.
    raw = raw.clamp(-15, 15)
    likelihood = ContinuousBernoulli(UNIT)
    theirs = TorchContinuousBernoulli(logits=raw, lims=(0.4999, 0.5001))
    torch.testing.assert_close(
        likelihood.nll(raw, target), -summed(theirs.log_prob(target)), rtol=1e-5, atol=1e-5
    )
    torch.testing.assert_close(likelihood.mean(raw), theirs.mean, rtol=1e-5, atol=1e-5)


def test_continuous_bernoulli_integrates_to_one_and_has_its_mean() -> None:
    likelihood = ContinuousBernoulli(UNIT)
    x = torch.linspace(0, 1, 20_001, dtype=torch.float64)[:, None]
    for logit in (0.0, 1e-6, 0.0999, 0.1001, -0.05, 1.0, -3.0, 12.0):
        raw = torch.full_like(x, logit)
        density = (-likelihood.per_element(raw, x)).exp()[:, 0]
        assert float(torch.trapezoid(density, x[:, 0])) == pytest.approx(1, abs=1e-7)
        mean = float(torch.trapezoid(density * x[:, 0], x[:, 0]))
        assert float(likelihood.mean(raw[:1])) == pytest.approx(mean, abs=1e-7)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_continuous_bernoulli_is_smooth_near_a_half_and_finite_far_away(dtype: torch.dtype) -> None:
    likelihood = ContinuousBernoulli(UNIT)
    raw = torch.tensor(
        [0.0, 1e-30, 1e-4, 0.09999, 0.1, 0.10001, 5, 50, 500, 1e4, -1e-4, -0.1, -50, -1e4], dtype=dtype
    ).requires_grad_()
    for x in (0.0, 0.3, 1.0):
        each = likelihood.per_element(raw, torch.full_like(raw, x))
        slope = torch.autograd.grad(each.sum(), raw)[0]
        assert each.isfinite().all()
        assert slope.isfinite().all()
        # d/dl of −log p is E[x] − x, as in every exponential family.
        torch.testing.assert_close(slope, likelihood.mean(raw).detach() - x, rtol=1e-3, atol=1e-4)
    of_mean = torch.autograd.grad(likelihood.mean(raw).sum(), raw)[0]
    assert of_mean.isfinite().all()
    means = likelihood.mean(torch.linspace(-20, 20, 4001, dtype=dtype))
    assert bool((means.diff() > -1e-5).all())
    assert bool(((means > 0) & (means < 1)).all())


@given(raws, units, st.floats(0.01, 2))
def test_huber_is_that_of_torch(raw: Tensor, target: Tensor, delta: float) -> None:
    likelihood = Huber(REAL, huber_delta=delta)
    theirs = summed(torch.nn.HuberLoss(reduction="none", delta=delta)(raw, target))
    torch.testing.assert_close(likelihood.distortion(raw, target), theirs)


@given(raws, units)
def test_pseudo_bernoulli_is_binary_cross_entropy_and_says_that_it_is_none(
    raw: Tensor, target: Tensor
) -> None:
    likelihood = PseudoBernoulli(UNIT)
    p = raw.clamp(-30, 30).sigmoid()
    by_hand = -(target * p.log() + (1 - target) * (1 - p).clamp(min=1e-300).log())
    torch.testing.assert_close(likelihood.distortion(raw, target), summed(by_hand), rtol=1e-3, atol=1e-3)
    assert not likelihood.proper
    assert likelihood.unit == "pseudo-nats"


ALLOWED: dict[str, set[Values]] = {
    "natural": {"binary", "unit", "real"},
    "mse": {"binary", "unit", "real"},
    "gaussian": {"binary", "unit", "real"},
    "bernoulli": {"binary"},
    "pseudo-bernoulli": {"unit"},
    "continuous-bernoulli": {"unit"},
    "huber": {"binary", "unit", "real"},
    "categorical": set(),  # of tokens: in test_likelihoods_by_kind
}
NUMBERS = [name for name in LIKELIHOODS if ALLOWED[name]]


@pytest.mark.parametrize("name", LIKELIHOODS)
@pytest.mark.parametrize("spec", [BINARY, UNIT, REAL], ids=lambda spec: spec.values)
def test_each_is_made_for_its_data_and_refuses_others_with_a_way_out(name: str, spec: DataSpec) -> None:
    if spec.values in ALLOWED[name]:
        made = LIKELIHOODS[name](spec)
        assert made.proper == (name not in ("pseudo-bernoulli", "huber"))
        assert made.unit
        assert made.latex
        return
    with pytest.raises(UserError, match=f"{name} .*pictures's values are {spec.values}.*Use --") as refusal:
        LIKELIHOODS[name](spec)
    offered = str(refusal.value).partition("--likelihood ")[2].replace(",", "").rstrip(".").split()
    for other in set(offered) - {"or"}:
        assert spec.values in ALLOWED[other]


@pytest.mark.parametrize("name", ["bernoulli", "categorical"])
def test_grey_pixels_are_binarised_for_what_reads_binary_ones(name: str) -> None:
    with pytest.raises(UserError, match="unit, in \\[0, 1\\]") as refusal:
        LIKELIHOODS[name](UNIT)
    assert ("--binarise threshold or dynamic" in str(refusal.value)) == (name == "bernoulli")


def test_the_natural_one_is_proper_on_all_data() -> None:
    assert isinstance(natural(BINARY), Bernoulli)
    assert isinstance(natural(UNIT), Gaussian)
    assert isinstance(natural(REAL), Gaussian)


@pytest.mark.parametrize("name", NUMBERS)
def test_means_are_in_the_range_of_the_data(name: str) -> None:
    spec = next(s for s in (UNIT, BINARY) if s.values in ALLOWED[name])
    mean = LIKELIHOODS[name](spec).mean(torch.linspace(-1e4, 1e4, 1001))
    assert bool(((mean >= 0) & (mean <= 1)).all())


def test_elements_that_are_noise_do_not_blur_the_others() -> None:
    """Fitted to codes of which one number is noise, each σ is the deviation of its own number."""
    codes = DataSpec("codes", "table", (2,), "real")
    likelihood, wide = ElementwiseGaussian(codes), torch.tensor([1.0, 0.1])
    x = wide * torch.randn(4000, 2)
    optimiser = torch.optim.Adam(likelihood.parameters(), 0.05)
    for _ in range(200):
        optimiser.zero_grad()
        likelihood.distortion(torch.zeros_like(x), x).mean().backward()
        optimiser.step()
    torch.testing.assert_close(
        likelihood.log_sigma.exp().detach(), x.square().mean(0).sqrt(), rtol=0.03, atol=0
    )


def test_one_width_for_all_as_it_was_once_stored_is_each_ones() -> None:
    likelihood = ElementwiseGaussian(DataSpec("codes", "table", (3,), "real"))
    likelihood.load_state_dict({"raw_log_sigma": torch.tensor(-0.5)})
    assert likelihood.raw_log_sigma.tolist() == [-0.5] * 3
    likelihood.load_state_dict({"raw_log_sigma": torch.tensor([1.0, 2.0, 3.0])})
    assert likelihood.raw_log_sigma.tolist() == [1.0, 2.0, 3.0]
