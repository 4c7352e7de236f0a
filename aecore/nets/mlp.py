"""Fully connected networks: every pixel sees every other."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

import torch
from torch import Tensor, nn

from aecore.data import DataSpec
from aecore.errors import UserError
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


def shrinking(first: int, depth: int, shrink: float) -> tuple[int, ...]:
    """The widths of ``depth`` layers, each ``shrink`` times that of the one before: 512, 256, 128 for ½."""
    return tuple(max(1, round(first * shrink**k)) for k in range(depth))


def mlp(
    data: DataSpec,
    condition: int = 0,
    modulate: Modulate | None = None,
    *,
    hidden: Annotated[
        tuple[int, ...], Range(1, 16384), "Units of each hidden layer of the encoder; the decoder mirrors it."
    ] = (512,),
    depth: Annotated[
        int,
        Range(0, 32),
        "How many hidden layers the encoder has, made of the one width given; 0: one for each width given.",
    ] = 0,
    shrink: Annotated[
        float, Range(0.1, 1), "How wide each hidden layer is, relative to the one before."
    ] = 0.5,
    activation: Annotated[Activation, "What bends the hidden layers."] = "relu",
    decoder_activation: Annotated[
        Literal["same", Activation], "What bends the decoder's hidden layers; same: as in the encoder."
    ] = "same",
    dropout: Annotated[
        float, Range(0, 0.9), "Share of hidden units switched off at each training step."
    ] = 0.0,
    batch_norm: Annotated[bool, "Whether each hidden layer is normalised over the batch."] = False,
    init: Annotated[Init, "How the weights are drawn at the start."] = "torch",
) -> Network:
    """A perceptron D → hidden → code → hidden reversed → D.

    Args:
        data: What goes in and comes out, flattened.
        condition: Numbers concatenated to the encoder's and the decoder's input.
        modulate: Makes what stands behind each hidden layer's pre-activation; None for nothing.

    Raises:
        UserError: If the data are tokens, or ``depth`` has not one first width to start from.
    """
    if data.kind == "tokens":
        raise UserError(f"mlp reads numbers; {data.name} is made of tokens. {instead(data)}")
    if depth and len(hidden) != 1:
        raise UserError(
            f"--depth {depth} starts from one width; --hidden gives {len(hidden)}. Give one of them."
        )
    widths = shrinking(hidden[0], depth, shrink) if depth else hidden
    down: Activation = activation if decoder_activation == "same" else decoder_activation

    def block(wide: int, narrow: int, place: Place) -> Chain:
        layers: list[nn.Module] = [nn.Linear(wide, narrow)]
        if batch_norm:
            layers.append(nn.BatchNorm1d(narrow))
        if modulate:
            layers.append(modulate(narrow, place))
        layers.append(ACTIVATIONS[activation if place == "encoder" else down]())
        if dropout:
            layers.append(nn.Dropout(dropout))
        return Chain(*layers)

    def decoder(code: int) -> nn.Module:
        sizes = (code + condition, *reversed(widths))
        blocks = [block(*pair, "decoder" if k else "entry") for k, pair in enumerate(pairwise(sizes))]
        made = MlpDecoder(blocks, sizes[-1], data.shape)
        initialise(made, init, down)
        return made

    sizes = (data.size + condition, *widths)
    encoder = MlpEncoder([block(*pair, "encoder") for pair in pairwise(sizes)], sizes)
    initialise(encoder, init, activation)
    return Network(encoder, decoder, condition)


class MlpEncoder(Encoder):
    """Hidden layers one after the other; each is a level."""

    def __init__(self, blocks: list[Chain], sizes: tuple[int, ...]) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)
        self.widths = sizes[1:] or sizes

    def forward(self, x: Tensor, condition: Tensor | None = None, told: Tensor | None = None) -> list[Tensor]:
        h = concatenate(x.flatten(1), condition)
        levels = []
        for block in self.blocks:
            h = block(h, told)  # (B, width of this level)
            levels.append(h)
        return levels or [h]


class MlpDecoder(nn.Module):
    """The mirror: code to hidden layers to as many numbers as an example has."""

    def __init__(self, blocks: list[Chain], last: int, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.blocks = Chain(*blocks)
        self.shape = shape
        self.output = nn.Linear(last, torch.Size(shape).numel())

    def forward(self, z: Tensor, condition: Tensor | None = None, told: Tensor | None = None) -> Tensor:
        raw: Tensor = self.output(self.blocks(concatenate(z, condition), told))
        return raw.unflatten(1, self.shape)  # (B, *shape)
