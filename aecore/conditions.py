"""What an encoder and a decoder are told beside x and z."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Annotated, ClassVar, Literal

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from aecore.data import DataSpec
from aecore.errors import UserError
from aecore.nets import Encoder, Network
from aecore.options import Component
from aecore.step import Step


class Condition(ABC):
    """K numbers about each example of a step.

    Attributes:
        kind: As a bundle's card names it.
        size: K.
        range: Lowest and highest β that the model was trained for, where it is told log β.
    """

    kind: ClassVar[Literal["class", "log-beta"]]
    size: int
    range: tuple[float, float] | None = None

    @abstractmethod
    def __call__(self, step: Step) -> Tensor:
        """What is told of each example, shape (B, K)."""

    def spec(self) -> dict[str, object]:
        """As a bundle's card states it."""
        return {"kind": self.kind, "size": self.size}

    def at(self, beta: float) -> Condition:
        """The same, with another β where none is named.

        Raises:
            UserError: If it is no β that is told, or this one is beyond the range.
        """
        raise UserError(f"This model is told the {self.kind}, not β; a multi-rate-vae is.")

    def check(self, told: Tensor | None, beside: Tensor) -> Tensor:
        """What was told beside some examples or codes, shape (B, …), as (B, K).

        Raises:
            UserError: If nothing was told, or not K numbers of each example.
        """
        if told is None or told.ndim != 2 or told.shape[1] != self.size:
            got = "nothing" if told is None else f"shape {tuple(told.shape)}"
            raise UserError(
                f"A conditional model is told the {self.kind} beside each example or code: "
                f"condition of shape (B, {self.size}); it got {got}."
            )
        return told


class ByClass(Condition):
    """The example's class, as one 1 among zeros; where it is unknown (−1), zeros alone.

    Raises:
        UserError: If the data have no classes.
    """

    kind = "class"

    def __init__(self, data: DataSpec) -> None:
        if not data.classes:
            raise UserError(f"A conditional model is told the class; {data.name} has no classes.")
        self.size = len(data.classes)

    def __call__(self, step: Step) -> Tensor:
        if step.label is None:
            raise UserError("A conditional model is told the class; these examples have no labels.")
        known = (step.label >= 0)[:, None]
        return (one_hot(step.label.clamp(min=0), self.size) * known).float()


class ByLogBeta(Condition):
    """log β, what a nat of code costs; where nothing is said, that of ``beta``.

    Args:
        low, high: The range of β.
        beta: The price where none is named: 1, the ELBO.
    """

    kind, size = "log-beta", 1

    def __init__(self, low: float, high: float, beta: float = 1.0) -> None:
        self.range, self.beta = (low, high), beta

    def __call__(self, step: Step) -> Tensor:
        if step.log_beta is None:
            return self.check(None, step.input)
        return step.log_beta[:, None]

    def spec(self) -> dict[str, object]:
        return {**super().spec(), "range": list(self.range or ())}

    def check(self, told: Tensor | None, beside: Tensor) -> Tensor:
        if told is None:
            told = torch.full((len(beside), 1), math.log(self.beta), device=beside.device)
        return super().check(told, beside)

    def at(self, beta: float) -> ByLogBeta:
        low, high = self.range or (beta, beta)
        if not low <= beta <= high:
            raise UserError(f"This model was trained for β from {low:g} to {high:g}; β = {beta:g} is beyond.")
        return ByLogBeta(low, high, beta)


class Untold(Encoder):
    """An encoder that does not listen: the condition reaches the decoder alone."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder, self.widths = encoder, encoder.widths

    def forward(self, x: Tensor, condition: Tensor | None = None) -> list[Tensor]:
        features: list[Tensor] = self.encoder(x)
        return features


TellEncoder = Annotated[bool, "Whether the encoder is told the class too, not the decoder alone."]


def told_network(net: Component, data: DataSpec, size: int, *, encoder: bool = True) -> Network:
    """A net that is told ``size`` numbers beside x and z; the encoder too, or the decoder alone."""
    network: Network = net(data, size)
    if encoder:
        return network
    return Network(Untold(net(data).encoder), network.decoder, size, network.causal)
