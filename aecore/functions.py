"""What of a model runs without PyTorch: functions of named arrays, as a bundle exports them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from aecore.data import DataSpec


@dataclass(frozen=True)
class Input:
    """One input of a function.

    Attributes:
        name: As the bundle's card calls it.
        shape: Without the batch.
        below: Whole numbers from 0 to one less than this; 0 for real ones.
        values: Range of real ones: ``binary``, ``unit`` or ``real``.
    """

    name: str
    shape: tuple[int, ...]
    below: int = 0
    values: str = "real"

    def example(self, batch: int, random: torch.Generator) -> Tensor:
        """Random values of its range, shape (batch, *shape)."""
        shape = (batch, *self.shape)
        if self.below:
            return torch.randint(self.below, shape, generator=random)
        if self.values == "real":
            return torch.randn(shape, generator=random)
        unit = torch.rand(shape, generator=random)
        return unit.round() if self.values == "binary" else unit


@dataclass(frozen=True)
class Function:
    """A module with the names of what goes in and comes out, in order.

    Attributes:
        module: From one tensor an input to a tuple of one tensor an output, batch first.
        inputs, outputs: Their names; of outputs the first is what pages show.
    """

    module: nn.Module
    inputs: tuple[Input, ...]
    outputs: tuple[str, ...]


class Encode(nn.Module):
    """x, shape (B, *shape), and perhaps a condition, shape (B, K) → the posterior's parameters."""

    def __init__(self, model: nn.Module, outputs: tuple[str, ...]) -> None:
        super().__init__()
        self.model: Any = model
        self.outputs = outputs

    def forward(self, x: Tensor, condition: Tensor | None = None) -> tuple[Tensor, ...]:
        named = self.model.posterior(x, condition).tensors()
        return tuple(named[name] for name in self.outputs)


class Decode(nn.Module):
    """z, shape (B, D), and perhaps a condition, shape (B, K) → the mean example, shape (B, *shape)."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model: Any = model

    def forward(self, z: Tensor, condition: Tensor | None = None) -> tuple[Tensor]:
        return (self.model.decode(z, condition),)


def encoder_and_decoder(
    model: nn.Module, spec: DataSpec, dim: int, outputs: tuple[str, ...], condition: int = 0
) -> dict[str, Function]:
    """The two functions that every bundle has.

    Args:
        model: Offers ``posterior`` and ``decode``.
        spec: Of the data.
        dim: D, the numbers in a code.
        outputs: Names of the posterior's parameters.
        condition: K, the numbers both are told beside; 0 for none.
    """
    x = Input("x", spec.shape, len(spec.vocabulary), spec.values)
    told = (Input("condition", (condition,)),) if condition else ()
    return {
        "encoder": Function(Encode(model, outputs), (x, *told), outputs),
        "decoder": Function(Decode(model), (Input("z", (dim,)), *told), ("x",)),
    }
