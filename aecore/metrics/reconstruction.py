"""How close a reconstruction comes to its target, example by example."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor

from aecore.metrics.table import PSNR_CEILING


def mean_absolute_error(x: Tensor, target: Tensor) -> Tensor:
    """Mean of |x − target| over the elements of each example, shape (B,)."""
    return (x - target).abs().flatten(1).mean(1)


def mean_squared_error(x: Tensor, target: Tensor) -> Tensor:
    """Mean of (x − target)² over the elements of each example, shape (B,)."""
    return (x - target).square().flatten(1).mean(1)


def psnr(mse: Tensor) -> Tensor:
    r"""Peak signal-to-noise ratio for data in [0, 1].

    .. math:: \mathrm{PSNR} = 10 \log_{10} (1 / \mathrm{MSE})

    Args:
        mse: Mean squared error of each image, shape (B,).

    Returns:
        Shape (B,), in dB, at most 100: equal images would have infinitely many, and one of
        them would spoil an average.
    """
    return -10 * mse.clamp(min=10 ** (-PSNR_CEILING / 10)).log10()


def ssim(x: Tensor, target: Tensor) -> Tensor:
    r"""Structural similarity of images in [0, 1].

    .. math:: \mathrm{SSIM} = \frac{(2\mu_x\mu_y + c_1)(2\sigma_{xy} + c_2)}
              {(\mu_x^2 + \mu_y^2 + c_1)(\sigma_x^2 + \sigma_y^2 + c_2)},
              \quad c_1 = 0.01^2, \; c_2 = 0.03^2

    with means, variances and covariance under a Gaussian window of 11×11 pixels, σ = 1.5, moved
    over every position at which it fits; averaged over positions and channels. An image with
    a side below 11 gets the largest odd window that fits (7 for 8×8), with the same σ.

    Args:
        x: Images, shape (B, C, H, W).
        target: Images, shape (B, C, H, W).

    Returns:
        Shape (B,), at most 1.

    Source:
        Wang, Bovik, Sheikh & Simoncelli (2004). https://doi.org/10.1109/TIP.2003.819861
    """
    height, width = x.shape[-2:]
    window = _gaussian_window(min(11, height, width), sigma=1.5)
    # The window is separable, so that two small matrix products do what a convolution would, faster.
    rows = _sliding(window, height).to(x)
    columns = _sliding(window, width).to(x).T

    def blur(image: Tensor) -> Tensor:
        return rows @ image @ columns

    mean_x, mean_y = blur(x), blur(target)
    var_x = blur(x * x) - mean_x**2
    var_y = blur(target * target) - mean_y**2
    covariance = blur(x * target) - mean_x * mean_y
    c1, c2 = 0.01**2, 0.03**2
    luminance = (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
    structure = (2 * covariance + c2) / (var_x + var_y + c2)
    return (luminance * structure).flatten(1).mean(1)


def compare(x: Tensor, target: Tensor, bounded: bool) -> dict[str, Tensor]:
    """Every comparison of each example, shape (B,); PSNR and SSIM only for data in [0, 1]."""
    mse = mean_squared_error(x, target)
    errors = {"mae": mean_absolute_error(x, target), "mse": mse}
    return {**errors, "psnr": psnr(mse), "ssim": ssim(x, target)} if bounded else errors


def summarise(batches: Iterable[dict[str, Tensor]], prefix: str) -> dict[str, float]:
    """Averages over all examples of what :func:`compare` gave, with the RMSE of them all.

    Args:
        batches: Comparisons of each batch.
        prefix: What the names start with, as ``pca_``.
    """
    batches = list(batches)
    mean = {name: torch.cat([batch[name] for batch in batches]).double().mean().item() for name in batches[0]}
    mean["rmse"] = math.sqrt(mean["mse"])
    return {f"{prefix}{name}": value for name, value in mean.items()}


def _gaussian_window(size: int, sigma: float) -> Tensor:
    """Weights of a Gaussian on the largest odd number of pixels up to ``size``, with sum 1."""
    radius = (size - 1) // 2
    offsets = torch.arange(-radius, radius + 1, dtype=torch.float64)
    weights = torch.exp(-0.5 * (offsets / sigma) ** 2)
    return weights / weights.sum()


def _sliding(window: Tensor, length: int) -> Tensor:
    """The matrix that moves a window over a line of pixels, shape (positions, length)."""
    positions = length - len(window) + 1
    matrix = torch.zeros(positions, length, dtype=window.dtype)
    for start in range(positions):
        matrix[start, start : start + len(window)] = window
    return matrix
