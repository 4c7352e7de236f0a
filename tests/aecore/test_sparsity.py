"""Sparse codes: penalties against `torch.distributions`, the choice of k by hand, measures on known codes."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.distributions import Bernoulli, kl_divergence

from aecore.bottlenecks import PointPosterior, SparsePoint, TopK
from aecore.bottlenecks.sparse import WIDE, selectivity
from aecore.bundles import LatentSpec
from aecore.errors import BundleError
from aecore.latent import prior
from aecore.objectives import L1, KLSparsity
from aecore.step import Pass, Step

NOTHING: Any = None
STEP = Step(torch.zeros(1), torch.zeros(1))


def passed(z: Tensor) -> Pass:
    return Pass(PointPosterior(z), z, z)


@settings(max_examples=25)
@given(st.floats(0.01, 0.5), st.integers(1, 6), st.integers(2, 9))
def test_kl_sparsity_is_that_of_two_coins_for_each_unit(rho: float, dim: int, n: int) -> None:
    z = torch.rand(n, dim, dtype=torch.float64) * 0.98 + 0.01
    coins = (Bernoulli(probs) for probs in (torch.tensor(rho, dtype=torch.float64), z.mean(0)))
    ours = KLSparsity(rho)(NOTHING, STEP, passed(z))
    torch.testing.assert_close(ours, kl_divergence(*coins).sum(), rtol=1e-9, atol=1e-12)


def test_kl_sparsity_is_zero_where_units_meet_the_target_on_average() -> None:
    z = torch.tensor([[0.0, 0.4], [0.4, 0.0]], requires_grad=True)
    term = KLSparsity(0.2)(NOTHING, STEP, passed(z))
    assert term.item() == pytest.approx(0, abs=1e-7)
    (gradient,) = torch.autograd.grad(term, z)
    assert gradient.abs().max() < 1e-6


def test_kl_sparsity_stays_finite_where_a_sigmoid_saturates() -> None:
    z = torch.tensor([[0.0, 1.0]]).requires_grad_()
    term = KLSparsity(0.05)(NOTHING, STEP, passed(z))
    term.backward()
    assert term.isfinite()
    assert cast(Tensor, z.grad).isfinite().all()


@pytest.mark.parametrize("logit", [-20.0, -5.0, 5.0])
def test_a_unit_far_from_the_target_is_pulled_back_as_hard_as_the_sum_says(logit: float) -> None:
    logits = torch.full((4, 1), logit, requires_grad=True)
    KLSparsity(0.05)(NOTHING, STEP, passed(logits.sigmoid())).backward()
    pull = torch.sigmoid(torch.tensor(logit, dtype=torch.float64)) - 0.05  # ∂KL/∂logit of equal units
    assert logits.grad is not None
    assert logits.grad.sum().item() == pytest.approx(pull.item(), rel=1e-3)


def test_l1_is_the_sum_of_sizes() -> None:
    z = torch.tensor([[1.0, -2.0, 0.5], [0.0, 0.0, -3.0]])
    assert L1()(NOTHING, STEP, passed(z)).tolist() == [3.5, 3.0]


def connected(bottleneck: Any, width: int = 5) -> Any:
    bottleneck.connect([width])
    return bottleneck


@settings(max_examples=25)
@given(st.integers(1, 6), st.integers(0, 10_000))
def test_the_k_largest_are_kept_as_they_are_and_alone_hear_of_the_loss(k: int, seed: int) -> None:
    torch.manual_seed(seed)
    bottleneck = connected(TopK(6, k))
    features = torch.randn(4, 5)
    activations = bottleneck.z(features)
    z = bottleneck([features]).z
    by_hand = torch.stack([
        torch.stack([a if int((row > a).sum()) < k else torch.zeros(()) for a in row]) for row in activations
    ])  # fmt: skip
    assert torch.equal(z, by_hand)
    (gradient,) = torch.autograd.grad((z * torch.randn_like(z)).sum(), bottleneck.z.bias, retain_graph=True)
    reached = (z != 0).any(0)
    assert bool((gradient[~reached] == 0).all())
    assert bool((gradient[reached] != 0).all())


def test_equal_numbers_do_not_let_more_than_k_through() -> None:
    bottleneck = connected(TopK(6, 2))
    torch.nn.init.zeros_(bottleneck.z.weight)
    torch.nn.init.ones_(bottleneck.z.bias)
    assert bottleneck([torch.randn(3, 5)]).z.count_nonzero(dim=1).tolist() == [2, 2, 2]


@pytest.mark.parametrize(("alpha", "left"), [(1.0, 2), (1.5, 3), (9.0, 6)])
def test_after_training_alpha_times_k_are_kept(alpha: float, left: int) -> None:
    bottleneck = connected(TopK(6, 2, alpha))
    features = [torch.randn(8, 5)]
    assert set(bottleneck(features).z.count_nonzero(dim=1).tolist()) == {2}
    assert set(bottleneck.eval()(features).z.count_nonzero(dim=1).tolist()) == {left}


@pytest.mark.parametrize(("progress", "left"), [(0.0, 6), (0.25, 4), (0.5, 2), (1.0, 2)])
def test_k_falls_over_the_first_half_of_training_and_is_k_elsewhere(progress: float, left: int) -> None:
    bottleneck = connected(TopK(6, 2, start=6))
    bottleneck.progress = progress
    features = [torch.randn(8, 5)]
    assert set(bottleneck(features).z.count_nonzero(dim=1).tolist()) == {left}
    assert set(bottleneck.eval()(features).z.count_nonzero(dim=1).tolist()) == {2}


def test_dropout_on_a_code_keeps_its_mean_and_ends_with_training() -> None:
    bottleneck = connected(SparsePoint(4, "linear", 0.5))
    features = [torch.randn(1, 5).expand(20_000, 5)]
    clean = bottleneck.z(features[0][:1])
    noisy = bottleneck(features).z
    assert float((noisy == 0).float().mean()) == pytest.approx(0.5, abs=0.02)
    torch.testing.assert_close(noisy.mean(0), clean[0], rtol=0.1, atol=0.02)
    torch.testing.assert_close(bottleneck.eval()(features).z[:1], clean)


def test_selectivity_is_one_alone_and_zero_together() -> None:
    assert selectivity(torch.eye(5)).tolist() == pytest.approx([1] * 5)
    assert selectivity(torch.full((3, 7), 2.0)).tolist() == pytest.approx([0] * 3, abs=1e-6)
    assert selectivity(torch.tensor([[1.0, 1, 0, 0]])).item() == pytest.approx((1 - 0.25 / 0.5) / 0.75)
    assert selectivity(torch.ones(3, 1)).tolist() == [0, 0, 0]


@given(st.floats(0.1, 100), st.integers(2, 9))
def test_selectivity_knows_no_scale(scale: float, n: int) -> None:
    r = torch.rand(3, n, dtype=torch.float64)
    torch.testing.assert_close(selectivity(scale * r), selectivity(r))
    assert bool((selectivity(r) >= -1e-12).all())
    assert bool((selectivity(r) <= 1 + 1e-12).all())


def test_what_a_card_says_of_known_codes() -> None:
    codes = torch.tensor([[2.0, 0, 0, 0.01], [0, -1.0, 0, 0], [0, 0, 0, 0.02]])
    said = SparsePoint(4).diagnostics(codes)
    assert said["zero_share"] == pytest.approx(10 / 12)  # 0.01 and 0.02 are at most 1 % of 2
    assert said["mean_activation"] == pytest.approx(3.03 / 12)
    assert said["dead_units"] == 2  # the third, and the fourth that whispers
    assert said["lifetime_sparsity"] == pytest.approx(1)
    assert 0.98 < cast(float, said["population_sparsity"]) <= 1
    silent = SparsePoint(2).diagnostics(torch.zeros(3, 2))
    assert silent["zero_share"] == 1
    assert silent["dead_units"] == 2
    assert silent["lifetime_sparsity"] == silent["population_sparsity"] == 0


def test_wide_codes_have_a_diagonal_prior_in_every_place() -> None:
    codes = torch.randn(400, WIDE + 1) * torch.linspace(0, 3, WIDE + 1) + 2
    bottleneck = SparsePoint(WIDE + 1)
    bottleneck.connect([5])
    bottleneck.fit_prior(codes)
    drawn = bottleneck.draw(2000)
    torch.testing.assert_close(drawn.std(0), codes.std(0), rtol=0.15, atol=1e-6)
    torch.testing.assert_close(bottleneck.draw(2, temperature=0)[0], codes.mean(0))
    card = LatentSpec.from_json(bottleneck.spec()).to_json()
    read = prior.read(card)
    assert card["prior"].keys() == {"kind", "mean", "deviations"}
    assert read.sigma.tolist() == pytest.approx(codes.std(0, correction=0).tolist(), rel=1e-4)
    assert prior.draw(card, 3, 1.0, np.random.default_rng(0)).shape == (3, WIDE + 1)
    broken = bottleneck.spec() | {"prior": bottleneck.prior_spec() | {"deviations": [1.0]}}
    with pytest.raises(BundleError, match="beside 513 deviations"):
        LatentSpec.from_json(broken)
