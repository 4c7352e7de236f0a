"""Bundles that several tests look at, trained once, and maps that take no time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

TINY: dict[str, Any] = {"data": "digits", "epochs": 2, "batch_size": 64, "latent_dim": 3, "device": "cpu"}
"""The options that every short training shares."""


def flat_maps(patch: pytest.MonkeyPatch) -> None:
    """Makes UMAP and t-SNE give the PCA map: umap-learn alone compiles for fifteen seconds."""
    from aecore.latent import aligned, projections

    patch.setattr(aligned, "umap", aligned.pca)
    for name in ("umap", "tsne"):
        patch.setattr(projections, name, lambda codes, dims=2: projections.pca(codes, dims).points)


@pytest.fixture
def quick_maps(monkeypatch: pytest.MonkeyPatch) -> None:
    """``flat_maps`` for one test."""
    flat_maps(monkeypatch)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An ``$AECORE_HOME`` with ``digits/half``, a VAE, and ``digits/full``, a denoising one."""
    import aecore

    home = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AECORE_HOME", str(home))
        flat_maps(patch)
        aecore.train("vae", name="half", hidden=[32], lr=5e-3, store="half", **TINY)
        small: dict[str, Any] = {"channels": [8], "dense": 16, "batch_norm": True}
        aecore.train("denoising", name="full", net="conv", **small, **TINY)
    return home


@pytest.fixture
def bundles(trained: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Puts the trained bundles where the test looks for the user's."""
    monkeypatch.setenv("AECORE_HOME", str(trained))
    return trained
