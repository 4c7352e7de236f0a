"""Checkerboard artefacts: the measure against a spectrum, and the decoders that leave them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from aecore.data import DataSpec
from aecore.errors import UserError
from aecore.metrics.checkerboard import checkerboard
from aecore.nets import conv
from aecore.nets.blocks import double


@given(st.integers(2, 4), st.integers(2, 5), st.integers(2, 5), st.integers(1, 3))
def test_it_is_the_energy_of_the_spectrum_at_the_frequency_of_the_stride(
    period: int, rows: int, columns: int, channels: int
) -> None:
    images = torch.randn(3, channels, rows * period, columns * period, dtype=torch.float64)
    power = np.abs(np.fft.fft2(images.numpy())) ** 2
    power[:, :, 0, 0] = 0
    repeated = power[:, :, ::rows, ::columns].sum((1, 2, 3))  # k/p cycles a pixel, both ways
    np.testing.assert_allclose(checkerboard(images, period), repeated / power.sum((1, 2, 3)), rtol=1e-5)


def test_it_is_1_for_a_checkerboard_and_near_0_for_a_smooth_picture() -> None:
    i, j = torch.meshgrid(torch.arange(16.0), torch.arange(16.0), indexing="ij")
    board, ramp = (i + j) % 2, i + j
    shares = checkerboard(torch.stack([board, ramp, torch.ones(16, 16)])[:, None])
    assert float(shares[0]) == 1
    assert 0 < float(shares[1]) < 0.02
    assert float(shares[2]) == 0
    mixed = checkerboard((10 * board + ramp)[None, None])
    assert 0.2 < float(mixed) < 1
    assert torch.equal(checkerboard(torch.stack([board, 3 * board - 7])[:, None]), torch.ones(2))


def test_white_noise_has_what_chance_gives_it() -> None:
    shares = checkerboard(torch.randn(4000, 1, 8, 8, generator=torch.Generator().manual_seed(0)))
    assert float(shares.mean()) == pytest.approx(3 / 63, rel=0.05)


@torch.no_grad()
def upsampled(layer: nn.Module) -> Tensor:
    """What a doubling layer makes of a flat map of 12×12, borders left out."""
    out: Tensor = layer(torch.ones(1, 8, 12, 12))[..., 4:-4, 4:-4]
    return out


@torch.no_grad()
def test_what_a_doubling_layer_makes_of_a_flat_picture() -> None:
    """3×3 with stride 2 overlaps unevenly; resizing is even whatever the weights (Odena et al.)."""
    uneven, even = nn.ConvTranspose2d(8, 3, 3, 2, 1, 1), double(8, 3, "plain", "transposed")
    resized = double(8, 3, "plain", "resize")
    for layer in (uneven, even):
        weight = next(layer.parameters())
        nn.init.ones_(weight)
    assert float(checkerboard(upsampled(uneven))) == pytest.approx(1)
    assert float(upsampled(uneven)[0, 0].max() / upsampled(uneven)[0, 0].min()) == pytest.approx(4, rel=0.1)
    assert float(upsampled(even).var((2, 3)).max()) < 1e-10
    assert float(upsampled(resized).var((2, 3)).max()) < 1e-10
    nn.init.normal_(next(even.parameters()))  # even overlap is no protection from uneven weights
    assert float(checkerboard(upsampled(even))) == pytest.approx(1)


@torch.no_grad()
def test_decoders_that_resize_leave_fewer_artefacts_than_transposed_ones() -> None:
    data = DataSpec("pictures", "image", (1, 32, 32), "unit")

    def share(upsample: str) -> float:
        shares = []
        for seed in range(10):
            torch.manual_seed(seed)
            decoder = conv(data, channels=(16, 16), upsample=upsample).decoder(8)  # type: ignore[arg-type]
            shares.append(float(checkerboard(decoder(torch.randn(8, 8))).mean()))
        return sum(shares) / len(shares)

    transposed, resized = share("transposed"), share("resize")
    assert transposed > 0.1
    assert resized < 0.01


@pytest.mark.parametrize(("shape", "period"), [((1, 8, 8), 2), ((2, 1, 3, 8), 2), ((2, 1, 8, 8), 1)])
def test_what_is_no_picture_is_refused(shape: tuple[int, ...], period: int) -> None:
    with pytest.raises(UserError, match="at least two periods"):
        checkerboard(torch.zeros(shape), period)
