"""A part of a data set by its name, as a bundle's card and the command line say it."""

from __future__ import annotations

from typing import Literal

from aecore.data.binarise import drawn_once
from aecore.data.dataset import Dataset, Split
from aecore.errors import UserError

SplitName = Literal["test", "validation", "train", "all"]
SPLITS: tuple[SplitName, ...] = ("test", "validation", "train", "all")


def part(data: Dataset, name: SplitName) -> Split:
    """One split, or ``all``: train, validation and test one after the other.

    Examples that training draws anew at each step are drawn once, with a fixed seed.

    Raises:
        UserError: If the split is empty.
    """
    import torch

    train = drawn_once(data.train) if data.dynamic and name in ("train", "all") else data.train
    chosen = {"train": train, "validation": data.validation, "test": data.test}
    splits = list(chosen.values()) if name == "all" else [chosen[name]]
    if not sum(map(len, splits)):
        raise UserError(f"{data.title} has no {name} examples: choose another split.")
    if len(splits) == 1:
        return splits[0]

    def joined(name: str) -> torch.Tensor | None:
        found = [getattr(each, name) for each in splits]
        return None if any(each is None for each in found) else torch.cat(found)

    return Split(torch.cat([each.x for each in splits]), joined("label"), joined("factors"))
