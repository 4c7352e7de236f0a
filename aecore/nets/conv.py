"""Convolutional networks: halve the picture, double back."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import Annotated

from torch import Tensor, nn

from aecore.data import DataSpec
from aecore.errors import UserError
from aecore.nets.blocks import Block, Residual, Upsample, double, halve
from aecore.nets.film import Chain, Modulate, Place
from aecore.nets.network import (
    ACTIVATIONS,
    Activation,
    Encoder,
    Init,
    Network,
    concatenate,
    initialise,
    instead,
)
from aecore.options import Range


def halvings(side: int) -> int:
    """How often a side can be halved down to no less than 4 pixels: 28 → 14 → 7 is two."""
    count = 0
    while side % 2 == 0 and side >= 8:
        side, count = side // 2, count + 1
    return count


def conv(
    data: DataSpec,
    condition: int = 0,
    modulate: Modulate | None = None,
    *,
    channels: Annotated[
        tuple[int, ...],
        Range(1, 1024),
        "Feature maps after each halving; empty: 32 or 64 by the picture's size.",
    ] = (),
    dense: Annotated[int, Range(1, 4096), "Units of the layer between the feature maps and the code."] = 256,
    block: Annotated[
        Block,
        "What halves and doubles a picture: a convolution; one with a residual block beside it; or a "
        "depthwise and a pointwise one, with far fewer weights.",
    ] = "plain",
    upsample: Annotated[
        Upsample,
        "How the decoder doubles: by transposed convolutions, or by repeating pixels and convolving, "
        "which leaves no checkerboard.",
    ] = "transposed",
    activation: Annotated[Activation, "What bends the hidden layers."] = "relu",
    dropout: Annotated[
        float, Range(0, 0.9), "Share of hidden units switched off at each training step."
    ] = 0.0,
    batch_norm: Annotated[bool, "Whether each hidden layer is normalised over the batch."] = False,
    init: Annotated[Init, "How the weights are drawn at the start."] = "torch",
) -> Network:
    """4×4 convolutions of stride 2, a dense layer, and their mirror image.

    A kernel that its stride divides leaves no checkerboard from uneven overlap
    (Odena et al. 2016, https://distill.pub/2016/deconv-checkerboard/); ``upsample="resize"``
    leaves none at all, see :func:`aecore.nets.blocks.double`.

    Args:
        data: Images, C×H×W.
        condition: Numbers concatenated to the dense layer's input and to the code.
        modulate: Makes what stands behind each hidden layer's pre-activation; None for nothing.

    Raises:
        UserError: If the data are not images, or too small for that many halvings.
    """
    if len(data.shape) != 3:
        raise UserError(f"conv reads images, C×H×W; {data.name} has shape {data.shape}. {instead(data)}")
    colours, *sides = data.shape
    most = min(map(halvings, sides))
    maps = channels or tuple(32 if k < most - 1 else 64 for k in range(most))
    if not maps or len(maps) > most:
        raise UserError(
            f"{sides[0]}×{sides[1]} pixels halve {most} times at most; --channels asks for {len(channels)}."
            if most
            else f"{sides[0]}×{sides[1]} pixels cannot be halved for conv. Use --net mlp."
        )
    seed_shape = (maps[-1], *(side >> len(maps) for side in sides))
    flat = seed_shape[0] * seed_shape[1] * seed_shape[2]

    def bend(layer: nn.Module, norm: nn.Module, channels: int, place: Place) -> Chain:
        told = [modulate(channels, place)] if modulate else []
        parts = [layer, *([norm] if batch_norm else []), *told, ACTIVATIONS[activation]()]
        return Chain(*parts, *([nn.Dropout(dropout)] if dropout else []))

    def down(wide: int, narrow: int) -> Chain:
        layer = bend(halve(wide, narrow, block), nn.BatchNorm2d(narrow), narrow, "encoder")
        return (
            Chain(*layer, Residual(narrow, partial(bend, channels=narrow, place="encoder")))
            if block == "residual"
            else layer
        )

    def up(wide: int, narrow: int) -> Chain:
        layer = bend(double(wide, narrow, block, upsample), nn.BatchNorm2d(narrow), narrow, "decoder")
        return (
            Chain(Residual(wide, partial(bend, channels=wide, place="decoder")), *layer)
            if block == "residual"
            else layer
        )

    def decoder(code: int) -> nn.Module:
        steps = tuple(reversed(maps))
        ups: list[nn.Module] = [up(a, b) for a, b in pairwise(steps)]
        if block == "residual":
            ups.append(Residual(steps[-1], partial(bend, channels=steps[-1], place="decoder")))
        ups.append(double(steps[-1], colours, block, upsample))
        grow = Chain(
            bend(nn.Linear(code + condition, dense), nn.BatchNorm1d(dense), dense, "entry"),
            bend(nn.Linear(dense, flat), nn.BatchNorm1d(flat), maps[-1], "decoder"),
        )
        made = ConvDecoder(grow, seed_shape, Chain(*ups))
        initialise(made, init, activation)
        return made

    downs = [down(*pair) for pair in pairwise((colours, *maps))]
    widths = tuple(c * (sides[0] >> k) * (sides[1] >> k) for k, c in enumerate(maps, start=1))
    top = bend(nn.Linear(flat + condition, dense), nn.BatchNorm1d(dense), dense, "encoder")
    encoder = ConvEncoder(downs, top, (*widths, dense))
    initialise(encoder, init, activation)
    return Network(encoder, decoder, condition)


class ConvEncoder(Encoder):
    """Halvings, each a level, and the dense layer on top."""

    def __init__(self, downs: list[Chain], top: Chain, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.downs = nn.ModuleList(downs)
        self.top = top
        self.widths = widths

    def forward(self, x: Tensor, condition: Tensor | None = None, told: Tensor | None = None) -> list[Tensor]:
        levels = []
        for down in self.downs:
            x = down(x, told)  # (B, C, H, W), half the side of the last
            levels.append(x.flatten(1))
        return [*levels, self.top(concatenate(levels[-1], condition), told)]


class ConvDecoder(nn.Module):
    """The mirror: code to a small stack of feature maps to a picture."""

    def __init__(self, grow: Chain, seed_shape: tuple[int, ...], ups: Chain) -> None:
        super().__init__()
        self.grow, self.seed_shape, self.ups = grow, seed_shape, ups

    def forward(self, z: Tensor, condition: Tensor | None = None, told: Tensor | None = None) -> Tensor:
        seed = self.grow(concatenate(z, condition), told).unflatten(1, self.seed_shape)
        raw: Tensor = self.ups(seed, told)
        return raw  # (B, C, H, W)
