"""Examples as sequences of T steps, and steps as examples: what sequence networks begin and end with.

A series is one by itself, tokens are embedded, and an image is read row by row, from the top.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from aecore.data import DataSpec
from aecore.errors import UserError


def steps_of(data: DataSpec, net: str) -> int:
    """T, the most steps a sequence has.

    Args:
        data: Images, series or tokens.
        net: Who asks.

    Raises:
        UserError: If the data are tables, whose columns have no order.
    """
    if data.kind == "table":
        raise UserError(f"{net} reads sequences and images; {data.name} is a table. Use --net mlp.")
    return data.shape[data.step_axis - 1]


def numbers_of(data: DataSpec) -> int:
    """How many numbers describe one step: V for tokens, C + 1 for a series, C·W for an image's row."""
    return len(data.vocabulary) if data.kind == "tokens" else data.size // data.shape[data.step_axis - 1]


def lengths_of(x: Tensor, data: DataSpec) -> Tensor:
    """How many steps each example has, shape (B,), int64; 1 where it has none, which is then all padding.

    Of a series those that are present, of tokens those before the first end, of an image all rows.
    """
    if data.kind == "series":
        present = x[..., -1] > 0.5  # (B, T)
    elif data.kind == "tokens":
        present = (x == 0).cumsum(1) == 0
    else:
        present = torch.ones(x.shape[0], x.shape[2], dtype=torch.bool, device=x.device)
    return present.sum(1).clamp(min=1)


class Reader(nn.Module):
    """Examples, shape (B, *shape), to steps, shape (B, T, width).

    A step of a series is there or not: what a decoder wrote of its presence is read as 0 or 1.

    Attributes:
        width: Numbers in a step: ``embedding`` for tokens, as many as the data have for others.
    """

    def __init__(self, data: DataSpec, embedding: int) -> None:
        super().__init__()
        self.tokens, self.series, self.axis = data.kind == "tokens", data.kind == "series", data.step_axis
        self.width = embedding if self.tokens else numbers_of(data)
        self.embed = nn.Embedding(numbers_of(data), embedding) if self.tokens else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        if self.series:
            x = torch.cat([x[..., :-1], (x[..., -1:] > 0.5).to(x.dtype)], 2)
        steps: Tensor = self.embed(x if self.tokens else x.movedim(self.axis, 1).flatten(2))
        return steps


class Writer(nn.Module):
    """Steps, shape (B, T, width), to what a likelihood reads: (B, T, V) for tokens, else (B, *shape)."""

    def __init__(self, data: DataSpec, width: int) -> None:
        super().__init__()
        self.axis = data.step_axis
        rest = [side for axis, side in enumerate(data.shape, start=1) if axis != self.axis]
        self.step = tuple(rest) or (numbers_of(data),)  # the shape of one step
        self.output = nn.Linear(width, numbers_of(data))

    def forward(self, h: Tensor) -> Tensor:
        raw: Tensor = self.output(h)
        return raw.unflatten(2, self.step).movedim(1, self.axis)
