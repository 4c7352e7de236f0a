"""Layers that are told numbers beside what they transform: FiLM, and the gates of the multi-rate VAE."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Place = Literal["encoder", "entry", "decoder"]
"""A hidden layer of the encoder; the decoder's first one, which reads the code; any other of the decoder."""

Modulate = Callable[[int, Place], nn.Module]
"""What stands behind a hidden layer's pre-activation of so many channels, at its place."""

FLOOR = 1e-12  # below it a root's slope would be infinite, and 0 · ∞ is no gradient


class Told(nn.Module):
    """A layer with a second argument: what is told of each example, shape (B, F) or (1, F)."""


class Chain(nn.Sequential, Told):
    """Layers one after the other; those that listen hear what is told."""

    def forward(self, h: Tensor, told: Tensor | None = None) -> Tensor:
        for layer in self:
            h = layer(h, told) if isinstance(layer, Told) else layer(h)
        return h


class Modulation(Told, ABC):
    """Changes the channels of h, shape (B, C), (B, C, H, W) or (B, C · pixels), by what is told."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, h: Tensor, told: Tensor) -> Tensor:
        rows = h.flatten(1).unflatten(1, (self.channels, -1))  # (B, C, pixels)
        return self.change(rows, told).reshape(h.shape)

    @abstractmethod
    def change(self, rows: Tensor, told: Tensor) -> Tensor:
        """Channels with their pixels, shape (B, C, pixels), changed."""


class Film(Modulation):
    """h · (1 + s) + t, where s and t are linear in what is told and start at zero; the bias holds the 1.

    Args:
        channels: C.
        features: F, the numbers that are told.

    Source:
        Perez et al. (2018), eq. 2. https://arxiv.org/abs/1709.07871
    """

    def __init__(self, channels: int, features: int) -> None:
        super().__init__(channels)
        self.weight = nn.Parameter(torch.zeros(2 * channels, features))
        self.bias = nn.Parameter(torch.cat([torch.ones(channels), torch.zeros(channels)]))

    def change(self, rows: Tensor, told: Tensor) -> Tensor:
        scale, shift = F.linear(told, self.weight, self.bias)[..., None].chunk(2, dim=1)  # (B, C, 1)
        return torch.addcmul(shift, rows, scale)


class Gate(Modulation):
    """h times a gate of η, one weight and one bias a channel, drawn as PyTorch draws those of Linear(1, C).

    Source:
        Bae et al. (2023). https://arxiv.org/abs/2212.03905
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.weight = nn.Parameter(torch.empty(channels).uniform_(-1, 1))
        self.bias = nn.Parameter(torch.empty(channels).uniform_(-1, 1))

    def change(self, rows: Tensor, told: Tensor) -> Tensor:
        return rows * self.gate(told * self.weight + self.bias)[..., None]

    @abstractmethod
    def gate(self, a: Tensor) -> Tensor:
        """The factor, from wη + c of each channel, shape (B, C)."""


class EncoderGate(Gate):
    """sigmoid(wη + c)."""

    def gate(self, a: Tensor) -> Tensor:
        return a.sigmoid()


class DecoderGate(Gate):
    """√relu(1 − exp(wη + c)): a channel is shut where wη + c ≥ 0."""

    def gate(self, a: Tensor) -> Tensor:
        return (1 - a.exp()).clamp(min=FLOOR).sqrt()


def films(features: int) -> Modulate:
    """A FiLM of ``features`` told numbers behind every hidden layer."""
    return lambda channels, place: Film(channels, features)


def gates(channels: int, place: Place) -> nn.Module:
    """The gate of a hidden layer; the one that reads the code has none."""
    if place == "entry":
        return nn.Identity()
    return EncoderGate(channels) if place == "encoder" else DecoderGate(channels)
