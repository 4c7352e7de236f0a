"""Pixels on disk are those of the data, and never another bundle's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from aecore import scenes
from aecore.bundles import user_root
from aecore.errors import UserError
from aecore.scenes import atlas_cache, images
from tests.aecore.scenes.conftest import Make, changed


def files() -> list[Path]:
    return sorted((user_root().parent / "cache").glob("*"))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AECORE_HOME", str(tmp_path / "cached"))


def test_the_second_time_asks_for_no_data(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = make()
    first = scenes.atlas(bundle)
    assert len(files()) == 1
    monkeypatch.setattr(images, "load_dataset", lambda *_, **__: pytest.fail("it was asked"))
    np.testing.assert_array_equal(scenes.atlas(bundle).pixels, first.pixels)


def test_a_damaged_file_is_made_again(make: Make) -> None:
    bundle = make()
    first = scenes.atlas(bundle)
    (file,) = files()
    for bad in (b"", b"no array", file.read_bytes()[:-9]):
        file.write_bytes(bad)
        np.testing.assert_array_equal(scenes.atlas(bundle).pixels, first.pixels)
    np.testing.assert_array_equal(np.load(file), first.pixels)


def test_another_copy_of_the_data_is_not_mistaken_for_it(make: Make) -> None:
    bundle = make()
    scenes.atlas(bundle)
    other = changed(bundle, data=replace(bundle.card.data, fingerprint="0" * 64))
    with pytest.raises(UserError, match="is not the one"):
        scenes.atlas(other)
    assert len(files()) == 1


def test_too_large_or_no_room_is_no_failure(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = make()
    monkeypatch.setattr(atlas_cache, "LARGEST", 10)
    first = scenes.atlas(bundle)
    assert not files()
    monkeypatch.undo()
    monkeypatch.setattr(np, "save", lambda *_, **__: (_ for _ in ()).throw(OSError("full")))
    np.testing.assert_array_equal(scenes.atlas(bundle).pixels, first.pixels)
