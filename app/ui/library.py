"""What is there to look at: bundles, their decoders and their originals, each read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from aecore import bundles
from aecore.bundles import Bundle
from aecore.data import dataset_options, load_dataset
from aecore.errors import BundleError, UserError

Options = tuple[tuple[str, str | int | bool], ...]
TRAINING = {"validation": 0, "seed": 0, "train_examples": 1}
"""Options that change what is trained on and never the test split, at their smallest."""


@dataclass(frozen=True)
class Shelf:
    """Every bundle that can be read, by its id, and every folder that cannot, with the reason."""

    bundles: Mapping[str, Bundle]
    damaged: tuple[tuple[Path, str], ...]


@dataclass(frozen=True)
class Originals:
    """The examples behind a bundle's codes, where they are at hand.

    Attributes:
        x: Examples, shape (N, C, H, W), a row for each row of the codes, or None.
        missing: Why there are none, and how to get them: a sentence or two.
    """

    x: NDArray[np.float32] | None = None
    missing: str = ""


@st.cache_resource(ttl=10, max_entries=1, show_spinner=False)
def shelf() -> Shelf:
    """The bundles on this machine: looked for again after ten seconds, so that new ones show up.

    One whose card is still the same stays the object it was, and keeps the codes it has read.
    """
    before, found = _seen(), bundles.scan()
    now = {each.id: before[each.id] if before.get(each.id) == each else each for each in found.bundles}
    before.clear()
    before.update(now)
    return Shelf(now, tuple(found.damaged))


@st.cache_resource(show_spinner=False)
def _seen() -> dict[str, Bundle]:
    return {}


def originals(bundle: Bundle) -> Originals:
    """The test examples that were encoded into the bundle's codes.

    Loads torch, so nothing on the first screen calls it.
    """
    data = bundle.card.data
    try:
        test = _test_split(data.name, _options(bundle), bundle.codes.index)
    except UserError as error:
        return Originals(missing=str(error))
    if test.fingerprint != data.fingerprint:
        return Originals(
            missing=f"The copy of {data.title} on this machine is not the one that this bundle was made "
            "from, so its images are not shown beside these codes. To see both, train the model again on "
            f"this copy: {bundle.card.provenance.command}"
        )
    if len(test.x) < len(bundle.codes):
        return Originals(missing=f"Bundle {bundle.id}: its codes are of more examples than {data.title} has.")
    return Originals(x=test.x)


def _options(bundle: Bundle) -> Options:
    """The options of the data's test split: a card may come from anybody, so others are refused."""
    data = bundle.card.data
    known = dataset_options(data.name)
    for name in data.options:
        if name not in known:
            raise BundleError(
                f"Bundle {bundle.id}: its card loads {data.title} with an option {name!r}, unknown here."
            )
    smallest = {name: value for name, value in TRAINING.items() if name in known}
    return tuple(sorted({**data.options, **smallest}.items()))


@dataclass(frozen=True)
class _Test:
    """Some examples of a test split, shape (N, C, H, W), and the fingerprint of the whole split."""

    fingerprint: str
    x: NDArray[np.float32]


@st.cache_resource(max_entries=8, show_spinner=False)
def _test_split(name: str, options: Options, index: NDArray[np.int64]) -> _Test:
    """The test examples at ``index``, once for all bundles of a data set: they encode the same ones."""
    chosen: dict[str, Any] = dict(options)
    dataset = load_dataset(name, **chosen)
    rows = index[index < len(dataset.test)]  # of another split, which its fingerprint tells, maybe fewer
    return _Test(dataset.fingerprint, dataset.test.x.numpy()[rows])


def prior(bundle: Bundle) -> dict[str, Any]:
    """The latent part of a bundle's card, as :mod:`aecore.latent` reads it."""
    return bundle.card.latent.to_json()
