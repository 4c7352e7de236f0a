"""Recurrent networks: packed, unpacked and unrolled are one; lengths, mirrors and refusals."""

from __future__ import annotations

from typing import Any, cast
from unittest.mock import patch

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from aecore.errors import UserError
from aecore.nets import recurrent
from aecore.nets.frozen import frozen
from aecore.nets.recurrent import CELLS, Cell, Layer, RecurrentEncoder, reverse, run
from aecore.nets.sequences import lengths_of
from tests.aecore.sequences import KINDS, ROWS, SERIES, STEPS, TABLE, TOKENS, examples

CELL_NAMES: list[Cell] = ["gru", "lstm"]
lengths = st.lists(st.integers(1, STEPS), min_size=1, max_size=5)


def encoder(data: Any, **options: Any) -> RecurrentEncoder:
    torch.manual_seed(0)
    return cast(RecurrentEncoder, recurrent(data, units=7, **options).encoder)


def theirs(ours: RecurrentEncoder, cell: Cell) -> nn.GRU | nn.LSTM:
    """PyTorch's own stack of layers with our weights, to be given packed sequences."""
    layers = [cast(Layer, layer) for layer in ours.layers]
    ways = len(layers[0].ways)
    wide = cast(nn.GRU, layers[0].ways[0]).input_size
    stack = CELLS[cell](wide, 7, num_layers=len(layers), bidirectional=ways == 2, batch_first=True)
    state = {}
    for level, layer in enumerate(layers):
        for way, module in enumerate(layer.ways):
            for name, weight in module.state_dict().items():
                state[name.replace("l0", f"l{level}") + "_reverse" * way] = weight
    stack.load_state_dict(state)
    return stack


def packed_summary(ours: RecurrentEncoder, cell: Cell, x: Tensor, known: list[int]) -> Tensor:
    """The last states of the top layer, both ways side by side, of packed sequences."""
    rows = pack_padded_sequence(ours.reader(x), torch.tensor(known), batch_first=True, enforce_sorted=False)
    last = theirs(ours, cell)(rows)[1]
    states = last[0] if cell == "lstm" else last  # (layers · ways, B, units)
    return torch.cat(list(states[-len(cast(Layer, ours.layers[0]).ways) :]), 1)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELL_NAMES)
@settings(max_examples=15, deadline=None)
@given(known=lengths)
def test_unpacked_with_a_gather_is_what_packed_gives(
    cell: Cell, bidirectional: bool, known: list[int]
) -> None:
    for data in (SERIES, TOKENS):
        made = encoder(data, cell=cell, layers=2, bidirectional=bidirectional)
        x = examples(data, known, behind=9.0)  # what stands behind the end must not matter
        wanted = packed_summary(made, cell, x, known)
        for training in (True, False):
            torch.testing.assert_close(made.train(training)(x)[-1], wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("cell", CELL_NAMES)
def test_gradients_are_those_of_packed_sequences_too(cell: Cell) -> None:
    known = [3, 6, 1, 4]
    x = examples(SERIES, known)
    grads = []
    for training in (True, False):
        made = encoder(SERIES, cell=cell, layers=2, bidirectional=True).train(training)
        made(x)[-1].square().sum().backward()
        grads.append([cast(Tensor, p.grad) for p in made.parameters()])
    for packed, unpacked in zip(*grads, strict=True):
        torch.testing.assert_close(packed, unpacked, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("cell", CELL_NAMES)
@torch.no_grad()
def test_step_by_step_is_what_the_cell_gives(cell: Cell) -> None:
    made = CELLS[cell](5, 7, batch_first=True).double()
    x, start = torch.randn(3, STEPS, 5, dtype=torch.float64), torch.rand(3, 7, dtype=torch.float64)
    for state in (None, start):
        fused = run(made, x, state)
        with patch("torch.compiler.is_compiling", return_value=True):
            torch.testing.assert_close(run(made, x, state), fused)


def test_sequences_are_turned_round_within_their_length() -> None:
    x = torch.arange(1.0, 5).expand(4, 4)[..., None]
    turned = reverse(x, torch.tensor([4, 3, 1, 2]))[..., 0]
    assert turned.tolist() == [[4, 3, 2, 1], [3, 2, 1, 4], [1, 2, 3, 4], [2, 1, 3, 4]]


def test_lengths_are_read_from_the_examples() -> None:
    assert lengths_of(examples(SERIES, [6, 1, 3, 0]), SERIES).tolist() == [6, 1, 3, 1]
    words = torch.tensor([[1, 2, 0, 3, 0, 0], [0, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1]])
    assert lengths_of(words, TOKENS).tolist() == [2, 1, 6]
    assert lengths_of(examples(ROWS, [1, 2]), ROWS).tolist() == [STEPS, STEPS]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("kind", ["series", "tokens"])
def test_an_empty_sequence_has_a_code_like_any_other(kind: str, training: bool) -> None:
    made = encoder(KINDS[kind]).train(training)
    assert made(examples(KINDS[kind], [0, 2]))[-1].isfinite().all()


@pytest.mark.parametrize("cell", CELL_NAMES)
@pytest.mark.parametrize("kind", KINDS)
def test_shapes_levels_and_gradients(kind: str, cell: Cell) -> None:
    data = KINDS[kind]
    network = recurrent(data, 2, cell=cell, units=4, layers=2, bidirectional=True)
    decoder, told = network.decoder(3), torch.randn(4, 2)
    levels = network.encoder(examples(data, [1, 6, 3, 2]), told)
    assert (
        [tuple(level.shape) for level in levels]
        == [(4, 8), (4, 8)]
        == [(4, w) for w in network.encoder.widths]
    )
    raw = decoder(torch.randn(4, 3), told)
    assert raw.shape == ((4, STEPS, 5) if kind == "tokens" else (4, *data.shape))
    (levels[-1].square().sum() + raw.square().sum()).backward()
    for parameter in (*network.encoder.parameters(), *decoder.parameters()):
        assert parameter.grad is not None
        assert parameter.grad.abs().sum() > 0


def test_rows_are_read_from_the_top_and_written_where_they_were_read() -> None:
    made = encoder(ROWS)
    x = examples(ROWS, [1, 1])
    assert torch.equal(made.reader(x)[:, 2, :5], x[:, 0, 2])
    assert torch.equal(made.reader(x)[:, 2, 5:], x[:, 1, 2])
    writer = cast(Any, recurrent(ROWS, units=10).decoder(3)).writer
    with torch.no_grad():
        writer.output.weight.copy_(torch.eye(10))
        writer.output.bias.zero_()
    assert torch.equal(writer(made.reader(x)), x)


def test_layers_drop_out_in_training_only() -> None:
    made, x = encoder(SERIES, dropout=0.5), examples(SERIES, [6, 6, 6])
    assert (made.train()(x)[-1] == 0).any()
    assert not (made.eval()(x)[-1] == 0).any()


def test_tables_are_left_to_the_mlp() -> None:
    with pytest.raises(
        UserError, match=r"recurrent reads sequences and images; flowers is a table\. Use --net mlp"
    ):
        recurrent(TABLE)


@pytest.mark.parametrize("cell", CELL_NAMES)
def test_frozen_cells_stay_in_training_for_cudnn_differentiates_nothing_else(cell: Cell) -> None:
    decoder = recurrent(SERIES, units=7, cell=cell, dropout=0.5).decoder(3)
    cells = [part for part in decoder.modules() if isinstance(part, nn.RNNBase)]
    z = torch.randn(4, 3, requires_grad=True)
    evaluated = decoder.eval()(z)
    decoder.train()
    with frozen(decoder):
        assert cells
        assert all(part.training for part in cells)
        assert not any(part.training for part in decoder.modules() if part not in cells)
        written = decoder(z)
        written.sum().backward()
    torch.testing.assert_close(written, evaluated)
    assert z.grad is not None
    assert z.grad.abs().sum() > 0
    assert all(p.grad is None for p in decoder.parameters())
