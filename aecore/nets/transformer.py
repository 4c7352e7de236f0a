"""Transformers: every step sees every other one at once; the decoder sees those before it."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn.functional import pad, scaled_dot_product_attention

from aecore.data import DataSpec
from aecore.errors import UserError
from aecore.nets.network import Encoder, Network, concatenate
from aecore.nets.sequences import Reader, Writer, lengths_of, steps_of
from aecore.options import Range


def transformer(
    data: DataSpec,
    condition: int = 0,
    *,
    units: Annotated[int, Range(1, 2048), "Numbers that stand for each step."] = 64,
    heads: Annotated[int, Range(1, 64), "Ways of looking at other steps, side by side in each layer."] = 4,
    depth: Annotated[int, Range(1, 24), "Layers of the encoder, and as many of the decoder."] = 2,
    dropout: Annotated[
        float, Range(0, 0.9), "Share of what each layer adds that is switched off at each training step."
    ] = 0.0,
    word_dropout: Annotated[
        float,
        Range(0, 1),
        "Share of the steps before it (words, rows) that the decoder is not shown at each training step: "
        "it has to ask the code instead.",
    ] = 0.0,
) -> Network:
    """An encoder whose steps are pooled to the code, and a causal decoder.

    The decoder writes step by step: it reads the code, beside every step, and the steps before the
    one it writes. So strong a decoder may do without the code, which ``word_dropout`` keeps it from.
    An image is a sequence of rows.

    Args:
        data: Series or tokens of any length up to T, or images.
        condition: Numbers beside each step the encoder reads, and beside the code.

    Raises:
        UserError: If the data are tables, or the heads do not share the units evenly.

    Source:
        Vaswani et al. (2017), https://arxiv.org/abs/1706.03762; norms before each part: Xiong et al.
        (2020), https://arxiv.org/abs/2002.04745; the code beside every step: Li et al. (2020), section
        3.1, https://arxiv.org/abs/2004.04092; word dropout: Bowman et al. (2016), section 3.1,
        https://arxiv.org/abs/1511.06349
    """
    steps = steps_of(data, "transformer")
    if units % heads:
        raise UserError(
            f"--heads {heads} share --units {units} evenly, or not at all: {units} is no multiple."
        )

    def stack(causal: bool) -> nn.ModuleList:
        return nn.ModuleList(Block(units, heads, dropout, causal) for _ in range(depth))

    def decoder(code: int) -> nn.Module:
        return TransformerDecoder(data, steps, code + condition, units, stack(True), dropout, word_dropout)

    encoder = TransformerEncoder(data, steps, condition, units, stack(False), dropout)
    return Network(encoder, decoder, condition, causal=True)


def attend(asked: Tensor, heads: int, causal: bool, present: Tensor | None = None) -> Tensor:
    """softmax(QKᵀ/√d) V in ``heads`` parts of the width, shape (B, T, width).

    Args:
        asked: Queries, keys and values of each step side by side, shape (B, T, 3 · width).
        heads: How many; they share the width evenly.
        causal: Whether a step sees itself and those before it alone.
        present: Which steps can be seen, shape (B, T), or None for all.
    """
    q, k, v = asked.unflatten(2, (3, heads, -1)).permute(2, 0, 3, 1, 4)  # (B, heads, T, d) each
    mask = None if present is None else present[:, None, None]  # (B, 1, 1, T)
    mixed: Tensor = scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=causal)
    return mixed.transpose(1, 2).flatten(2)


class Attention(nn.Module):
    """Attention of steps, shape (B, T, width), to each other.

    Queries, keys and values have no bias of their own: the norm before them has one, and a bias of
    the keys shifts every score alike, which a softmax does not see.
    """

    def __init__(self, width: int, heads: int, causal: bool) -> None:
        super().__init__()
        self.heads, self.causal = heads, causal
        self.asked = nn.Linear(width, 3 * width, bias=False)
        self.output = nn.Linear(width, width)

    def forward(self, h: Tensor, present: Tensor | None) -> Tensor:
        out: Tensor = self.output(attend(self.asked(h), self.heads, self.causal, present))
        return out


class Block(nn.Module):
    """Attention, then a perceptron step by step; each reads what a norm gives and adds to the rest."""

    def __init__(self, width: int, heads: int, dropout: float, causal: bool) -> None:
        super().__init__()
        self.look, self.think = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, heads, causal)
        self.perceptron = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.dropout = nn.Dropout(dropout)

    def forward(self, h: Tensor, present: Tensor | None = None) -> Tensor:
        h = h + self.dropout(self.attention(self.look(h), present))
        thought: Tensor = h + self.dropout(self.perceptron(self.think(h)))
        return thought


def embedding(data: DataSpec, width: int) -> nn.Module:
    """Examples, shape (B, *shape), to steps, shape (B, T, width); what they are placed by comes on top."""
    reader = Reader(data, width)
    return reader if reader.tokens else nn.Sequential(reader, nn.Linear(reader.width, width, bias=False))


def places(steps: int, width: int) -> nn.Parameter:
    """A vector for each of the T places, learned, shape (T, width)."""
    return nn.Parameter(0.5 * torch.randn(steps, width))


class TransformerEncoder(Encoder):
    """Layers one after the other; the mean over the steps that are present is a level of each."""

    def __init__(
        self, data: DataSpec, steps: int, condition: int, width: int, blocks: nn.ModuleList, dropout: float
    ) -> None:
        super().__init__()
        self.data, self.widths = data, (width,) * len(blocks)
        self.embedding, self.places = embedding(data, width), places(steps, width)
        self.told = nn.Linear(condition, width, bias=False) if condition else None
        self.blocks, self.norm = blocks, nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, condition: Tensor | None = None) -> list[Tensor]:
        h = self.embedding(x) + self.places  # (B, T, width)
        if self.told is not None:
            h = h + self.told(condition)[:, None]
        h = self.dropout(h)
        lengths = lengths_of(x, self.data)[:, None]  # (B, 1)
        present = torch.arange(h.shape[1], device=h.device)[None] < lengths  # (B, T)
        levels = []
        for block in self.blocks:
            h = block(h, None if self.data.kind == "image" else present)
            levels.append((h * present[..., None]).sum(1) / lengths)
        return [*levels[:-1], self.norm(levels[-1])]


class TransformerDecoder(nn.Module):
    """What stands at each step, from the code and the steps before it."""

    def __init__(
        self,
        data: DataSpec,
        steps: int,
        code: int,
        width: int,
        blocks: nn.ModuleList,
        dropout: float,
        word_dropout: float,
    ) -> None:
        super().__init__()
        self.embedding, self.places = embedding(data, width), places(steps, width)
        self.code = nn.Linear(code, width)
        self.blocks, self.norm = blocks, nn.LayerNorm(width)
        self.writer = Writer(data, width)
        self.dropout, self.word_dropout = nn.Dropout(dropout), word_dropout

    def forward(self, z: Tensor, condition: Tensor | None, given: Tensor) -> Tensor:
        before = self.embedding(given)[:, :-1]  # (B, T − 1, width)
        if self.training and self.word_dropout:
            shown = torch.rand(before.shape[:2], device=z.device) >= self.word_dropout
            before = before * shown[..., None]
        h = pad(before, (0, 0, 1, 0)) + self.places  # nothing stands before the first step
        h = self.dropout(h + self.code(concatenate(z, condition))[:, None])
        for block in self.blocks:
            h = block(h)
        raw: Tensor = self.writer(self.norm(h))
        return raw  # (B, *shape), tokens (B, T, V)
