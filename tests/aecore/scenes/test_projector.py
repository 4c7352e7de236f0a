"""What the Embedding Projector would read, read back without our code."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from aecore.bundles import Codes
from aecore.data import Factor
from aecore.scenes import Atlas, projector, write_projector
from aecore.scenes.projector import escaped
from tests.aecore.scenes.conftest import Make, changed
from tests.app import make_bundle

SPECIAL = {"\\\\": "\\", "\\t": "\t", "\\n": "\n", "\\r": "\r"}


def meant(text: str) -> str:
    """What an escaped text stands for."""
    return re.sub(r"\\[\\tnr]", lambda found: SPECIAL[found[0]], text)


def table(path: Path) -> list[list[str]]:
    text = path.read_bytes().decode()
    assert text.endswith("\n")
    return [line.split("\t") for line in text[:-1].split("\n")]


def test_everything_reads_back(make: Make, tmp_path: Path) -> None:
    bundle = make("pca-5d", dim=5)
    classes = ("a\tb", "c\nd", "e\\f", "\r", *"456789")
    codes = replace(bundle.codes, factors=np.stack([np.arange(150) % 2], axis=1))
    data = replace(bundle.card.data, classes=classes, factors=(Factor("si\tze", (0.5, 1.25)),))
    bundle = changed(bundle, codes, data=data)
    assert write_projector(bundle, tmp_path / "out") == ""
    config = (tmp_path / "out" / "projector_config.pbtxt").read_text()
    fields = dict(re.findall(r'(\w+): "([^"]*)"', config))
    assert fields == {
        "tensor_name": "digits/pca-5d", "tensor_path": "tensors.tsv", "metadata_path": "metadata.tsv",
        "image_path": "sprite.png",
    }  # fmt: skip
    assert re.findall(r"single_image_dim: (\d+)", config) == ["8", "8"]
    assert config.count("{") == config.count("}") == 2
    np.testing.assert_allclose(
        np.loadtxt(tmp_path / "out" / "tensors.tsv", delimiter="\t"), bundle.codes.mu, rtol=1e-6
    )
    head, *rows = table(tmp_path / "out" / "metadata.tsv")
    assert [meant(each) for each in head] == ["label", "error (nats)", "KL (nats)", "si\tze"]
    labels, errors, kls, sizes = zip(*rows, strict=True)
    assert codes.label is not None
    assert codes.kl is not None
    assert [meant(each) for each in labels] == [classes[k] for k in codes.label]
    np.testing.assert_allclose(np.array(errors, float), codes.error, rtol=1e-5)
    np.testing.assert_allclose(np.array(kls, float), codes.kl, rtol=1e-5)
    assert [float(each) for each in sizes] == [(0.5, 1.25)[k % 2] for k in range(150)]


def test_the_sprite_is_square_and_each_cell_is_its_example(make: Make, tmp_path: Path) -> None:
    write_projector(make(), tmp_path / "out")
    sprite = np.asarray(Image.open(tmp_path / "out" / "sprite.png"))
    assert sprite.shape == (13 * 8, 13 * 8)  # 150 examples: 13 × 13 cells of 8 × 8 pixels
    x = make_bundle.digits().test.x.numpy()[:150, 0]
    for row, example in enumerate(x):
        down, right = divmod(row, 13)
        cell = sprite[down * 8 : (down + 1) * 8, right * 8 : (right + 1) * 8]
        np.testing.assert_array_equal(cell, (example * 255).round().astype(np.uint8))
    assert not sprite[12 * 8 :].any()


@pytest.mark.parametrize("side", [100, 40])
def test_a_sprite_that_would_be_too_large_has_smaller_cells(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, side: int
) -> None:
    monkeypatch.setattr(projector, "SIDE", side)
    write_projector(make(), tmp_path / "out")
    sprite = np.asarray(Image.open(tmp_path / "out" / "sprite.png"))
    cell = int(re.findall(r"_dim: (\d+)", (tmp_path / "out" / projector.CONFIG).read_text())[0])
    assert cell == side // 13
    assert sprite.shape == (13 * cell, 13 * cell)
    x = (make_bundle.digits().test.x.numpy()[:150, 0] * 255).round().astype(np.uint8)
    for row in (0, 12, 77, 149):  # each as if it were alone: nothing of its neighbours is in it
        down, right = divmod(row, 13)
        found = sprite[down * cell : (down + 1) * cell, right * cell : (right + 1) * cell]
        alone = Image.fromarray(x[row]).resize((cell, cell), Image.Resampling.BOX)
        np.testing.assert_array_equal(found, np.asarray(alone))


def test_colour_stays_colour(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (150, 4, 6, 3), np.uint8)
    monkeypatch.setattr(Atlas, "behind", lambda *_: Atlas(pixels))
    write_projector(make(), tmp_path / "out")
    sprite = np.asarray(Image.open(tmp_path / "out" / "sprite.png"))
    np.testing.assert_array_equal(sprite[4:8, 6:12], pixels[14])
    assert re.findall(r"_dim: (\d+)", (tmp_path / "out" / projector.CONFIG).read_text()) == ["6", "4"]


def test_one_column_has_no_header_and_without_data_there_is_no_sprite(make: Make, tmp_path: Path) -> None:
    bundle = make("points", kind="point", fingerprint="0" * 64)
    bare = Codes(mu=bundle.codes.mu, index=bundle.codes.index, error=bundle.codes.error)
    missing = write_projector(changed(bundle, bare), tmp_path / "out")
    assert "not the one that this bundle was made from" in missing
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "metadata.tsv", "projector_config.pbtxt", "tensors.tsv",
    ]  # fmt: skip
    assert "sprite" not in (tmp_path / "out" / projector.CONFIG).read_text()
    rows = table(tmp_path / "out" / "metadata.tsv")
    np.testing.assert_allclose(np.array(rows, float)[:, 0], bare.error, rtol=1e-5)


@given(st.text())
def test_an_escaped_text_means_itself_and_breaks_no_line(text: str) -> None:
    assert not set(escaped(text)) & {"\t", "\n", "\r"}
    assert meant(escaped(text)) == text
