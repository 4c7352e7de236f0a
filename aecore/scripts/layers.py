"""A module of layers as the expression that makes it: ``nn.Sequential`` with its numbers filled in."""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch

from torch import nn

from aecore.nets.blocks import Residual
from aecore.nets.film import Chain
from aecore.nets.network import Separable
from aecore.scripts.page import Page, no_code, number

WIDEST = 100  # columns of a line

BENDS = (nn.ReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Tanh, nn.Sigmoid, nn.Identity)


def linear(layer: nn.Linear) -> str:
    """``nn.Linear(64, 512)``."""
    bias = "" if layer.bias is not None else ", bias=False"
    return f"nn.Linear({layer.in_features}, {layer.out_features}{bias})"


def convolution(layer: nn.Conv2d | nn.ConvTranspose2d) -> str:
    """``nn.Conv2d(1, 32, 4, stride=2, padding=1)``."""
    said = [f"{layer.in_channels}", f"{layer.out_channels}", f"{layer.kernel_size[0]}"]
    if layer.stride[0] != 1:
        said.append(f"stride={layer.stride[0]}")
    said.append(f"padding={layer.padding[0]}")
    if layer.groups != 1:
        said.append(f"groups={layer.groups}")
    if layer.bias is None:
        said.append("bias=False")
    return f"nn.{type(layer).__name__}({', '.join(said)})"


@singledispatch
def layer_of(layer: nn.Module) -> str:
    """The expression that makes one layer."""
    raise no_code(type(layer).__name__)


@layer_of.register
def _(layer: nn.Linear) -> str:
    return linear(layer)


@layer_of.register(nn.Conv2d)
@layer_of.register(nn.ConvTranspose2d)
def _(layer: nn.Conv2d | nn.ConvTranspose2d) -> str:
    return convolution(layer)


@layer_of.register(nn.BatchNorm1d)
@layer_of.register(nn.BatchNorm2d)
def _(layer: nn.BatchNorm1d | nn.BatchNorm2d) -> str:
    return f"nn.{type(layer).__name__}({layer.num_features})"


@layer_of.register
def _(layer: nn.Dropout) -> str:
    return f"nn.Dropout({number(layer.p)})"


@layer_of.register
def _(layer: nn.LeakyReLU) -> str:
    return f"nn.LeakyReLU({number(layer.negative_slope)})"


@layer_of.register
def _(layer: nn.Upsample) -> str:
    return f"nn.Upsample(scale_factor={layer.scale_factor})"


@layer_of.register
def _(layer: nn.GRU) -> str:
    return f"nn.GRU({layer.input_size}, {layer.hidden_size}, batch_first=True)"


@layer_of.register
def _(layer: nn.LSTM) -> str:
    return f"nn.LSTM({layer.input_size}, {layer.hidden_size}, batch_first=True)"


@layer_of.register
def _(layer: nn.Embedding) -> str:
    return f"nn.Embedding({layer.num_embeddings}, {layer.embedding_dim})"


def flat(module: nn.Module, page: Page) -> Iterator[str]:
    """The expressions of a chain's layers, one after the other, chains within it laid open."""
    if isinstance(module, Separable) and page.config.get("init", "torch") != "torch":
        page.take(Separable)  # its weights are drawn as those of no other layers are
        yield f"Separable({', '.join(layer_of(each) for each in module)})"
    elif isinstance(module, nn.Sequential):
        for each in module:
            yield from flat(each, page)
    elif isinstance(module, Residual):
        page.helper(RESIDUAL)
        yield f"Residual({', '.join(flat(module.change, page))})"
    elif isinstance(module, BENDS):
        yield f"nn.{type(module).__name__}()"
    else:
        yield layer_of(module)


RESIDUAL = '''
class Residual(nn.Sequential):
    """h + F(h), F the layers within (He et al. 2016, eq. 1, https://arxiv.org/abs/1512.03385)."""

    def forward(self, h):
        return h + super().forward(h)
'''


def sequence(layers: list[str]) -> str:
    """``nn.Sequential`` of these expressions, in one line or a layer with its bend a line."""
    alone = f"nn.Sequential({', '.join(layers)})"
    if len(alone) < WIDEST - 25:
        return alone
    weighs = ("nn.Linear", "nn.Conv", "Residual", "nn.Upsample", "nn.Unflatten", "nn.Flatten")
    rows: list[str] = []
    for layer in layers:
        if not rows or layer.startswith(weighs):
            rows.append("")
        rows[-1] += f"{layer}, "
    inside = "".join(f"    {row.rstrip()}\n" for row in rows)
    return f"nn.Sequential(\n{inside})"


def chain(
    modules: list[nn.Module], page: Page, before: tuple[str, ...] = (), after: tuple[str, ...] = ()
) -> str:
    """``nn.Sequential`` of modules, with expressions before and after them."""
    return sequence([*before, *flat(Chain(*modules), page), *after])
