"""What every network offers: features per level on the way up, a mirror on the way down.

A net knows shapes and nothing else: no loss, no latent distribution, no variant.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from aecore.data import DataSpec

Activation = Literal["relu", "elu", "gelu", "silu", "tanh", "sigmoid"]
Init = Literal["torch", "he", "xavier"]

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}

GAINS = dict.fromkeys(ACTIVATIONS, math.sqrt(2)) | {"tanh": 5 / 3, "sigmoid": 4.0}
"""By how much weights make up for what an activation takes: a rectifier halves the power, tanh
saturates (5/3 by experience, as in PyTorch), and a sigmoid's slope at 0 is 1/4."""


class Encoder(nn.Module, ABC):
    """From examples to features, bottom level first.

    Attributes:
        widths: Numbers in each level's features; the last is the top.
    """

    widths: tuple[int, ...]

    @abstractmethod
    def forward(self, x: Tensor, condition: Tensor | None = None) -> list[Tensor]:
        """Features of ``x``, shape (B, *shape), as one (B, width) tensor a level.

        ``condition``, shape (B, K), is what the net was built to be told beside x.
        """


@dataclass(frozen=True)
class Network:
    """An encoder, and how to mirror it once the size of the code is known.

    Attributes:
        encoder: The way up.
        decoder: Builds the way down for codes of a given size: a module from
            (B, D) and a condition (B, K) or None to (B, *shape), no activation at its end.
        condition: K, the numbers both are told beside x and z; 0 for none.
        causal: Whether the decoder describes an example element by element and reads, as a third
            argument of shape (B, *shape), what stands before each: elements along ``DataSpec.step_axis``.
    """

    encoder: Encoder
    decoder: Callable[[int], nn.Module]
    condition: int = 0
    causal: bool = False


def concatenate(x: Tensor, condition: Tensor | None) -> Tensor:
    """``x``, shape (B, D), with the condition's K numbers behind it, where there is one."""
    return x if condition is None else torch.cat([x, condition], dim=1)


class Separable(nn.Sequential):
    """A depthwise convolution and the pointwise one behind it; nothing bends in between.

    Source:
        Chollet (2017), Xception. https://arxiv.org/abs/1610.02357
    """


def fan_in(layer: nn.Linear | nn.Conv2d | nn.ConvTranspose2d) -> float:
    """How many inputs each output sums.

    A transposed convolution's k×k kernel meets an output pixel in k²/s² of its places only, s
    being the stride; PyTorch's own count takes its output channels for those of the input.
    """
    if isinstance(layer, nn.ConvTranspose2d):
        return layer.weight[:, 0].numel() / math.prod(layer.stride) / layer.groups
    return layer.weight[0].numel()


@torch.no_grad()
def initialise(module: nn.Module, init: Init, activation: str) -> None:
    """Draws the weights of every linear and convolutional layer below ``module`` anew.

    He for rectifiers, Xavier for saturating activations; ``torch`` leaves PyTorch's own.

    Source:
        He et al. (2015), https://arxiv.org/abs/1502.01852; Glorot & Bengio (2010).
    """
    if init == "torch":
        return
    unbent = {part[0] for part in module.modules() if isinstance(part, Separable)}
    for layer in module.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            gain = 1.0 if layer in unbent else GAINS[activation]
            groups = 1 if isinstance(layer, nn.Linear) else layer.groups
            for weight in layer.weight.chunk(groups):
                if init == "he":
                    weight.normal_(std=gain / math.sqrt(fan_in(layer)))
                else:
                    nn.init.xavier_uniform_(weight, gain)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def instead(data: DataSpec) -> str:
    """Which network to take where another does not read the data, as a sentence."""
    if data.kind == "tokens":
        return "Use --net recurrent or transformer, and a variant that has them, as autoencoder."
    return "Use --net mlp."
