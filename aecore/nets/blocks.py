"""What convolutional networks halve and double a picture with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from torch import Tensor, nn

from aecore.nets.film import Chain, Told
from aecore.nets.network import Separable

Block = Literal["plain", "residual", "separable"]
Upsample = Literal["transposed", "resize"]
Bend = Callable[[nn.Module, nn.Module], nn.Module]  # a layer and its norm → the layer, bent


def halve(wide: int, narrow: int, block: Block) -> nn.Module:
    """A convolution to half the side, 4×4 with stride 2: (B, wide, H, W) → (B, narrow, H/2, W/2)."""
    if block != "separable":
        return nn.Conv2d(wide, narrow, 4, 2, 1)
    depthwise = nn.Conv2d(wide, wide, 4, 2, 1, groups=wide, bias=False)
    return Separable(depthwise, nn.Conv2d(wide, narrow, 1))


def double(wide: int, narrow: int, block: Block, upsample: Upsample) -> nn.Module:
    """A convolution to twice the side: (B, wide, H, W) → (B, narrow, 2H, 2W).

    ``transposed`` spreads every pixel over 4×4 with stride 2: each output pixel is written by four
    kernel elements, but neighbours by different ones, which may learn a checkerboard. ``resize``
    repeats every pixel four times and convolves 3×3: neighbours are written by the same ones.

    Source:
        Odena et al. (2016), https://distill.pub/2016/deconv-checkerboard/
    """
    groups = wide if block == "separable" else 1
    out, bias = (wide, False) if block == "separable" else (narrow, True)
    layer: nn.Module
    if upsample == "transposed":
        layer = nn.ConvTranspose2d(wide, out, 4, 2, 1, groups=groups, bias=bias)
    else:
        layer = nn.Conv2d(wide, out, 3, 1, 1, groups=groups, bias=bias)
    if block == "separable":
        layer = Separable(layer, nn.Conv2d(wide, narrow, 1))
    return layer if upsample == "transposed" else nn.Sequential(nn.Upsample(scale_factor=2), layer)


class Residual(Told):
    """h + F(h), where F is two 3×3 convolutions, the first of them bent: shape (B, C, H, W) stays.

    Where F's last weights are zero, nothing happens.

    Source:
        He et al. (2016), eq. 1. https://arxiv.org/abs/1512.03385
    """

    def __init__(self, channels: int, bend: Bend) -> None:
        super().__init__()
        first = bend(nn.Conv2d(channels, channels, 3, 1, 1), nn.BatchNorm2d(channels))
        self.change = Chain(first, nn.Conv2d(channels, channels, 3, 1, 1))

    def forward(self, h: Tensor, told: Tensor | None = None) -> Tensor:
        changed: Tensor = h + self.change(h, told)
        return changed
