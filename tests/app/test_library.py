"""The shelf holds what can be read, and why the rest cannot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.ui import library
from tests.app import make_bundle


def test_what_is_added_or_damaged_shows_up(tmp_path: Path, on_shelf: Callable[[Path], None]) -> None:
    folder = make_bundle.write(tmp_path)
    on_shelf(tmp_path)
    assert list(library.shelf().bundles) == ["digits/pca-2d"]
    make_bundle.write(tmp_path, "pca-3d", dim=3)
    (folder / "card.json").write_text("{}")
    library.shelf.clear()
    shelf = library.shelf()
    assert list(shelf.bundles) == ["digits/pca-3d"]
    ((path, reason),) = shelf.damaged
    assert path == folder
    assert "card.json" in reason
