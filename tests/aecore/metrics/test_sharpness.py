"""Sharpness against SciPy's Laplacian, and as a blur takes it away."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter, laplace

from aecore.metrics.sharpness import edge_energy, sharpness
from tests.aecore.small import digits


def test_edge_energy_is_the_variance_of_scipys_laplacian() -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(5, 3, 9, 12, generator=generator, dtype=torch.float64)
    by_hand = [np.mean([laplace(c)[1:-1, 1:-1].var() for c in image]) for image in x.numpy()]
    np.testing.assert_allclose(edge_energy(x).numpy(), by_hand, rtol=1e-12)


def test_what_is_flat_or_a_slope_has_no_edges() -> None:
    slope = torch.arange(6.0).expand(1, 1, 6, 6) + 2 * torch.arange(6.0)[:, None]
    assert edge_energy(torch.ones(1, 1, 6, 6)).item() == 0
    assert edge_energy(slope).item() == pytest.approx(0, abs=1e-10)
    assert edge_energy(1 - digits().test.x[:3]) == pytest.approx(edge_energy(digits().test.x[:3]), rel=1e-5)


def test_blurring_lowers_it_step_by_step_and_noise_raises_it() -> None:
    x = digits().test.x
    blurred = [torch.from_numpy(gaussian_filter(x.numpy(), (0, 0, s, s))) for s in (0.0, 0.4, 0.6, 0.9, 1.5)]
    values = [sharpness([(each, x)]) for each in blurred]
    assert values[0] == pytest.approx(1)
    assert all(a is not None and b is not None and a > 1.02 * b for a, b in pairwise(values))
    noisy = sharpness([(x + 0.2 * torch.randn_like(x), x)])
    assert noisy is not None
    assert noisy > 1.1


def test_it_does_not_depend_on_the_batches() -> None:
    x = digits().test.x
    made = 0.5 * x
    whole = sharpness([(made, x)])
    assert whole == pytest.approx(0.25)  # a variance goes with the square
    assert sharpness(zip(made.split(7), x.split(7), strict=True)) == pytest.approx(whole)


def test_flat_originals_have_no_sharpness() -> None:
    assert sharpness([(torch.rand(2, 1, 5, 5), torch.ones(2, 1, 5, 5))]) is None
