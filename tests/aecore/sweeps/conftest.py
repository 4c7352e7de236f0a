"""One small sweep that several tests look at, trained once: digits, three dimensions, β = 0 and four more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aecore.sweeps import Sweep
from tests.aecore.conftest import flat_maps

SMALL: dict[str, Any] = {
    "variant": "vae",
    "data": "digits",
    "beta": "0,0.1:6.4:log4",
    "order": "up",
    "binarise": "threshold",
    "latent_dim": 3,
    "hidden": [24],
    "activation": "gelu",
    "batch_size": 64,
    "epochs": 25,
    "lr": 5e-3,
    "device": "cpu",
}


@pytest.fixture(scope="session")
def trained_sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An ``$AECORE_HOME`` with the sweep ``digits/small``."""
    from aecore.sweeps.run import SweepRun

    home = tmp_path_factory.mktemp("sweep")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AECORE_HOME", str(home))
        flat_maps(patch)
        SweepRun.begin(SMALL, "small").train()
    return home


@pytest.fixture
def sweep(trained_sweep: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Sweep:
    """The trained sweep, listed among the user's."""
    from aecore.sweeps import open_sweep

    monkeypatch.setenv("AECORE_HOME", str(trained_sweep))
    return open_sweep("digits/small")
