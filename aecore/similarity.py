"""How alike two images look: SSIM, and SSIM over several scales; metrics and objectives share them."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

EXPONENTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # of the scales, finest first (Wang et al. 2003)
SMALLEST = 4  # pixels: no side is halved below it


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
    luminance, structure = _luminance_and_structure(x, target)
    return (luminance * structure).flatten(1).mean(1)


def scales_of(height: int, width: int) -> int:
    """Scales on which images of this size are compared: 2 for 8×8, 3 for 28×28, 5 from 64×64 on."""
    count = 1
    while min(height, width) >= 2 * SMALLEST and count < len(EXPONENTS):
        height, width, count = height // 2, width // 2, count + 1
    return count


def ms_ssim(x: Tensor, target: Tensor, scales: int = 0) -> Tensor:
    r"""Structural similarity over M scales, each half the size of the last.

    .. math:: \mathrm{MS\text{-}SSIM} = \mathrm{SSIM}_M^{\alpha_M} \prod_{j=1}^{M-1} \mathrm{CS}_j^{\alpha_j}

    CS is SSIM's second factor, contrast and structure without the luminance, averaged over positions
    and channels; images are halved by averaging squares of 2×2 pixels. The paper's five exponents belong
    to images of 176 pixels and more: of smaller ones, which cannot be halved as often, the first M
    exponents are taken and scaled to sum to 1. A negative similarity has no such power and counts as 10⁻⁴.

    Args:
        x: Images in [0, 1], shape (B, C, H, W).
        target: Images in [0, 1], shape (B, C, H, W).
        scales: M, from 1, which is SSIM, to 5; 0 for :func:`scales_of` the size.

    Returns:
        Shape (B,), above 0 and at most 1.

    Raises:
        ValueError: If the images cannot be halved as often.

    Source:
        Wang, Simoncelli & Bovik (2003), eq. 7. https://doi.org/10.1109/ACSSC.2003.1292216
    """
    most = scales_of(*x.shape[-2:])
    if not 0 <= scales <= most:
        raise ValueError(f"Images of {x.shape[-2]}×{x.shape[-1]} have 1 to {most} scales, not {scales}.")
    count = scales or most
    exponents = [each / sum(EXPONENTS[:count]) for each in EXPONENTS[:count]]
    product = torch.ones(len(x), dtype=x.dtype, device=x.device)
    for scale, exponent in enumerate(exponents, start=1):
        luminance, structure = _luminance_and_structure(x, target)
        each = luminance * structure if scale == count else structure
        product = product * each.flatten(1).mean(1).clamp(min=1e-4) ** exponent
        if scale < count:
            x, target = avg_pool2d(x, 2), avg_pool2d(target, 2)
    return product


def _luminance_and_structure(x: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """SSIM's two factors at every position, shape (B, C, positions, positions) each."""
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
    return luminance, (2 * covariance + c2) / (var_x + var_y + c2)


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
