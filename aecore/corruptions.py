r"""Corruption processes :math:`C(\tilde x | x)`: what a denoising autoencoder must undo.

Each takes clean examples, shape (B, *shape), and gives corrupted ones of the same shape.

Source:
    Vincent et al. (2008; 2010). https://www.jmlr.org/papers/v11/vincent10a.html
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor


class Corruption(Protocol):
    """C(x̃|x) at a level."""

    def __call__(self, x: Tensor, level: float) -> Tensor: ...


def gaussian(x: Tensor, level: float) -> Tensor:
    """Adds noise of standard deviation ``level``; values may leave the data's range."""
    return x + level * torch.randn_like(x)


def salt_and_pepper(x: Tensor, level: float) -> Tensor:
    """Turns a share ``level`` of the elements to 0 or 1, each with probability one half."""
    u = torch.rand_like(x)
    return torch.where(u < level, (u < level / 2).to(x), x)


def masking(x: Tensor, level: float) -> Tensor:
    """Sets a share ``level`` of the elements to zero."""
    return x * (torch.rand_like(x) >= level)


CORRUPTIONS: dict[str, Corruption] = {
    "gaussian": gaussian,
    "salt-and-pepper": salt_and_pepper,
    "masking": masking,
}
