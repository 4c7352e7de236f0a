"""Networks that take log β as an input, so that one model has a rate for every β.

With [low, high] the range of β, :math:`u = (\\ln β - m)/r` is −1 at its low end and 1 at its high one.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from aecore.data import DataSpec
from aecore.nets.film import films, gates
from aecore.nets.network import Encoder, Network
from aecore.options import Component

Conditioning = Literal["film", "gates"]

WAVES, FEATURES = 3, 16
STEEP = 2.0  # κ at the start


class LogBeta(nn.Module):
    """u of log β: (B, 1) to (B, 1)."""

    size = 1

    def __init__(self, low: float, high: float) -> None:
        super().__init__()
        self.middle = (math.log(low) + math.log(high)) / 2
        self.spread = (math.log(high) - math.log(low)) / 2

    def forward(self, log_beta: Tensor) -> Tensor:
        return (log_beta - self.middle) / self.spread


class Eta(LogBeta):
    """η = √3 u: of variance 1 where log β is uniform over its range."""

    def forward(self, log_beta: Tensor) -> Tensor:
        return math.sqrt(3) * super().forward(log_beta)


class RateFeatures(LogBeta):
    """16 features of log β, (B, 1) to (B, 16): a perceptron on u, sin(kπu/2), cos(kπu/2), k = 1, 2, 3."""

    size = FEATURES

    def __init__(self, low: float, high: float) -> None:
        super().__init__(low, high)
        self.register_buffer("waves", torch.arange(1, WAVES + 1) * math.pi / 2, persistent=False)
        self.first, self.second = nn.Linear(1 + 2 * WAVES, FEATURES), nn.Linear(FEATURES, FEATURES)

    def forward(self, log_beta: Tensor) -> Tensor:
        u = super().forward(log_beta)
        turns = u * self.get_buffer("waves")  # (B, 3)
        waves = torch.cat([u, turns.sin(), turns.cos()], dim=1)
        return F.silu(self.second(F.silu(self.first(waves))))


class CodeGate(nn.Module):
    """sigmoid(κ_i(c_i − ln β)), how far each dimension is open: as β grows, one after the other shuts.

    The c_i start evenly spaced from three times the highest β down to the middle of the range, κ at 2.
    """

    def __init__(self, code: int, low: float, high: float) -> None:
        super().__init__()
        last, first = (math.log(low) + math.log(high)) / 2, math.log(3 * high)
        self.threshold = nn.Parameter(torch.linspace(first, last, code))
        self.steepness = nn.Parameter(torch.full((code,), STEEP))

    def forward(self, log_beta: Tensor) -> Tensor:
        return (self.steepness * (self.threshold - log_beta)).sigmoid()  # (B, D)


class RateEncoder(Encoder):
    """An encoder whose hidden layers hear of log β; that and what they hear are the two lowest levels."""

    def __init__(self, encoder: Encoder, hear: LogBeta) -> None:
        super().__init__()
        self.encoder, self.hear = encoder, hear
        self.widths = (1, hear.size, *encoder.widths)

    def forward(self, x: Tensor, condition: Tensor | None = None) -> list[Tensor]:
        assert condition is not None
        told = self.hear(condition)
        return [condition, told, *self.encoder(x, None, told)]


class RateDecoder(nn.Module):
    """A decoder whose hidden layers hear of log β, behind a gate on the code where there is one."""

    def __init__(self, decoder: nn.Module, hear: LogBeta, gate: CodeGate | None) -> None:
        super().__init__()
        self.decoder, self.hear, self.gate = decoder, hear, gate

    def forward(self, z: Tensor, condition: Tensor) -> Tensor:
        told = self.hear(condition)
        z = z if self.gate is None else z * self.gate(condition)
        raw: Tensor = self.decoder(z, None, told)
        return raw  # (B, *shape)


def rate_network(
    net: Component, data: DataSpec, conditioning: Conditioning, low: float, high: float
) -> Network:
    """A net that is told log β.

    Args:
        net: One whose third argument is a ``Modulate``: mlp or conv.
        data: What it is for.
        conditioning: ``film``, with a gate on the code; or ``gates``, as published.
        low, high: The range of β.
    """
    film = conditioning == "film"
    network: Network = net(data, 0, films(FEATURES) if film else gates)
    hear = RateFeatures if film else Eta

    def decoder(code: int) -> nn.Module:
        gate = CodeGate(code, low, high) if film else None
        return RateDecoder(network.decoder(code), hear(low, high), gate)

    return Network(RateEncoder(network.encoder, hear(low, high)), decoder, condition=1)
