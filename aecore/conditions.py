"""What an encoder and a decoder are told beside x and z."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Literal

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
    """

    kind: ClassVar[Literal["class", "log-beta"]]
    size: int

    @abstractmethod
    def __call__(self, step: Step) -> Tensor:
        """What is told of each example, shape (B, K)."""

    def check(self, told: Tensor | None) -> Tensor:
        """What was told, shape (B, K).

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


class Untold(Encoder):
    """An encoder that does not listen: the condition reaches the decoder alone."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder, self.widths = encoder, encoder.widths

    def forward(self, x: Tensor, condition: Tensor | None = None) -> list[Tensor]:
        features: list[Tensor] = self.encoder(x)
        return features


def told_network(net: Component, data: DataSpec, size: int, *, encoder: bool = True) -> Network:
    """A net that is told ``size`` numbers beside x and z; the encoder too, or the decoder alone."""
    network: Network = net(data, size)
    if encoder:
        return network
    return Network(Untold(net(data).encoder), network.decoder, size, network.causal)
