"""Comparisons against scikit-image, and against sums written out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch import Tensor

from aecore.metrics.reconstruction import (
    compare,
    mean_absolute_error,
    mean_squared_error,
    psnr,
    summarise,
)
from aecore.similarity import ssim
from tests.aecore.small import digits


def noisy(shape: tuple[int, ...], seed: int = 0) -> tuple[Tensor, Tensor]:
    """Smooth images in [0, 1] and a noisy copy of them."""
    generator = torch.Generator().manual_seed(seed)
    target = torch.rand(shape, generator=generator, dtype=torch.float64).cumsum(-1).cumsum(-2)
    target = target / target.amax((1, 2, 3), keepdim=True)
    return (target + 0.1 * torch.randn(shape, generator=generator, dtype=torch.float64)).clamp(0, 1), target


def ssim_by_hand(x: np.ndarray, y: np.ndarray, size: int) -> float:
    """SSIM of two images (H, W), a window at a time."""
    offsets = np.arange(size) - size // 2
    line = np.exp(-(offsets**2) / (2 * 1.5**2))
    weights = np.outer(line, line) / line.sum() ** 2
    values = []
    for i in range(x.shape[0] - size + 1):
        for j in range(x.shape[1] - size + 1):
            a, b = x[i : i + size, j : j + size], y[i : i + size, j : j + size]
            mean_a, mean_b = (weights * a).sum(), (weights * b).sum()
            var_a, var_b = (weights * (a - mean_a) ** 2).sum(), (weights * (b - mean_b) ** 2).sum()
            both = (weights * (a - mean_a) * (b - mean_b)).sum()
            values.append(
                (2 * mean_a * mean_b + 1e-4)
                * (2 * both + 9e-4)
                / ((mean_a**2 + mean_b**2 + 1e-4) * (var_a + var_b + 9e-4))
            )
    return float(np.mean(values))


@pytest.mark.parametrize("shape", [(4, 1, 28, 28), (3, 3, 32, 20)])
def test_ssim_agrees_with_scikit_image(shape: tuple[int, ...]) -> None:
    x, target = noisy(shape)
    theirs = [
        structural_similarity(
            a.numpy(), b.numpy(), channel_axis=0, data_range=1.0, gaussian_weights=True, sigma=1.5,
            use_sample_covariance=False,
        )
        for a, b in zip(x, target, strict=True)
    ]  # fmt: skip
    np.testing.assert_allclose(ssim(x, target), theirs, rtol=1e-9)
    np.testing.assert_allclose(ssim(x.float(), target.float()), theirs, atol=1e-4)


@pytest.mark.parametrize(("side", "window"), [(8, 7), (11, 11), (12, 11), (10, 9)])
def test_a_small_image_gets_the_largest_odd_window_that_fits(side: int, window: int) -> None:
    x, target = noisy((2, 1, side, side))
    by_hand = [ssim_by_hand(a[0].numpy(), b[0].numpy(), window) for a, b in zip(x, target, strict=True)]
    np.testing.assert_allclose(ssim(x, target), by_hand, rtol=1e-9)


def test_ssim_is_one_for_equal_images_symmetric_and_negative_for_a_negative() -> None:
    x, target = noisy((5, 1, 16, 16))
    torch.testing.assert_close(ssim(x, x), torch.ones(5, dtype=torch.float64))
    torch.testing.assert_close(ssim(x, target), ssim(target, x))
    checks = (torch.arange(16)[:, None] + torch.arange(16)).remainder(2).double()[None, None]
    assert ssim(checks, 1 - checks).item() < -0.9


def test_ssim_survives_flat_images() -> None:
    torch.testing.assert_close(ssim(torch.ones(1, 1, 28, 28), torch.ones(1, 1, 28, 28)), torch.ones(1))
    black_white = ssim(torch.zeros(1, 1, 28, 28), torch.ones(1, 1, 28, 28)).item()
    assert black_white == pytest.approx(1e-4 / (1 + 1e-4), rel=1e-3)


def test_errors_by_hand() -> None:
    x = torch.tensor([[[[0.0, 0.5], [1.0, 1.0]]], [[[0.0, 0.0], [0.0, 0.0]]]])
    target = torch.zeros_like(x)
    torch.testing.assert_close(mean_absolute_error(x, target), torch.tensor([0.625, 0.0]))
    torch.testing.assert_close(mean_squared_error(x, target), torch.tensor([0.5625, 0.0]))


@given(st.floats(1e-9, 1.0))
def test_psnr_is_ten_decibels_a_decade(mse: float) -> None:
    decibels = psnr(torch.tensor([mse], dtype=torch.float64)).item()
    assert decibels == pytest.approx(-10 * math.log10(mse), abs=1e-9)
    assert psnr(torch.tensor([mse / 10], dtype=torch.float64)).item() == pytest.approx(decibels + 10)


def test_psnr_agrees_with_scikit_image_and_is_bounded() -> None:
    x, target = noisy((1, 1, 9, 9))
    theirs = peak_signal_noise_ratio(target.numpy(), x.numpy(), data_range=1.0)
    assert psnr(mean_squared_error(x, target)).item() == pytest.approx(theirs)
    assert psnr(torch.zeros(1)).item() == pytest.approx(100)


def test_averages_are_over_examples_however_they_are_batched() -> None:
    target = digits().test.x
    x = (target + 0.2 * torch.randn_like(target)).clamp(0, 1)
    whole = summarise([compare(x, target, bounded=True)], "pca_")
    parts = zip(x.split(23), target.split(23), strict=True)
    split = summarise([compare(a, b, bounded=True) for a, b in parts], "pca_")
    assert split == pytest.approx(whole)
    assert whole.keys() == {"pca_mae", "pca_mse", "pca_rmse", "pca_psnr", "pca_ssim"}
    assert whole["pca_mse"] == pytest.approx(torch.nn.functional.mse_loss(x, target).item())
    assert whole["pca_rmse"] == pytest.approx(math.sqrt(whole["pca_mse"]))


def test_data_without_a_range_have_no_psnr() -> None:
    x = torch.randn(2, 1, 8, 8)
    assert compare(x, x + 1, bounded=False).keys() == {"mae", "mse"}
