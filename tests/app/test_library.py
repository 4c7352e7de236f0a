"""What pages look at is read once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from aecore.bundles import Card
from app.ui import library
from tests.app import make_bundle

OnShelf = Callable[[Path], None]


def with_data(folder: Path, **entries: Any) -> Path:
    """The same bundle, its card's ``data`` changed."""
    card = Card.from_bytes((folder / "card.json").read_bytes(), folder.name)
    (folder / "card.json").write_bytes(replace(card, data=replace(card.data, **entries)).to_bytes())
    return folder


def test_a_bundle_stays_the_same_object_until_its_card_changes(tmp_path: Path, on_shelf: OnShelf) -> None:
    folder = make_bundle.write(tmp_path)
    make_bundle.write(tmp_path, "pca-3d", dim=3)
    on_shelf(tmp_path)
    before = library.shelf().bundles
    with_data(folder, title="Others")
    library.shelf.clear()
    after = library.shelf().bundles
    assert after["digits/pca-3d"] is before["digits/pca-3d"]
    assert after["digits/pca-2d"].card.data.title == "Others"
