r"""Corruption processes :math:`C(\tilde x | x)`: what a denoising autoencoder must undo.

Each takes clean examples, shape (B, *shape), and gives corrupted ones of the same shape.

Source:
    Vincent et al. (2008; 2010). https://www.jmlr.org/papers/v11/vincent10a.html
"""

from __future__ import annotations

from typing import Literal, Protocol

import torch
from torch import Tensor

from aecore.data import DataSpec
from aecore.errors import UserError

Levels = Literal["constant", "range", "linear"]


class Corruption(Protocol):
    """C(x̃|x) at a level, or at one for each example, shape (B, 1, …)."""

    def __call__(self, x: Tensor, level: float | Tensor) -> Tensor: ...


def gaussian(x: Tensor, level: float | Tensor) -> Tensor:
    """Adds noise of standard deviation ``level``; values may leave the data's range."""
    return x + level * torch.randn_like(x)


def salt_and_pepper(x: Tensor, level: float | Tensor) -> Tensor:
    """Turns a share ``level`` of the elements to 0 or 1, each with probability one half."""
    u = torch.rand_like(x)
    return torch.where(u < level, (u < level / 2).to(x), x)


def masking(x: Tensor, level: float | Tensor) -> Tensor:
    """Sets a share ``level`` of the elements to zero."""
    return x * (torch.rand_like(x) >= level)


CORRUPTIONS: dict[str, Corruption] = {
    "gaussian": gaussian,
    "salt-and-pepper": salt_and_pepper,
    "masking": masking,
}


class Corrupted:
    """C(x̃|x) on data of one kind, at a level that may differ by example or by the progress of training.

    Of a series only the steps that it lasts are corrupted, and never when it ends.

    Args:
        data: What is corrupted.
        name: One of ``CORRUPTIONS``.
        level: σ of the noise, or the share of elements that are hit.
        levels: ``constant``; ``range``, a level for each example, uniform from ``start`` to ``level``;
            ``linear``, from ``start`` to ``level`` as training goes on.
        start: Where range or line begin.

    Raises:
        UserError: If the data are tokens, which have no noise and no zero, or are to be turned black and
            white and are not in [0, 1].
    """

    def __init__(
        self, data: DataSpec, name: str, level: float, levels: Levels = "constant", start: float = 0.0
    ) -> None:
        if data.values == "token":
            raise UserError(f"Noise is added to numbers; {data.name} holds tokens. Choose another data set.")
        if name == "salt-and-pepper" and data.values == "real":
            raise UserError(
                f"salt-and-pepper sets elements to 0 or 1; {data.name}'s values are real. "
                "Use --corruption gaussian or masking."
            )
        self.process, self.level, self.levels, self.start = CORRUPTIONS[name], level, levels, start
        self.series = data.kind == "series"

    @property
    def scheduled(self) -> bool:
        """Whether the level depends on the progress of the training."""
        return self.levels == "linear"

    def __call__(self, x: Tensor, progress: float = 1.0) -> Tensor:
        """Corrupted examples; without a progress as at the end of training."""
        level: float | Tensor = self.level
        if self.levels == "linear":
            level = self.start + (self.level - self.start) * progress
        if self.levels == "range":
            u = torch.rand(len(x), *[1] * (x.dim() - 1), dtype=x.dtype, device=x.device)
            level = self.start + (self.level - self.start) * u
        if not self.series:
            return self.process(x, level)
        values, presence = x[..., :-1], x[..., -1:]
        return torch.cat([self.process(values, level) * presence, presence], dim=-1)
