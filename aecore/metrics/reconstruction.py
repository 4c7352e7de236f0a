"""How close a reconstruction comes to its target, example by example."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor

from aecore.metrics.table import PSNR_CEILING
from aecore.similarity import ssim


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


def compare(x: Tensor, target: Tensor, bounded: bool) -> dict[str, Tensor]:
    """Every comparison of each example, shape (B,); PSNR and SSIM only for data in [0, 1]."""
    mse = mean_squared_error(x, target)
    errors = {"mae": mean_absolute_error(x, target), "mse": mse}
    return {**errors, "psnr": psnr(mse), "ssim": ssim(x, target)} if bounded else errors


def summarise(batches: Iterable[dict[str, Tensor]], prefix: str) -> dict[str, float]:
    """Averages over all examples of what was compared, with the RMSE of them all.

    Args:
        batches: Comparisons of each batch.
        prefix: What the names start with, as ``pca_``.
    """
    batches = list(batches)
    mean = {name: torch.cat([batch[name] for batch in batches]).double().mean().item() for name in batches[0]}
    if "mse" in mean:
        mean["rmse"] = math.sqrt(mean["mse"])
    return {f"{prefix}{name}": value for name, value in mean.items()}
