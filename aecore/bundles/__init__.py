"""Bundles: a trained model as one folder, readable by anybody, without pickles.

``card.json`` says what it is and holds the sha256 of everything else; ``model.safetensors``
the weights; ``encoder.onnx`` and ``decoder.onnx`` the same functions for those without
PyTorch; ``codes.npz`` codes of test examples and maps of them; ``history.jsonl`` the epochs.

Reading needs no PyTorch, except for ``Bundle.model``. Writing does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aecore.bundles.bundle import Bundle
from aecore.bundles.card import Card
from aecore.bundles.codes import Codes
from aecore.bundles.latents import Codebook, Condition, LatentSpec, Prior
from aecore.bundles.parts import DataCard, OnnxFunction, Provenance
from aecore.bundles.store import Found, damaged, list_bundles, open_bundle, scan, user_folder, user_root
from aecore.bundles.write import write_bundle
from aecore.places import shipped_root

if TYPE_CHECKING:
    from aecore.bundles.export import round_to_half

__all__ = [
    "Bundle",
    "Card",
    "Codebook",
    "Codes",
    "Condition",
    "DataCard",
    "Found",
    "LatentSpec",
    "OnnxFunction",
    "Prior",
    "Provenance",
    "damaged",
    "list_bundles",
    "open_bundle",
    "round_to_half",
    "scan",
    "shipped_root",
    "user_folder",
    "user_root",
    "write_bundle",
]


def __getattr__(name: str) -> Any:
    """``round_to_half`` comes with PyTorch, so it is loaded when it is asked for."""
    if name == "round_to_half":
        from aecore.bundles.export import round_to_half

        return round_to_half
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
