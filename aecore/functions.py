"""What of a model runs without PyTorch: functions of named arrays, as a bundle exports them."""

from __future__ import annotations

from dataclasses import dataclass, replace
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


class Continue(nn.Module):
    """z, a prefix, its length, and perhaps a condition → what a causal decoder says of the step behind it.

    Of ``prefix``, shape (B, *shape), the first ``length`` steps are read: shape (B,), int64, 0 to T − 1.
    It gives the decoder's raw output for the step after those, and the mean of that: shape (B, V) for
    tokens, (B, C + 1) for a series, (B, C, W) for an image's row.
    """

    def __init__(self, model: nn.Module, axis: int) -> None:
        super().__init__()
        self.model: Any = model
        self.axis = axis

    def forward(
        self, z: Tensor, prefix: Tensor, length: Tensor, condition: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        raw = self.model.decode_raw(z, condition, prefix)
        mean = self.model.likelihood.mean(raw)
        return self._at(raw, length), self._at(mean, length)

    def _at(self, all_steps: Tensor, length: Tensor) -> Tensor:
        steps = all_steps.movedim(self.axis, 1)  # (B, T, …)
        index = length.reshape(-1, *[1] * (steps.ndim - 1)).expand(-1, 1, *steps.shape[2:])
        return steps.gather(1, index)[:, 0]


def encoder_and_decoder(
    model: nn.Module,
    spec: DataSpec,
    dim: int,
    outputs: tuple[str, ...],
    condition: int = 0,
    causal: bool = False,
) -> dict[str, Function]:
    """The two functions that every bundle has.

    Where the decoder writes step by step, it is exported as one step: (z, prefix, length) →
    (logits, x); who calls it puts x, or the most probable token, into the prefix and asks again.

    Args:
        model: Offers ``posterior`` and ``decode``.
        spec: Of the data.
        dim: D, the numbers in a code.
        outputs: Names of the posterior's parameters.
        condition: K, the numbers both are told beside; 0 for none.
        causal: Whether the decoder is.
    """
    x = Input("x", spec.shape, len(spec.vocabulary), spec.values)
    told = (Input("condition", (condition,)),) if condition else ()
    code = Input("z", (dim,))
    decoder = Function(Decode(model), (code, *told), ("x",))
    if causal:
        steps = spec.shape[spec.step_axis - 1]
        before = (replace(x, name="prefix"), Input("length", (), below=steps))
        decoder = Function(Continue(model, spec.step_axis), (code, *before, *told), ("logits", "x"))
    return {"encoder": Function(Encode(model, outputs), (x, *told), outputs), "decoder": decoder}
