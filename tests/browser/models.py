"""Small models of every new kind, trained in seconds, and a static site of them for Chromium."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import aecore
from aecore.bundles import Bundle
from aecore.bundles.runtime import load_function
from aecore.latent import projections
from aecore.scenes import write_site
from app import routes
from tests.browser import live

Floats = NDArray[np.floating]

QUICK: dict[str, Any] = {"epochs": 4, "hidden": (32,), "lr": 3e-3, "batch_size": 32}
MODELS: dict[str, dict[str, Any]] = {
    "told": {"variant": "conditional-vae", "latent_dim": 2},
    "ladder": {"variant": "ladder-vae", "latent_dim": 6},
    "vamp": {"variant": "vae", "prior": "vamp", "pseudo_inputs": 20, "latent_dim": 2},
    "book": {"variant": "vq-vae", "latent_dim": 6, "codebook_size": 16, "prior_width": 16},
    "sorted": {"variant": "m2", "labelled": 100, "keep": "last", "latent_dim": 2},
    "noisy": {"variant": "denoising", "corruption": "gaussian", "level": 0.3, "latent_dim": 2},
}


def train(home: Path) -> dict[str, Bundle]:
    """A bundle of digits a model, in ``home``; maps that take long are the first two dimensions instead."""

    def first(z: Floats, dims: int = 2, **_: Any) -> Floats:
        return np.ascontiguousarray(z[:, :dims], np.float32)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AECORE_HOME", str(home))
        patch.setattr(projections, "umap", first)
        patch.setattr(projections, "tsne", first)
        return {name: aecore.train(data="digits", name=name, **QUICK, **how) for name, how in MODELS.items()}


def run(bundle: Bundle, function: str, *inputs: NDArray[Any]) -> NDArray[np.float32]:
    """What ONNX Runtime in Python gives for an exported function: its first output."""
    named = bundle.card.onnx[function]
    outputs = load_function(bundle.path / named.file)(dict(zip(named.inputs, inputs, strict=True)))
    return outputs[named.outputs[0]]


@contextmanager
def served(bundles: Sequence[Bundle], folder: Path) -> Iterator[str]:
    """URL of a static site of some bundles; ``$LOUPE_CANVAS`` is a built canvas other than the app's."""
    write_site(bundles, folder / "site", Path(os.environ.get("LOUPE_CANVAS", routes.DIST)))
    with live.serve_files(folder / "site") as url:
        yield url
