"""The examples behind a bundle's codes, where they are on this machine and are the right ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aecore.bundles import Bundle
from aecore.data import dataset_options, load_dataset
from aecore.data.parts import part
from aecore.errors import BundleError, UserError

TRAINING = {"validation": 0, "seed": 0, "train_examples": 1}
"""Options that change what is trained on and never the test split, at their smallest."""


@dataclass(frozen=True)
class Originals:
    """The examples behind a bundle's codes, where they are at hand.

    Attributes:
        x: Examples, shape (N, C, H, W), a row for each row of the codes, or None.
        missing: Why there are none, and how to get them: a sentence or two.
    """

    x: NDArray[np.float32] | None = None
    missing: str = ""


def originals(bundle: Bundle) -> Originals:
    """The examples that were encoded into the bundle's codes. Loads torch."""
    card, data, index = bundle.card, bundle.card.data, bundle.codes.index
    try:
        whole = load_dataset(data.name, **_options(bundle))
        split = part(whole, card.codes_split)
    except UserError as error:
        return Originals(missing=str(error))
    if replace(whole, test=split).fingerprint != (card.codes_fingerprint or data.fingerprint):
        return Originals(
            missing=f"The copy of {data.title} on this machine is not the one that this bundle was made "
            "from, so its images are not shown beside these codes. To see both, train the model again on "
            f"this copy: {card.provenance.command}"
        )
    if ((index < 0) | (index >= len(split))).any():
        return Originals(missing=f"Bundle {bundle.id}: its codes are of more examples than {data.title} has.")
    return Originals(x=split.x.numpy()[index])


def _options(bundle: Bundle) -> dict[str, Any]:
    """What to load the data set with: no more than is needed.

    Raises:
        BundleError: If the card, which may come from anybody, has an option that it does not know.
    """
    card = bundle.card
    known = dataset_options(card.data.name)
    for name in card.data.options:
        if name not in known:
            raise BundleError(
                f"Bundle {bundle.id}: its card loads {card.data.title} with an option {name!r}, unknown here."
            )
    smallest = TRAINING if card.codes_split == "test" else {}
    return card.data.options | {name: value for name, value in smallest.items() if name in known}
