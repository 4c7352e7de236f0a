"""Writing a bundle: the only place of this package that needs PyTorch, loaded when it writes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aecore.bundles.bundle import Bundle
from aecore.bundles.card import MAX_CARD, Card
from aecore.bundles.codes import Codes
from aecore.bundles.files import sha256, write_folder
from aecore.bundles.reader import is_name
from aecore.bundles.store import open_bundle
from aecore.errors import UserError

if TYPE_CHECKING:
    from torch import nn

DIGITS = 6  # significant ones of a number in the history


def write_bundle(
    folder: Path, *, model: nn.Module, card: Card, codes: Codes, history: Sequence[Mapping[str, Any]]
) -> Bundle:
    """Write a bundle, all of it or nothing; one that is there is replaced.

    The same model, card, codes and history give the same bytes.

    Args:
        folder: ``<root>/<data set>/<name>``, as ``user_folder`` gives it.
        model: An ``Autoencoder``, rounded by ``round_to_half`` where ``card.precision`` is "half".
        card: What it is; ``parameters``, ``onnx`` and ``files`` are filled in here.
        codes: Codes of its test examples.
        history: One entry an epoch.

    Raises:
        UserError: If the folder's name does not do, the disk is full or cannot be written,
            or its card would be too large to be opened again.
        RuntimeError: If the exported functions are not those of the model.
    """
    from aecore.bundles.export import export

    if not is_name(card.name) or folder.name != card.name:
        raise UserError(
            f"A bundle cannot be called {card.name!r} in a folder {folder.name!r}: both are one name, of "
            "at most 80 lower-case letters, digits, dots, dashes and underscores, a letter or digit first."
        )
    exported = export(model, card)
    files = exported.files | {"codes.npz": codes.to_bytes(), "history.jsonl": _lines(history)}
    sealed = replace(exported.card, files={name: sha256(data) for name, data in sorted(files.items())})
    text = sealed.to_bytes()
    if len(text) > MAX_CARD:
        raise UserError(
            f"The card of {card.name} would have {len(text):,} bytes and may have {MAX_CARD:,}: train it "
            "with a smaller --latent-dim."
        )
    Card.from_bytes(text, card.name)  # what cannot be read again is not written
    write_folder(folder, files | {"card.json": text}, exported.check)
    return open_bundle(folder)


def _lines(history: Sequence[Mapping[str, Any]]) -> bytes:
    lines = (json.dumps(_short(epoch), separators=(",", ":"), allow_nan=False) for epoch in history)
    return "".join(f"{line}\n" for line in lines).encode()


def _short(value: Any) -> Any:
    """An entry of the history, its numbers to ``DIGITS`` digits."""
    if isinstance(value, Mapping):
        return {name: _short(each) for name, each in value.items()}
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value
