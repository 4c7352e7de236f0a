"""What an encoder and a decoder are told beside x and z."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Literal

from torch import Tensor
from torch.nn.functional import one_hot

from aecore.data import DataSpec
from aecore.errors import UserError
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
