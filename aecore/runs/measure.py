"""A bundle measured again from its stored weights, and its card made to say so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aecore.bundles import Bundle, Card
from aecore.bundles.files import write_folder
from aecore.bundles.rates import RatePoint
from aecore.errors import UserError
from aecore.metrics.edition import edition

if TYPE_CHECKING:
    from aecore.data import Dataset

EDITION = "metrics"
"""Among a card's versions: the edition of the metrics that it was measured by."""


def evaluated(bundle: Bundle, beta: float | None = None) -> dict[str, Any]:
    """The metrics of a bundle on the data at hand, on the CPU.

    Args:
        bundle: What is measured.
        beta: At which β, of a multi-rate model; as the card has it, 1, if None.

    Raises:
        UserError: If the data are missing, or are not those the bundle was measured on, the model takes
            no such β, or there is not enough memory.
    """
    from aecore.metrics import evaluate

    with _at_hand(bundle) as data:
        model = bundle.model()
        return evaluate(model if beta is None else model.at(beta), data)


def rates(bundle: Bundle) -> tuple[RatePoint, ...]:
    """The rate–distortion curve of a multi-rate bundle, measured as :func:`evaluated` does; else none."""
    if not bundle.card.rate_distortion:
        return ()
    from aecore.metrics.rates import rate_distortion

    with _at_hand(bundle) as data:
        return rate_distortion(bundle.model(), data, points=len(bundle.card.rate_distortion))


@contextmanager
def _at_hand(bundle: Bundle) -> Iterator[Dataset]:
    """The data that a bundle was measured on, and memory enough."""
    from aecore.runs.memory import enough_memory

    card = bundle.card.data
    with enough_memory(f"{bundle.id} needs less if it is trained again with smaller --hidden or --channels."):
        data = card.load()
        if data.fingerprint != card.fingerprint:
            raise UserError(f"{data.title} on this machine differs from what {bundle.id} was measured on.")
        yield data


def is_measured(card: Card) -> bool:
    """Whether the card was measured by this version of the library, with the metrics and judges of today."""
    return card.provenance.versions.get(EDITION) == edition()


def measure(bundle: Bundle) -> Bundle:
    """The bundle with its metrics computed anew and every other file as it was, written all at once.

    Raises:
        UserError: As :func:`evaluated` does, or if it cannot be written; nothing has changed then.
        BundleError: If it is damaged.
    """
    old = bundle.card
    made = replace(old.provenance, versions=old.provenance.versions | {EDITION: edition()})
    card = replace(old, metrics=evaluated(bundle), rate_distortion=rates(bundle), provenance=made)
    files = {name: bundle.read(name) for name in old.files}
    write_folder(bundle.path, files | {"card.json": card.to_bytes()})
    return Bundle.open(bundle.path, bundle.shipped)
