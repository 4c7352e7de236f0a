"""Sweeps for a browser: ``sweep.json``, made here, and the sweep's own files as they are.

``weights.safetensors`` has every parameter of every member, float16, shape (K, …); between member k and
k + 1 the weights are (1 − t)·W[k] + t·W[k + 1] in float32, and are fed to ``encoder.onnx`` and
``decoder.onnx`` behind x or z under their names. ``codes.safetensors`` has the codes and maps. β and t
belong together as ``tween`` says: by ratio, β = βₖ^(1−t) βₖ₊₁^t, and from 0 by square, β = t² β₁.
The examples are those of the bundles with the same ``examples``, and are handed out with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aecore.scenes import coded
from aecore.scenes.scene import UNITS, apart, basis, constants, of_data

if TYPE_CHECKING:
    from aecore.sweeps import Sweep

VERSION = 2
TWEEN = {"weights": "linear", "beta": "ratio", "beta_from_zero": "square"}


def title(sweep: Sweep) -> str:
    """A sweep's name in a list: variant, dimensions, and the reach of β."""
    card = sweep.card
    dims = f"{card.dim} dims" if card.dim > 1 else "1 dim"
    low, high = card.betas[0], card.betas[-1]
    return f"{card.title} · {dims} · {len(card.betas)} β from {low:g} to {high:g}"


def titles(sweeps: Sequence[Sweep]) -> dict[str, str]:
    """The title of each sweep by its id, with its name where another of the same data has that title too."""
    return apart({each.id: title(each) for each in sweeps})


def key(sweep: Sweep) -> str:
    """What tells this sweep from another of its name, for URLs whose content never changes."""
    return f"{sweep.card.digest[:16]}-{VERSION}"


def own_files(sweep: Sweep) -> list[str]:
    """The sweep's own files that a browser gets."""
    return sorted(sweep.card.files)


def examples(sweep: Sweep) -> str:
    """What a sweep and a bundle share exactly when their codes are of examples of the same test split.

    The same text as ``aecore.scenes.examples`` gives for a bundle.
    """
    data = sweep.card.data
    return coded.examples(data, "test", data.fingerprint)


def originals_key(sweep: Sweep) -> str:
    """The key of its originals, the same as that of a bundle's with codes of the same examples."""
    return coded.coded(sweep).key


def describe(sweep: Sweep) -> dict[str, Any]:
    """What a browser's ``sweep.json`` says.

    Raises:
        BundleError: If the codes are damaged.
    """
    card = sweep.card
    return {
        "version": VERSION,
        "id": sweep.id,
        "title": title(sweep),
        "data": of_data(sweep.card.data),
        "dim": card.dim,
        "betas": list(card.betas),
        "tween": TWEEN,
        "members": [
            {
                "beta": each.beta,
                "rate": each.rate,
                "distortion": each.distortion,
                "objective": each.objective,
                "metrics": dict(each.metrics),
            }
            for each in card.members
        ],
        "between": [asdict(each) | {"excess": each.excess} for each in card.between],
        "maps": list(card.maps),
        "count": len(sweep.codes),
        "split": "test",
        "originals": originals_key(sweep),
        "error_unit": UNITS.get(str(card.config.get("likelihood", "")), "nats"),
        **basis(examples(sweep), card.config, card.data),
        "constants": constants(card.members[0].metrics),
        "encoder": _graph(card.encoder.file, card.encoder.inputs, card.encoder.outputs),
        "decoder": _graph(card.decoder.file, card.decoder.inputs, card.decoder.outputs),
        "files": own_files(sweep),
    }


def _graph(file: str, inputs: Sequence[str], outputs: Sequence[str]) -> dict[str, Any]:
    return {"file": file, "inputs": list(inputs), "outputs": list(outputs)}
