"""Precision, recall, density, coverage and Fréchet distance, against constructed sets and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import torch
from torch import Tensor

from aecore.metrics.samples import Resemblance, frechet_distance, gaussian_frechet, resemblance


def normal(n: int, dims: int = 8, seed: int = 0) -> Tensor:
    return torch.randn(n, dims, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_identical_sets() -> None:
    x = normal(200)
    found = resemblance(x, x.clone())
    assert (found.precision, found.recall, found.coverage) == (1, 1, 1)
    # Each point lies in its own ball and in k others on average: (k + 1) / k.
    assert found.density == pytest.approx(6 / 5, abs=0.05)


def test_sets_of_one_distribution() -> None:
    found = resemblance(normal(600, 3, seed=1), normal(600, 3, seed=2))
    assert found.density == pytest.approx(1, abs=0.1)
    # The chance that a ball of k of N points holds none of M others (Naeem et al. 2020, eq. 6): 1 - 2^-k.
    assert found.coverage == pytest.approx(1 - 2**-5, abs=0.02)
    assert found.precision > 0.9
    assert found.recall > 0.9


def test_sets_far_apart() -> None:
    assert resemblance(normal(100), normal(100, seed=1) + 100) == Resemblance(0, 0, 0, 0)


def test_a_mode_that_is_missing_shows_in_recall_and_coverage() -> None:
    modes = torch.tensor([0.0, 30.0, 60.0, 90.0], dtype=torch.float64).repeat_interleave(100)
    real = normal(400, 2) + modes[:, None]
    fair = resemblance(real, normal(400, 2, seed=1) + modes[:, None])
    collapsed = resemblance(real, normal(400, 2, seed=1))  # the first mode alone
    assert fair.precision > 0.9
    assert collapsed.precision > 0.9
    assert min(fair.recall, fair.coverage) > 0.9
    assert collapsed.recall <= 0.25
    assert collapsed.coverage <= 0.25
    middle = real[real.norm(dim=1).argmin()]
    one = resemblance(real, middle + 1e-6 * normal(400, 2))  # the same picture again and again
    assert one.precision == 1
    assert max(one.recall, one.coverage) < 0.05
    assert one.density > 1  # they crowd where the data are dense


def test_by_hand() -> None:
    """On a line with k = 1: the balls of 0, 1, 3 reach 1, 1 and 2, those of 2.5, 10 reach 7.5."""
    real, drawn = torch.tensor([[0.0], [1.0], [3.0]]), torch.tensor([[2.5], [10.0]])
    found = resemblance(real, drawn, k=1)
    assert found == Resemblance(precision=1 / 2, recall=1, density=1 / 2, coverage=1 / 3)


def test_swapped_sets_swap_precision_and_recall() -> None:
    a, b = normal(150), 0.5 * normal(200, seed=1)
    there, back = resemblance(a, b), resemblance(b, a)
    assert (there.precision, there.recall) == (back.recall, back.precision)
    assert there.precision > there.recall  # samples that keep to the middle


def test_too_few_points_are_refused() -> None:
    with pytest.raises(ValueError, match="more than 5 of each; got 5 and 9"):
        resemblance(normal(5), normal(9))


def test_frechet_against_scipy() -> None:
    a = normal(300, 6) @ normal(6, 6, seed=3)
    b = normal(200, 6, seed=1) @ normal(6, 6, seed=4) + 0.3
    cov_a, cov_b = np.cov(a.numpy().T), np.cov(b.numpy().T)
    root = scipy.linalg.sqrtm(cov_a @ cov_b).real
    shift = (a.mean(0) - b.mean(0)).numpy()
    expected = shift @ shift + np.trace(cov_a + cov_b - 2 * root)
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-8)
    assert frechet_distance(b, a) == pytest.approx(expected, rel=1e-8)


def test_frechet_of_gaussians_with_common_axes() -> None:
    """Then it is ‖μ₁ − μ₂‖² + Σ (σ₁ − σ₂)²."""
    one, two = torch.tensor([1.0, 4.0, 0.0]).double(), torch.tensor([9.0, 1.0, 0.25]).double()
    mean = torch.tensor([1.0, 0.0, 2.0]).double()
    got = gaussian_frechet(torch.zeros(3).double(), one.diag(), mean, two.diag())
    assert got == pytest.approx(5 + (1 - 3) ** 2 + (2 - 1) ** 2 + 0.5**2)


def test_frechet_of_a_set_with_itself_and_shifted() -> None:
    x = normal(100, 20)
    shift = torch.arange(20) / 10
    assert frechet_distance(x, x) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(x, x + shift) == pytest.approx(shift.square().sum().item())
    few = normal(10, 20)  # fewer points than dimensions: the covariance has no full rank
    assert frechet_distance(few, few + shift) == pytest.approx(shift.square().sum().item())
