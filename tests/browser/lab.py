"""What the β lab shows in browser tests: tiny sweeps and multi-rate models of digits, trained in seconds.

A test takes ``lab`` for what there is, ``lab_site`` for a static site of it, ``lab_url`` for a live app::

    from tests.browser.lab import lab, lab_site, lab_url

    __all__ = ["lab", "lab_site", "lab_url"]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from aecore import api
from aecore.bundles import Bundle
from aecore.latent import aligned, projections
from aecore.scenes import write_site
from aecore.sweeps import Sweep
from app import routes
from tests.browser import live

QUICK: dict[str, Any] = {
    "data": "digits",
    "binarise": "threshold",
    "hidden": [32],
    "activation": "gelu",
    "batch_size": 64,
    "lr": 5e-3,
    "device": "cpu",
}
SWEEPS: dict[str, dict[str, Any]] = {
    "plane": {"latent_dim": 2, "beta": "0,0.1:10:log5", "epochs": 12},
    "solid": {"latent_dim": 3, "beta": "0.1:10:log3", "epochs": 12},
}
RATED: dict[str, dict[str, Any]] = {
    "rated-plane": {"latent_dim": 2, "epochs": 25},
    "rated-solid": {"latent_dim": 3, "epochs": 25},
}


@dataclass(frozen=True)
class Lab:
    """What there is in a home of its own.

    Attributes:
        home: An ``$AECORE_HOME``.
        sweeps: Of digits, by name: ``plane`` of two dimensions with β = 0, ``solid`` of three without.
        rated: Multi-rate bundles of digits, by name: ``rated-plane`` and ``rated-solid``.
    """

    home: Path
    sweeps: dict[str, Sweep]
    rated: dict[str, Bundle]


def train(home: Path) -> Lab:
    """Trains them; maps that take long are those of PCA instead."""
    from aecore.sweeps.run import SweepRun

    def flat(z: NDArray[Any], dims: int = 2, **_: Any) -> NDArray[np.float32]:
        return projections.pca(z, dims).points

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AECORE_HOME", str(home))
        patch.setattr(aligned, "umap", aligned.pca)
        patch.setattr(projections, "umap", flat)
        patch.setattr(projections, "tsne", flat)
        sweeps = {
            name: SweepRun.begin({**QUICK, "variant": "vae", "order": "up", **how}, name).train()
            for name, how in SWEEPS.items()
        }
        rated = {
            name: api.train(variant="multi-rate-vae", name=name, **QUICK, **how)
            for name, how in RATED.items()
        }
    return Lab(home, sweeps, rated)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """A tiny sweep and tiny multi-rate models."""
    return train(tmp_path_factory.mktemp("lab"))


@pytest.fixture(scope="session")
def lab_site(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a static site of them; ``$LOUPE_CANVAS`` is a built canvas other than the app's."""
    folder = tmp_path_factory.mktemp("lab-site") / "site"
    write_site(list(lab.rated.values()), folder, routes.DIST, sweeps=list(lab.sweeps.values()))
    with live.serve_files(folder) as url:
        yield url


@pytest.fixture(scope="session")
def lab_url(lab: Lab) -> Iterator[str]:
    """URL of a live Loupe that has them beside the shipped bundles, and may train."""
    port = live.free_port()
    with live.serve(live.app_command(port), port, env={"AECORE_HOME": str(lab.home)}) as url:
        yield url
