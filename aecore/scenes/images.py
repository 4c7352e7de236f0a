"""The examples behind the codes of a bundle or a sweep, where they are here and are the right ones.

Images go to a browser as tiles (see ``atlas``), series, words and rows of a table as numbers:
``originals.safetensors`` with one array ``x``, shape (N, *shape), a row for each row of the codes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

from aecore.bundles import Bundle
from aecore.data import dataset_options, load_dataset
from aecore.data.parts import part
from aecore.errors import BundleError, UserError
from aecore.scenes.coded import Coded, coded
from aecore.sweeps import Sweep

NUMBERS = "originals.safetensors"
TRAINING = {"validation": 0, "seed": 0, "train_examples": 1}
"""Options that change what is trained on and never the test split, at their smallest.

Of a table they change the scale of the test split's columns, and stay as they were."""


@dataclass(frozen=True)
class Originals:
    """The examples behind a bundle's codes, where they are at hand.

    Attributes:
        x: Examples, shape (N, *shape), a row for each row of the codes, or None: float32, tokens int64.
        missing: Why there are none, and how to get them: a sentence or two.
    """

    x: NDArray[Any] | None = None
    missing: str = ""

    def numbers(self) -> bytes:
        """The content of ``originals.safetensors``: float32, or int32 for tokens.

        Raises:
            UserError: If the examples are missing; it says why.
        """
        if self.x is None:
            raise UserError(self.missing)
        kind = np.int32 if self.x.dtype.kind == "i" else np.float32
        saved: bytes = safetensors.numpy.save({"x": np.ascontiguousarray(self.x, kind)})
        return saved


def originals(found: Bundle | Sweep) -> Originals:
    """The examples that were encoded into the codes of a bundle or of a sweep. Loads torch."""
    codes = coded(found)
    data, index = codes.data, codes.places
    try:
        whole = load_dataset(data.name, **_options(codes))
        split = part(whole, codes.split)
    except UserError as error:
        return Originals(missing=str(error))
    if replace(whole, test=split).fingerprint != codes.fingerprint:
        return Originals(
            missing=f"The copy of {data.title} on this machine is not the one that this {codes.what} was "
            "made from, so its examples are not shown beside these codes. To see both, train the model again "
            f"on this copy: {codes.command}"
        )
    if ((index < 0) | (index >= len(split))).any():
        return Originals(
            missing=f"{codes.what.title()} {codes.id}: its codes are of more examples than {data.title} has."
        )
    return Originals(x=split.x.numpy()[index])


def _options(codes: Coded) -> dict[str, Any]:
    """What to load the data set with: no more than is needed.

    Raises:
        BundleError: If the card, which may come from anybody, has an option that it does not know.
    """
    data = codes.data
    known = dataset_options(data.name)
    for name in data.options:
        if name not in known:
            raise BundleError(
                f"{codes.what.title()} {codes.id}: its card loads {data.title} with an option {name!r}, "
                "unknown here."
            )
    smallest = TRAINING if codes.split == "test" and data.kind != "table" else {}
    return data.options | {name: value for name, value in smallest.items() if name in known}
