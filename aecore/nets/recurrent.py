"""Recurrent networks: a sequence read step by step into one state, and written from one."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import linear
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from aecore.data import DataSpec
from aecore.nets.network import Encoder, Network, concatenate
from aecore.nets.sequences import Reader, Writer, lengths_of, steps_of
from aecore.options import Range

Cell = Literal["gru", "lstm"]
CELLS: dict[Cell, type[nn.GRU] | type[nn.LSTM]] = {"gru": nn.GRU, "lstm": nn.LSTM}


def recurrent(
    data: DataSpec,
    condition: int = 0,
    *,
    cell: Annotated[Cell, "What remembers from step to step: a GRU, or an LSTM with a memory apart."] = "gru",
    units: Annotated[int, Range(1, 4096), "Numbers in the state of each layer."] = 128,
    layers: Annotated[int, Range(1, 8), "Recurrent layers on top of each other, on either side."] = 1,
    bidirectional: Annotated[bool, "Whether the encoder reads from both ends."] = False,
    embedding: Annotated[
        int, Range(1, 1024), "For tokens: numbers that stand for each as the encoder reads it."
    ] = 32,
    dropout: Annotated[
        float, Range(0, 0.9), "Share of each layer's outputs switched off at each training step."
    ] = 0.0,
) -> Network:
    """The state after the last step that is present, to the code; from the code, all T steps.

    The decoder is not told what stands before a step: its cells start from the code and read it at
    every step, so whatever it writes is in the code. An image is a sequence of rows.

    Args:
        data: Series or tokens of any length up to T, or images.
        condition: Numbers beside each step the encoder reads, and beside the code.

    Raises:
        UserError: If the data are tables.

    Source:
        Cho et al. (2014), the GRU and the encoder–decoder. https://arxiv.org/abs/1406.1078;
        Hochreiter & Schmidhuber (1997), the LSTM. https://doi.org/10.1162/neco.1997.9.8.1735
    """
    steps = steps_of(data, "recurrent")

    def decoder(code: int) -> nn.Module:
        return RecurrentDecoder(data, CELLS[cell], steps, code + condition, units, layers, dropout)

    ways = 2 if bidirectional else 1
    encoder = RecurrentEncoder(
        data, CELLS[cell], embedding, condition, (ways * units,) * layers, ways, dropout
    )
    return Network(encoder, decoder, condition)


def run(cell: nn.GRU | nn.LSTM, x: Tensor, start: Tensor | None = None) -> Tensor:
    """The states of one layer after each step, shape (B, T, units), from steps, shape (B, T, wide).

    Where the model is exported, in plain matrix products: exporters turn a cell into a loop, or
    reorder its weights and so store them twice.

    Args:
        cell: One layer, one way, batch first.
        start: The state before the first step, shape (B, units); zeros unless given. An LSTM's
            memory always starts from zeros.
    """
    h = x.new_zeros(x.shape[0], cell.hidden_size) if start is None else start
    c = torch.zeros_like(h)
    if not torch.compiler.is_compiling():
        before: Any = (h[None].contiguous(), c[None]) if isinstance(cell, nn.LSTM) else h[None].contiguous()
        states: Tensor = cell(x, before)[0]
        return states
    read, recall, read_bias, recall_bias = cell.parameters()
    outs = []
    for new in linear(x, read, read_bias).unbind(1):  # (B, 3 or 4 · units)
        old = linear(h, recall, recall_bias)
        if isinstance(cell, nn.LSTM):
            let_in, keep, candidate, let_out = (new + old).chunk(4, 1)
            c = keep.sigmoid() * c + let_in.sigmoid() * candidate.tanh()
            h = let_out.sigmoid() * c.tanh()
        else:
            (reset, keep, candidate), (old_reset, old_keep, recalled) = new.chunk(3, 1), old.chunk(3, 1)
            candidate = (candidate + (reset + old_reset).sigmoid() * recalled).tanh()
            h = candidate + (keep + old_keep).sigmoid() * (h - candidate)
        outs.append(h)
    return torch.stack(outs, 1)


class Layer(nn.Module):
    """One recurrent layer, read forwards or both ways: (B, T, wide) to (B, T, ways · units).

    Before ``lengths`` nothing depends on what stands behind. In training sequences are packed, so
    that no step behind the end is computed; packed ones cannot be exported, and unpacked ones give
    the same.
    """

    def __init__(self, cell: type[nn.GRU] | type[nn.LSTM], wide: int, units: int, ways: int) -> None:
        super().__init__()
        self.ways = nn.ModuleList(cell(wide, units, batch_first=True) for _ in range(ways))

    def forward(self, x: Tensor, lengths: Tensor, packed: bool) -> Tensor:
        ahead, *back = (self._read(cell, k, x, lengths, packed) for k, cell in enumerate(self.ways))
        return torch.cat([ahead, *back], 2)

    def last(self, out: Tensor, lengths: Tensor) -> Tensor:
        """The state of each way after its last step, shape (B, ways · units), of what ``forward`` gave."""
        ahead, *back = out.chunk(len(self.ways), 2)
        at = (lengths - 1)[:, None, None].expand(-1, 1, ahead.shape[2])
        return torch.cat([ahead.gather(1, at)[:, 0], *(each[:, 0] for each in back)], 1)

    def _read(self, cell: Any, backwards: int, x: Tensor, lengths: Tensor, packed: bool) -> Tensor:
        given = reverse(x, lengths) if backwards else x
        if packed:
            rows = pack_padded_sequence(given, lengths.cpu(), batch_first=True, enforce_sorted=False)
            out = pad_packed_sequence(cell(rows)[0], batch_first=True, total_length=x.shape[1])[0]
        else:
            out = run(cell, given)
        return reverse(out, lengths) if backwards else out


def reverse(x: Tensor, lengths: Tensor) -> Tensor:
    """The first ``length`` steps of each sequence, shape (B, T, width), in reverse; the others stay."""
    step = torch.arange(x.shape[1], device=x.device)[None]  # (1, T)
    length = lengths[:, None]
    at = torch.where(step < length, length - 1 - step, step)
    return x.gather(1, at[..., None].expand(-1, -1, x.shape[2]))


class RecurrentEncoder(Encoder):
    """Layers one after the other; the last state of each is a level."""

    def __init__(
        self,
        data: DataSpec,
        cell: type[nn.GRU] | type[nn.LSTM],
        embedding: int,
        condition: int,
        widths: tuple[int, ...],
        ways: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.data, self.widths = data, widths
        self.reader = Reader(data, embedding)
        sizes = pairwise((self.reader.width + condition, *widths))
        self.layers = nn.ModuleList(Layer(cell, wide, narrow // ways, ways) for wide, narrow in sizes)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, condition: Tensor | None = None) -> list[Tensor]:
        lengths = lengths_of(x, self.data)
        packed = self.training and self.data.kind != "image"  # rows are never missing
        h = self.reader(x)  # (B, T, width)
        if condition is not None:
            h = torch.cat([h, condition[:, None].expand(-1, h.shape[1], -1)], 2)
        levels = []
        for layer in self.layers:
            assert isinstance(layer, Layer)
            h = self.dropout(layer(h, lengths, packed))
            levels.append(layer.last(h, lengths))
        return levels


class RecurrentDecoder(nn.Module):
    """The code makes the first states, and is what is read at each of the T steps."""

    def __init__(
        self,
        data: DataSpec,
        cell: type[nn.GRU] | type[nn.LSTM],
        steps: int,
        code: int,
        units: int,
        layers: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.steps = steps
        self.start = nn.Linear(code, units * layers)
        sizes = pairwise((code, *(units,) * layers))
        self.layers = nn.ModuleList(cell(wide, narrow, batch_first=True) for wide, narrow in sizes)
        self.dropout = nn.Dropout(dropout)
        self.writer = Writer(data, units)

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        code = concatenate(z, condition)
        h = code[:, None].expand(-1, self.steps, -1)  # (B, T, D)
        starts = torch.tanh(self.start(code)).chunk(len(self.layers), 1)
        for layer, start in zip(self.layers, starts, strict=True):
            assert isinstance(layer, nn.GRU | nn.LSTM)
            h = self.dropout(run(layer, h, start))
        raw: Tensor = self.writer(h)
        return raw  # (B, *shape), tokens (B, T, V)
