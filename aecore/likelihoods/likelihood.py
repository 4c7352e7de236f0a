"""What every likelihood offers, and how series and their ends are counted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from aecore.data import DataSpec
from aecore.data.dataset import Values
from aecore.errors import UserError

BETTER: dict[Values, str] = {
    "binary": "--likelihood bernoulli",
    "unit": "--likelihood continuous-bernoulli or mse",
    "real": "--likelihood mse or gaussian",
    "token": "--likelihood categorical",
}
"""What fits these values, where something else does not."""


class Likelihood(nn.Module, ABC):
    """p(x|z) around the decoder's output.

    Attributes:
        proper: Whether it is a likelihood, so that −ELBO and NLL exist.
        unit: What its distortion is measured in.
        latex: The distortion of one example.
        constant: What −log p(x|z) has per element beyond the distortion, nats.
        name: As ``--likelihood`` spells it.
        reads: The values it fits.

    Raises:
        UserError: If the data's values are others.
    """

    proper: ClassVar[bool] = True
    constant: ClassVar[float] = 0.0
    unit: ClassVar[str] = "nats"
    latex: ClassVar[str]
    name: ClassVar[str]
    reads: ClassVar[tuple[Values, ...]] = ("binary", "unit", "real")
    what: ClassVar[str] = "is a loss of numbers"

    def __init__(self, data: DataSpec) -> None:
        super().__init__()
        if data.values not in self.reads:
            grey = data.values == "unit"
            binarised = "--binarise threshold or dynamic, or " if grey and "binary" in self.reads else ""
            values = f"{data.values}{', in [0, 1]' if grey else ''}"
            raise UserError(
                f"{self.name} {self.what}; {data.name}'s values are {values}. "
                f"Use {binarised}{BETTER[data.values]}."
            )
        self.bounded = data.values != "real"
        self.series = data.kind == "series"

    @abstractmethod
    def per_element(self, raw: Tensor, target: Tensor) -> Tensor:
        """The distortion of each element, shape (B, *shape); of a series without its presence channel."""

    def activate(self, raw: Tensor) -> Tensor:
        """E[x|z] of elements, in their shape; of a series without its presence channel."""
        return torch.sigmoid(raw) if self.bounded else raw

    def mean(self, raw: Tensor) -> Tensor:
        """The reconstruction E[x|z] in the data's units, shape (B, *shape).

        Of a series: each value as it is expected if the series lasts so long, and the probability
        that it does; it ends where that falls below one half.
        """
        if not self.series:
            return self.activate(raw)
        lasts = F.logsigmoid(raw[..., -1:]).cumsum(1).exp()  # Π of going on, step by step
        return torch.cat([self.activate(raw[..., :-1]), lasts], -1)

    def elements(self, raw: Tensor, target: Tensor, lasts: Tensor | None = None) -> Tensor:
        """What each element adds to the distortion, shape (B, *shape); 0 after the end of a series.

        A series lasts as its target says, or as ``lasts`` does, 0 or 1, shape (B, T, 1).
        """
        if not self.series:
            return self.per_element(raw, target)
        lasts = target[..., -1:] if lasts is None else lasts
        each = self.per_element(raw[..., :-1], target[..., :-1]) * lasts
        end = F.binary_cross_entropy_with_logits(raw[..., -1:], target[..., -1:], reduction="none")
        return torch.cat([each, end * up_to_the_end(lasts)], -1)

    def distortion(self, raw: Tensor, target: Tensor) -> Tensor:
        """What training minimises, shape (B,): summed over the elements."""
        return self.elements(raw, target).flatten(1).sum(1)

    def apart(self, raw: Tensor, said: Tensor, x: Tensor) -> Tensor:
        """How far one decoder's output for x, numbers, is from what another has ``said``, shape (B,).

        The distortion of what the other expects. Of a series that is, at each step x comes to, a value and
        whether it goes on; not, as in ``mean``, how probable it is to come so far.
        """
        if not self.series:
            return self.distortion(raw, self.mean(said))
        expected = torch.cat([self.activate(said[..., :-1]), torch.sigmoid(said[..., -1:])], -1)
        return self.elements(raw, expected, x[..., -1:]).flatten(1).sum(1)

    def constants(self, target: Tensor) -> Tensor:
        """What −log p(x|z) has beyond the distortion, shape (B,), nats."""
        if not self.series:
            return torch.full((len(target),), self.constant * target[0].numel(), device=target.device)
        return self.constant * (target.shape[-1] - 1) * target[..., -1].sum(1)

    def nll(self, raw: Tensor, target: Tensor) -> Tensor:
        """−log p(x|z) with every constant, shape (B,), nats (where ``proper``)."""
        return self.distortion(raw, target) + self.constants(target)


def density(likelihood: Likelihood, variant: str) -> Likelihood:
    """The likelihood, for a variant that bounds −log p(x).

    Raises:
        UserError: If it is a loss and no density.
    """
    if not likelihood.proper:
        raise UserError(
            f"{variant} bounds a density; this --likelihood is none. Use natural, mse or bernoulli."
        )
    return likelihood


def up_to_the_end(present: Tensor) -> Tensor:
    """1 as long as all before is present: there, and at the first element that is not; shape (B, T, …)."""
    before = present.cumprod(1).roll(1, 1)
    before[:, 0] = 1
    return before
