"""Scenes of series, words and tables: the examples behind the codes as numbers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from aecore import scenes
from aecore.bundles import Bundle
from aecore.data import load_dataset
from aecore.errors import UserError
from aecore.scenes.site import write_site
from tests.aecore.scenes.conftest import Make, changed

KINDS = ("waves", "words", "breast-cancer")


def of(make: Make, name: str, **options: Any) -> Bundle:
    """A bundle that says its codes are of the first test examples of that data set."""
    data = load_dataset(name, **options)
    bundle, spec = make(data_name=name), data.spec
    count = min(len(bundle.codes), len(data.test))
    codes = {key: getattr(bundle.codes, key)[:count] for key in ("mu", "error", "logvar")}
    return changed(
        bundle,
        replace(bundle.codes, index=np.arange(count)[::-1], label=None, kl=None, **codes,
                pca=None, umap=None, tsne=None, pca_mean=None, pca_components=None),
        data=replace(
            bundle.card.data, name=name, kind=spec.kind, shape=spec.shape, values=spec.values,
            options=spec.options, classes=spec.classes, factors=spec.factors, fingerprint=data.fingerprint,
            vocabulary=spec.vocabulary, columns=spec.columns, centre=spec.centre, scale=spec.scale,
        ),
    )  # fmt: skip


@pytest.fixture
def canvas(tmp_path: Path) -> Path:
    (tmp_path / "canvas").mkdir()
    (tmp_path / "canvas" / "canvas.js").write_text("// canvas")
    return tmp_path / "canvas"


@pytest.mark.parametrize("name", KINDS)
def test_originals_are_the_examples_in_the_order_of_the_codes(make: Make, name: str) -> None:
    bundle = of(make, name)
    found = scenes.originals(bundle)
    x = load_dataset(name).test.x.numpy()[bundle.codes.index]
    np.testing.assert_array_equal(found.x, x)
    kept = safetensors.numpy.load(found.numbers())["x"]
    assert kept.dtype == (np.int32 if name == "words" else np.float32)
    np.testing.assert_array_equal(kept, x)


def test_a_table_is_loaded_with_the_scale_it_was_trained_on(make: Make) -> None:
    options = {"validation": 100, "seed": 3}
    bundle = of(make, "breast-cancer", **options)
    expected = load_dataset("breast-cancer", **options).test.x.numpy()[bundle.codes.index]  # type: ignore[arg-type]
    np.testing.assert_array_equal(scenes.originals(bundle).x, expected)


@pytest.mark.parametrize("name", KINDS)
def test_the_scene_says_what_numbers_mean(make: Make, name: str) -> None:
    data, spec = scenes.describe(of(make, name))["data"], load_dataset(name).spec
    assert (data["kind"], data["shape"], data["values"]) == (spec.kind, list(spec.shape), spec.values)
    assert data["vocabulary"] == list(spec.vocabulary)
    assert data["columns"] == list(spec.columns)
    assert (data["centre"], data["scale"]) == (list(spec.centre), list(spec.scale))
    json.dumps(data, allow_nan=False)


@pytest.mark.parametrize("name", KINDS)
def test_a_site_has_them_as_one_file(make: Make, canvas: Path, tmp_path: Path, name: str) -> None:
    bundle, told = of(make, name), []
    write_site([bundle], tmp_path / "out", canvas, lambda *said: told.append(said))
    folder = tmp_path / "out" / "bundles" / bundle.id
    assert told == [(bundle.id, "")]
    assert json.loads((folder / "originals.json").read_text()) == {"file": "originals.safetensors"}
    kept = safetensors.numpy.load_file(folder / "originals.safetensors")["x"]
    np.testing.assert_array_equal(kept, scenes.originals(bundle).x)
    assert not list(folder.glob("*.png"))


def test_missing_ones_say_why(make: Make, canvas: Path, tmp_path: Path) -> None:
    bundle = of(make, "words")
    bundle = changed(bundle, data=replace(bundle.card.data, fingerprint="0" * 64))
    with pytest.raises(UserError, match="its examples are not shown"):
        scenes.originals(bundle).numbers()
    write_site([bundle], tmp_path / "out", canvas)
    folder = tmp_path / "out" / "bundles" / bundle.id
    assert json.loads((folder / "originals.json").read_text()).keys() == {"missing"}
    assert not (folder / "originals.safetensors").exists()


@pytest.mark.parametrize("name", KINDS)
def test_they_are_no_tiles(make: Make, name: str) -> None:
    with pytest.raises(UserError, match="are not shown as images"):
        scenes.atlas(of(make, name))
