"""One written bundle that the tests copy and harm."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from aecore.bundles import round_to_half, store, write_bundle
from tests.aecore.bundles import standin


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a bundle of the convolutional stand-in, in half precision. Copy it."""
    torch.manual_seed(0)
    model = standin.StandIn("conv")
    round_to_half(model)
    card = standin.card(precision="half", config={"net": "conv"})
    folder = tmp_path_factory.mktemp("written") / "mnist" / "toy"
    return write_bundle(folder, model=model, card=card, codes=standin.codes(), history=standin.HISTORY).path


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty place for shipped bundles, instead of the repository's."""
    root = tmp_path / "checkpoints"
    monkeypatch.setattr(store, "shipped_root", lambda: root)
    return root


@pytest.fixture
def place(written: Path) -> Callable[[Path], Path]:
    """Copies the written bundle to a folder."""

    def place(folder: Path) -> Path:
        folder.parent.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copytree(written, folder))

    return place
