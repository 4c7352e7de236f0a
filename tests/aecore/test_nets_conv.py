"""Convolutional blocks: residual, depthwise-separable, resized; and old weights."""

from __future__ import annotations

from itertools import product
from typing import Any, get_args

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from aecore.data import DataSpec
from aecore.nets import conv
from aecore.nets.blocks import Block, Residual, Upsample, double, halve
from aecore.nets.network import Separable, initialise

PICTURES = DataSpec("pictures", "image", (3, 16, 16), "unit")
KINDS = list(product(get_args(Block), get_args(Upsample)))


def numbers(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def bend(layer: nn.Module, norm: nn.Module) -> nn.Module:
    return nn.Sequential(layer, nn.GELU())


@pytest.mark.parametrize(("block", "upsample"), KINDS)
def test_every_block_halves_doubles_and_learns(block: Block, upsample: Upsample) -> None:
    network = conv(PICTURES, 2, channels=(8, 12), dense=16, block=block, upsample=upsample, batch_norm=True)
    x, told = torch.rand(5, 3, 16, 16), torch.randn(5, 2)
    decoder = network.decoder(4)
    levels = network.encoder(x, told)
    assert [tuple(level.shape) for level in levels] == [(5, 8 * 64), (5, 12 * 16), (5, 16)]
    assert [level.shape[1] for level in levels] == list(network.encoder.widths)
    raw = decoder(torch.randn(5, 4), told)
    assert raw.shape == x.shape
    ((levels[-1] * torch.randn(16)).sum() + (raw * torch.randn_like(raw)).sum()).backward()
    for module in (network.encoder, decoder):
        for name, parameter in module.named_parameters():
            assert parameter.grad is not None
            assert parameter.grad.abs().sum() > 0, name


def test_the_defaults_still_have_the_names_of_weights_that_were_stored() -> None:
    network = conv(PICTURES, channels=(8, 12), dense=16)
    assert list(network.encoder.state_dict()) == [
        *("downs.0.0.weight", "downs.0.0.bias", "downs.1.0.weight", "downs.1.0.bias"),
        *("top.0.weight", "top.0.bias"),
    ]
    assert list(network.decoder(4).state_dict()) == [
        *("grow.0.0.weight", "grow.0.0.bias", "grow.1.0.weight", "grow.1.0.bias"),
        *("ups.0.0.weight", "ups.0.0.bias", "ups.1.weight", "ups.1.bias"),
    ]


@torch.no_grad()
def test_a_residual_block_with_zero_weights_at_its_end_changes_nothing() -> None:
    block, h = Residual(6, bend), torch.randn(2, 6, 8, 8)
    assert not torch.allclose(block(h), h)
    nn.init.zeros_(block.change[1].weight)  # type: ignore[arg-type]
    nn.init.zeros_(block.change[1].bias)  # type: ignore[arg-type]
    assert torch.equal(block(h), h)


@torch.no_grad()
def test_a_residual_network_whose_blocks_do_nothing_is_the_plain_one() -> None:
    torch.manual_seed(0)
    made: Any = conv(PICTURES, channels=(8, 12), dense=16, block="residual").encoder
    plain: Any = conv(PICTURES, channels=(8, 12), dense=16).encoder
    for module in made.modules():
        if isinstance(module, Residual):
            for parameter in module.change[1].parameters():
                nn.init.zeros_(parameter)
    kept = {name: weight for name, weight in made.state_dict().items() if "change" not in name}
    plain.load_state_dict(kept)
    x = torch.rand(2, 3, 16, 16)
    for ours, theirs in zip(made(x), plain(x), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize(("wide", "narrow"), [(3, 8), (8, 8), (16, 32)])
def test_separable_convolutions_have_as_many_weights_as_the_formula_says(wide: int, narrow: int) -> None:
    """k²·C of each channel by itself, C·C′ + C′ across them; a full one has k²·C·C′ + C′."""
    separable, plain = 16 * wide + wide * narrow + narrow, 16 * wide * narrow + narrow
    assert numbers(halve(wide, narrow, "separable")) == separable
    assert (
        numbers(halve(wide, narrow, "plain")) == numbers(double(wide, narrow, "plain", "transposed")) == plain
    )
    assert numbers(double(wide, narrow, "separable", "transposed")) == separable
    assert numbers(double(wide, narrow, "separable", "resize")) == 9 * wide + wide * narrow + narrow
    assert numbers(double(wide, narrow, "plain", "resize")) == 9 * wide * narrow + narrow


@torch.no_grad()
def test_a_separable_convolution_is_a_full_one_of_rank_one_kernels() -> None:
    """W[o, c] = pointwise[o, c] · depthwise[c]."""
    layer, x = halve(3, 5, "separable").double(), torch.randn(2, 3, 8, 8, dtype=torch.float64)
    assert isinstance(layer, Separable)
    depthwise, pointwise = (part.get_parameter("weight") for part in layer)
    full = pointwise * depthwise[:, 0]  # (5, 3, 1, 1) · (3, 4, 4)
    wanted = F.conv2d(x, full, layer[1].get_parameter("bias"), stride=2, padding=1)
    torch.testing.assert_close(layer(x), wanted)


@pytest.mark.parametrize("way", ["down", "up"])
@torch.no_grad()
def test_he_keeps_the_variance_through_a_separable_convolution(way: str) -> None:
    layer = halve(64, 64, "separable") if way == "down" else double(64, 64, "separable", "transposed")
    squares = []
    for seed in range(10):
        torch.manual_seed(seed)
        initialise(layer, "he", "relu")
        for parameter in layer[1].parameters():  # type: ignore[index]
            if parameter.ndim == 1:
                nn.init.zeros_(parameter)
        squares.append(float(layer(torch.randn(4, 64, 16, 16).relu())[..., 2:-2, 2:-2].square().mean()))
    assert sum(squares) / len(squares) == pytest.approx(1, rel=0.1)
