"""Sequences of every length and kind for the networks that read them."""

from __future__ import annotations

import torch
from torch import Tensor

from aecore.data import DataSpec

STEPS = 6
SERIES = DataSpec("waves", "series", (STEPS, 3), "real")
TOKENS = DataSpec("letters", "tokens", (STEPS,), "token", vocabulary=("", *"abcd"))
ROWS = DataSpec("pictures", "image", (2, STEPS, 5), "real")
TABLE = DataSpec("flowers", "table", (4,), "real")
KINDS = {"series": SERIES, "tokens": TOKENS, "image": ROWS}


def examples(data: DataSpec, lengths: list[int], behind: float = 0.0) -> Tensor:
    """Random examples of those lengths, shape (B, *shape); ``behind`` the end numbers of that size."""
    x = torch.randn(len(lengths), *data.shape)
    present = torch.arange(STEPS) < torch.tensor(lengths)[:, None]  # (B, T)
    if data.kind == "tokens":
        return torch.randint(1, len(data.vocabulary), x.shape) * present
    if data.kind == "series":
        x = torch.where(present[..., None], x, behind * x)
        x[..., -1] = present.float()
    return x
