"""Which examples some codes are of: those of a bundle, or of a sweep."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from aecore.bundles import Bundle, DataCard
from aecore.bundles.files import sha256
from aecore.data.parts import SplitName
from aecore.sweeps import Sweep


class Coded(NamedTuple):
    """What is known of the examples behind some codes.

    Attributes:
        what: ``bundle`` or ``sweep``.
        id: Whose codes they are.
        data: The data set they are from.
        split: Which part of it ``places`` count from.
        fingerprint: Of the data set with this part in place of its test split.
        command: What makes codes of the copy at hand.
        places: Of each of them in the split, shape (N,).
    """

    what: str
    id: str
    data: DataCard
    split: SplitName
    fingerprint: str
    command: str
    places: NDArray[np.int64]

    @property
    def key(self) -> str:
        """What all have in common whose originals are the same."""
        return sha256(examples(self.data, self.split, self.fingerprint).encode() + self.places.tobytes())[:32]


def coded(found: Bundle | Sweep) -> Coded:
    """Which examples the codes of a bundle or of a sweep are of.

    Raises:
        BundleError: If the codes are damaged.
    """
    card, places = found.card, found.codes.index.astype(np.int64)
    command = card.provenance.command
    if isinstance(found, Sweep):
        return Coded("sweep", found.id, card.data, "test", card.data.fingerprint, command, places)
    own = found.card
    fingerprint = own.codes_fingerprint or own.data.fingerprint
    return Coded("bundle", found.id, own.data, own.codes_split, fingerprint, command, places)


def examples(data: DataCard, split: SplitName, fingerprint: str) -> str:
    """What two have in common exactly when their codes are of examples of the same split of the same data."""
    options = dict(data.options)
    if split == "test":
        options.pop("labelled", None)  # of training labels
    return sha256(repr((data.name, sorted(options.items()), fingerprint, split)).encode())[:32]
