"""What pages look at is read once, and a card that anybody may have written is not obeyed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aecore.bundles import Card, open_bundle
from aecore.data import load_dataset
from app.ui import library, plots
from app.ui.plane import View
from tests.app import make_bundle

OnShelf = Callable[[Path], None]


def with_data(folder: Path, **entries: Any) -> Path:
    """The same bundle, its card's ``data`` changed."""
    card = Card.from_bytes((folder / "card.json").read_bytes(), folder.name)
    (folder / "card.json").write_bytes(replace(card, data=replace(card.data, **entries)).to_bytes())
    return folder


def test_bundles_of_one_data_set_share_their_originals(shelf: Path, on_shelf: OnShelf) -> None:
    on_shelf(shelf)
    bundles = library.shelf().bundles
    first, second = (library.originals(bundles[f"digits/{name}"]).x for name in ("pca-2d", "pca-5d"))
    assert first is not None
    assert first is second
    rows = bundles["digits/pca-2d"].codes.index
    np.testing.assert_array_equal(first, make_bundle.digits().test.x.numpy()[rows])


@pytest.mark.parametrize("option", ["download", "name", "frobnicate"])
def test_an_option_that_the_data_do_not_have_is_refused(
    tmp_path: Path, on_shelf: OnShelf, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    folder = with_data(make_bundle.write(tmp_path, "pca-2d"), options={option: True})
    on_shelf(tmp_path)
    monkeypatch.setattr(library, "load_dataset", None)
    found = library.originals(open_bundle(folder))
    assert found.x is None
    assert repr(option) in found.missing


def test_only_what_is_shown_is_loaded(
    tmp_path: Path, on_shelf: OnShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def load(name: str, **options: Any) -> Any:
        asked.append({"name": name, **options})
        return make_bundle.digits()

    many = {"train_examples": 600_000, "validation": 9, "seed": 3, "antialias": True, "test_examples": 200}
    folder = with_data(make_bundle.write(tmp_path, data_name="shapes"), options=many)
    on_shelf(tmp_path)
    monkeypatch.setattr(library, "load_dataset", load)
    library.originals(open_bundle(folder))
    smallest = {"train_examples": 1, "validation": 0, "seed": 0}
    assert asked == [{"name": "shapes", "antialias": True, "test_examples": 200, **smallest}]


def test_what_is_trained_on_does_not_change_the_test_split() -> None:
    usual = load_dataset("shapes-32", test_examples=20, train_examples=50, validation=10, seed=4)
    least: Any = {"test_examples": 20} | library.TRAINING
    assert load_dataset("shapes-32", **least).fingerprint == usual.fingerprint


def test_codes_of_more_examples_than_there_are_are_no_crash(tmp_path: Path, on_shelf: OnShelf) -> None:
    folder = with_data(
        make_bundle.write(tmp_path), fingerprint=load_dataset("shapes-32", test_examples=9).fingerprint
    )
    with_data(folder, name="shapes-32", options={"test_examples": 9})
    on_shelf(tmp_path)
    found = library.originals(open_bundle(folder))
    assert found.x is None
    assert "more examples" in found.missing


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


def test_what_a_card_says_is_no_markup_in_a_figure() -> None:
    view = View(np.zeros((2, 2), np.float32), ("", ""))
    name = "<b>&amp;</b>"
    quantity = plots.Colouring(name, np.array([0.0, 1.0]))
    classes = plots.Colouring("label", np.array([0, 0]), (name,))
    shown = [
        plots.latent_map(view, each, ["", ""], "light", rows=[])["data"][0] for each in (quantity, classes)
    ]
    written = "&lt;b&gt;&amp;amp;&lt;/b&gt;"
    assert shown[0]["marker"]["colorbar"]["title"]["text"] == written
    assert shown[1]["name"] == written
