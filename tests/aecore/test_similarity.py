"""MS-SSIM: SSIM at one scale, one for equal images, and the definition written out with SciPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, uniform_filter
from skimage.metrics import structural_similarity
from torch import Tensor

from aecore.similarity import EXPONENTS, ms_ssim, scales_of, ssim
from tests.aecore.small import digits


def images(side: int, n: int = 4, noise: float = 0.1) -> tuple[Tensor, Tensor]:
    """Smooth images and noisy copies of them, float64 in [0, 1]."""
    generator = torch.Generator().manual_seed(side)
    rough = torch.rand(n, 1, side, side, generator=generator, dtype=torch.float64).numpy()
    smooth = torch.from_numpy(gaussian_filter(rough, sigma=(0, 0, 2, 2)))
    smooth = (smooth - smooth.amin()) / (smooth.amax() - smooth.amin())
    off = noise * torch.randn(smooth.shape, generator=generator, dtype=torch.float64)
    return (smooth + off).clamp(0, 1), smooth


def contrast_structure(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Mean of SSIM's second factor, by Gaussian filters of SciPy, of one image."""
    radius = (min(11, *x.shape) - 1) // 2

    def blur(image: NDArray[np.float64]) -> NDArray[np.float64]:
        whole = gaussian_filter(image, 1.5, radius=radius)
        return np.asarray(whole[radius : len(image) - radius, radius : image.shape[1] - radius])

    c2 = 0.03**2
    covariance = blur(x * y) - blur(x) * blur(y)
    variances = blur(x * x) - blur(x) ** 2 + blur(y * y) - blur(y) ** 2
    return float(((2 * covariance + c2) / (variances + c2)).mean())


def similarity(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """scikit-image's SSIM where its window fits, of one image."""
    window = {"gaussian_weights": True, "sigma": 1.5, "truncate": 5 / 1.5}
    return float(structural_similarity(x, y, data_range=1.0, use_sample_covariance=False, **window))


@pytest.mark.parametrize("side", [22, 44])
def test_it_is_the_product_over_scales(side: int) -> None:
    scales = 2 if side == 22 else 3  # down to 11 pixels, the window of scikit-image
    weights = np.array(EXPONENTS[:scales]) / sum(EXPONENTS[:scales])
    x, target = images(side)
    for n, got in enumerate(ms_ssim(x, target, scales)):
        a, b = x[n, 0].numpy(), target[n, 0].numpy()
        value = 1.0
        for scale, weight in enumerate(weights, start=1):
            value *= (similarity(a, b) if scale == scales else contrast_structure(a, b)) ** weight
            a, b = (uniform_filter(each, 2)[1::2, 1::2] for each in (a, b))  # means of 2×2 squares
        assert float(got) == pytest.approx(value, rel=1e-6)


def test_at_one_scale_it_is_ssim() -> None:
    x, target = images(28)
    torch.testing.assert_close(ms_ssim(x, target, scales=1), ssim(x, target))


def test_it_is_one_for_equal_images_and_lower_the_noisier() -> None:
    x = digits().test.x
    torch.testing.assert_close(ms_ssim(x, x), torch.ones(len(x)))
    levels = [ms_ssim(*images(28, noise=noise)).mean() for noise in (0.0, 0.02, 0.1, 0.3)]
    assert levels == sorted(levels, reverse=True)
    assert levels[0] == pytest.approx(1)


def test_small_images_have_fewer_scales() -> None:
    assert [scales_of(side, side) for side in (7, 8, 28, 32, 64, 256)] == [1, 2, 3, 4, 5, 5]
    assert scales_of(8, 64) == 2
    x = torch.rand(2, 1, 8, 8)
    assert torch.equal(ms_ssim(x, x.flip(3)), ms_ssim(x, x.flip(3), 2))
    with pytest.raises(ValueError, match="1 to 2 scales, not 3"):
        ms_ssim(x, x, 3)


def test_its_gradient_is_finite_where_images_oppose_each_other() -> None:
    target = (torch.arange(8)[:, None] + torch.arange(8)).remainder(2).double()[None, None]
    for start in (1 - target, torch.full_like(target, 0.5), target):
        x = start.clone().requires_grad_()
        ms_ssim(x, target).sum().backward()
        assert x.grad is not None
        assert x.grad.isfinite().all()


def test_the_gradient_agrees_with_differences() -> None:
    x, target = images(8, n=1)
    assert torch.autograd.gradcheck(lambda each: ms_ssim(each, target), x.requires_grad_())
