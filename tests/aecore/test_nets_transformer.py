"""Transformers: causality, masks, what the decoder reads, and writing by itself."""

from __future__ import annotations

from typing import Any, cast

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from aecore.data import DataSpec
from aecore.errors import UserError
from aecore.likelihoods import most_probable
from aecore.model import Autoencoder
from aecore.nets import transformer
from aecore.nets.transformer import Attention, TransformerDecoder
from aecore.variants import build
from tests.aecore.sequences import KINDS, ROWS, SERIES, STEPS, TABLE, TOKENS, examples

SMALL: dict[str, Any] = {"units": 8, "heads": 2, "depth": 2}


def decoder(data: DataSpec, **options: Any) -> TransformerDecoder:
    torch.manual_seed(0)
    made = transformer(data, **SMALL | options).decoder(3)
    return cast(TransformerDecoder, made.eval())


def autoencoder(data: DataSpec, seed: int = 0) -> Autoencoder:
    """One whose decoder, untrained, says different things of different codes and prefixes."""
    torch.manual_seed(seed)
    made = build({"variant": "autoencoder", "latent_dim": 3, "net": "transformer", **SMALL}, data).eval()
    with torch.no_grad():
        for parameter in made.decoder.parameters():
            parameter.mul_(2)
    return made


def changed(x: Tensor, data: DataSpec, step: int) -> Tensor:
    """Other examples from ``step`` on."""
    other = examples(data, [STEPS] * len(x))
    keep = (torch.arange(STEPS) < step).reshape(-1, *[1] * (x.ndim - 1 - data.step_axis))
    return torch.where(keep, x, other)


@pytest.mark.parametrize("kind", KINDS)
@torch.no_grad()
def test_what_is_said_of_a_step_depends_on_those_before_it_alone(kind: str) -> None:
    data = KINDS[kind]
    made, z, x = decoder(data), torch.randn(4, 3), examples(data, [STEPS] * 4)
    says = made(z, None, x).movedim(data.step_axis, 1)
    for step in range(STEPS):
        now = made(z, None, changed(x, data, step)).movedim(data.step_axis, 1)
        assert torch.equal(now[:, : step + 1], says[:, : step + 1])  # bit for bit
        assert step == STEPS - 1 or not torch.allclose(now[:, step + 1], says[:, step + 1])


@pytest.mark.parametrize("kind", KINDS)
@torch.no_grad()
def test_what_it_writes_all_at_once_is_what_it_writes_one_by_one(kind: str) -> None:
    data = KINDS[kind]
    model, z = autoencoder(data), 2 * torch.randn(8, 3)
    x = torch.zeros(8, *data.shape, dtype=torch.int64 if kind == "tokens" else torch.float32)
    steps = x.movedim(data.step_axis, 1)
    for t in range(STEPS):
        mean = model.likelihood.mean(model.decoder(z, None, x))
        new = most_probable(mean) if kind == "tokens" else mean
        steps[:, t] = new.movedim(data.step_axis, 1)[:, t]
    torch.testing.assert_close(model.write(z), x)
    written = model.write(z)
    assert torch.equal(model.decode_raw(z), model.decode_raw(z, given=written))  # told what it wrote
    assert len(written.flatten(1).unique(dim=0)) > 1


@pytest.mark.parametrize("kind", ["series", "tokens"])
@torch.no_grad()
def test_the_code_knows_nothing_of_what_stands_behind_the_end(kind: str) -> None:
    data, lengths = KINDS[kind], [1, 3, 5, 6]
    encoder = transformer(data, **SMALL).encoder.eval()
    x = examples(data, lengths)
    dirty = x.clone()
    for row, length in zip(dirty, lengths, strict=True):
        if kind == "tokens":
            row[length + 1 :] = 3  # the first 0 ends it
        else:
            row[length:, :-1] = 9.0
    for clean, other in zip(encoder(x), encoder(dirty), strict=True):
        torch.testing.assert_close(clean, other)
    alone = torch.cat([encoder(x[k : k + 1])[-1] for k in range(4)])
    torch.testing.assert_close(alone, encoder(x)[-1], rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_the_pool_is_the_mean_over_the_steps_that_are_there() -> None:
    encoder = transformer(SERIES, **SMALL).encoder.eval()
    x = examples(SERIES, [2, 4])
    seen: list[Tensor] = []
    cast(Any, encoder).blocks[-1].register_forward_hook(lambda m, i, output: seen.append(output))
    top = encoder(x)[-1]
    mean = torch.stack([seen[0][0, :2].mean(0), seen[0][1, :4].mean(0)])
    torch.testing.assert_close(top, F.layer_norm(mean, (8,)))


@torch.no_grad()
def test_attention_is_the_softmax_of_scaled_products() -> None:
    attention = Attention(8, 2, causal=False).double()
    h = torch.randn(3, 5, 8, dtype=torch.float64)
    present = torch.arange(5) < torch.tensor([5, 2, 3])[:, None]
    q, k, v = (part.unflatten(2, (2, 4)) for part in (h @ attention.asked.weight.T).chunk(3, 2))
    score = torch.einsum("bihd,bjhd->bhij", q, k) / 2
    weight = score.masked_fill(~present[:, None, None], -torch.inf).softmax(-1)
    wanted = attention.output(torch.einsum("bhij,bjhd->bihd", weight, v).flatten(2))
    torch.testing.assert_close(attention(h, present), wanted)


@pytest.mark.parametrize("kind", KINDS)
def test_shapes_levels_and_gradients(kind: str) -> None:
    data = KINDS[kind]
    network = transformer(data, 2, **SMALL)
    made, told, x = network.decoder(3), torch.randn(4, 2), examples(data, [1, 6, 3, 2])
    levels = network.encoder(x, told)
    assert (
        [tuple(level.shape) for level in levels]
        == [(4, 8), (4, 8)]
        == [(4, w) for w in network.encoder.widths]
    )
    raw = made(torch.randn(4, 3), told, x)
    assert raw.shape == ((4, STEPS, 5) if kind == "tokens" else (4, *data.shape))
    (levels[-1] * torch.randn(8)).sum().add((raw * torch.randn_like(raw)).sum()).backward()
    for parameter in (*network.encoder.parameters(), *made.parameters()):
        assert parameter.grad is not None
        assert parameter.grad.abs().sum() > 1e-3


@pytest.mark.parametrize("kind", ["series", "tokens"])
@torch.no_grad()
def test_an_empty_sequence_has_a_code_like_any_other(kind: str) -> None:
    encoder = transformer(KINDS[kind], **SMALL).encoder
    assert encoder(examples(KINDS[kind], [0, 2]))[-1].isfinite().all()


@torch.no_grad()
def test_word_dropout_hides_what_stands_before_in_training_only() -> None:
    z, x = torch.randn(2, 3), examples(TOKENS, [STEPS] * 2)
    made = decoder(TOKENS, word_dropout=1.0)
    assert not torch.equal(made(z, None, x), made(z, None, changed(x, TOKENS, 0)))
    made.train()
    assert torch.equal(made(z, None, x), made(z, None, changed(x, TOKENS, 0)))
    assert not torch.allclose(made(z, None, x), made(-z, None, x))  # the code is still there
    made.word_dropout = 0.5
    hidden = [made(z, None, x)[:, 1] for _ in range(50)]  # of the second word, one stands before
    assert len({round(float(each[0, 0]), 4) for each in hidden}) == 2


@torch.no_grad()
def test_rows_of_a_picture_are_its_steps() -> None:
    made, z, x = decoder(ROWS), torch.randn(1, 3), examples(ROWS, [1])
    other = x.clone()
    other[:, :, 2] += 1
    same = (made(z, None, x) == made(z, None, other)).all(1).all(2)[0]
    assert same.tolist() == [True, True, True, False, False, False]


def test_refusals() -> None:
    with pytest.raises(UserError, match="transformer reads sequences and images; flowers is a table"):
        transformer(TABLE)
    with pytest.raises(UserError, match="--heads 3 share --units 8 evenly"):
        transformer(SERIES, units=8, heads=3)
