"""A bundle measured again from its stored weights, and its card made to say so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from aecore.bundles import Bundle, Card
from aecore.bundles.files import write_folder
from aecore.errors import UserError
from aecore.metrics.edition import edition

EDITION = "metrics"
"""Among a card's versions: the edition of the metrics that it was measured by."""


def evaluated(bundle: Bundle) -> dict[str, Any]:
    """The metrics of a bundle on the data at hand, on the CPU.

    Raises:
        UserError: If the data are missing, or are not those the bundle was measured on, or there
            is not enough memory.
    """
    from aecore.metrics import evaluate
    from aecore.runs.memory import enough_memory

    card = bundle.card.data
    with enough_memory(f"{bundle.id} needs less if it is trained again with smaller --hidden or --channels."):
        data = card.load()
        if data.fingerprint != card.fingerprint:
            raise UserError(f"{data.title} on this machine differs from what {bundle.id} was measured on.")
        return evaluate(bundle.model(), data)


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
    card = replace(old, metrics=evaluated(bundle), provenance=made)
    files = {name: bundle.read(name) for name in old.files}
    write_folder(bundle.path, files | {"card.json": card.to_bytes()})
    return Bundle.open(bundle.path, bundle.shipped)
