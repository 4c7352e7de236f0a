"""A site is whole: every address that it names is a file of it."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from PIL import Image

from aecore import scenes
from aecore.errors import BundleError, UserError
from aecore.scenes import write_site
from tests.aecore.scenes.conftest import Make, changed
from tests.app import make_bundle


@pytest.fixture
def canvas(tmp_path: Path) -> Path:
    """What stands in for the built canvas."""
    folder = tmp_path / "dist"
    folder.mkdir()
    (folder / "canvas.js").write_text("export const site = () => {};")
    (folder / "ort.wasm.gz").write_bytes(b"\x1f\x8b")
    (folder / "licences").mkdir()
    (folder / "licences" / "ort.txt").write_text("MIT")
    return folder


class Page(HTMLParser):
    """The elements of a document, in order; every one that is opened is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in ("meta", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts[self.open[-1]] = data.strip()


def test_everything_that_is_named_is_there(make: Make, canvas: Path, tmp_path: Path) -> None:
    bundles = [
        make("pca-5d", dim=5),
        make("point", kind="point", title="Autoencoder"),
        make("pca-5d2", dim=5),
    ]
    out, told = tmp_path / "out", []
    write_site([*bundles, bundles[0]], out, canvas, lambda *said: told.append(said))
    assert told == [(each.id, "") for each in bundles]
    listed = json.loads((out / "site.json").read_text())["bundles"]
    assert listed[1] == {
        "id": "digits/point", "title": "Autoencoder · 2 dims", "data": "digits",
        "data_title": bundles[0].card.data.title, "url": "bundles/digits/point/",
        "examples": listed[0]["examples"],
    }  # fmt: skip
    assert [each["id"] for each in listed] == [each.id for each in bundles]
    named = {"index.html", "site.json", "lab.json", "LICENSES.txt", "canvas/canvas.js", "canvas/ort.wasm.gz"}
    named |= {"canvas/licences/ort.txt", "icon.svg"}
    named |= {f"fonts/inter-{script}-wght-normal.woff2" for script in ("greek", "latin", "latin-ext")}
    named |= {"fonts/LICENSE.txt"}
    for bundle, entry in zip(bundles, listed, strict=True):
        folder = out / entry["url"]
        scene = json.loads((folder / "scene.json").read_text())
        assert scene["examples"] == entry["examples"]
        originals = json.loads((folder / "originals.json").read_text())
        assert scene == scenes.describe(bundle)
        assert (folder / "codes.safetensors").read_bytes() == scenes.codes(bundle)
        assert len(safetensors.numpy.load_file(folder / "codes.safetensors")["mu"]) == scene["count"]
        for file in scenes.own_files(bundle):
            assert (folder / file).read_bytes() == bundle.read(file)
        files = {"scene.json", "codes.safetensors", "mixture.safetensors", "originals.json", scene["weights"]}
        files |= {scene["encoder"]["file"], scene["decoder"]["file"], *originals["tiles"]}
        named |= {entry["url"] + file for file in files}
        tile = np.asarray(Image.open(folder / "originals-0.png"))
        down, right = divmod(149, originals["columns"])
        example = make_bundle.digits().test.x.numpy()[149, 0] * 255
        cell = tile[down * 8 : down * 8 + 8, right * 8 : right * 8 + 8]
        np.testing.assert_array_equal(cell, example.round().astype(np.uint8))
    assert {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()} == named
    licences = (out / "LICENSES.txt").read_text()
    assert bundles[0].card.data.licence in licences
    assert bundles[0].card.data.source in licences


def test_the_page_is_valid_and_starts_the_canvas(make: Make, canvas: Path, tmp_path: Path) -> None:
    bundle = make()
    nasty = changed(bundle, data=replace(bundle.card.data, title="</title><script>alert(1)</script>"))
    write_site([nasty], tmp_path / "out", canvas)
    html = (tmp_path / "out" / "index.html").read_text()
    assert html.startswith("<!doctype html>")
    page = Page(html)
    tags = [tag for tag, _ in page.seen]
    assert tags.count("script") == 1
    assert page.texts["title"] == "Latent spaces of </title><script>alert(1)</script>"
    assert ("html", {"lang": "en"}) in page.seen
    assert ("script", {"type": "module"}) in page.seen
    assert 'import { site } from "./canvas/canvas.js";' in page.texts["script"]
    assert "site(document.body);" in page.texts["script"]
    assert "http" not in html


def test_without_originals_the_site_says_why(make: Make, canvas: Path, tmp_path: Path) -> None:
    bundle, told = make(fingerprint="0" * 64), []
    write_site([bundle], tmp_path / "out", canvas, lambda *said: told.append(said))
    folder = tmp_path / "out" / "bundles" / bundle.id
    said = json.loads((folder / "originals.json").read_text())
    assert said.keys() == {"missing"}
    assert "not the one that this bundle was made from" in said["missing"]
    assert told == [(bundle.id, said["missing"])]
    assert not list(folder.glob("*.png"))


def test_an_earlier_site_is_replaced_and_nothing_else(make: Make, canvas: Path, tmp_path: Path) -> None:
    first, second = make(), make("other")
    write_site([first], tmp_path / "out", canvas)
    write_site([second], tmp_path / "out", canvas)
    assert [path.name for path in (tmp_path / "out" / "bundles" / "digits").iterdir()] == ["other"]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "site.json").write_text('{"bundles": []}')
    with pytest.raises(UserError, match="is there already"):
        write_site([first], tmp_path / "mine", canvas)


def test_what_cannot_be_written_leaves_nothing(make: Make, canvas: Path, tmp_path: Path) -> None:
    bundle, out = make(), tmp_path / "out"
    (bundle.path / "decoder.onnx").write_bytes(b"damaged")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(BundleError, match="decoder.onnx is not the file"):
        write_site([make("whole"), bundle], out, canvas)
    with pytest.raises(UserError, match="at least one bundle"):
        write_site([], out, canvas)
    with pytest.raises(UserError, match="make canvas"):
        write_site([bundle], out, tmp_path / "nowhere")
    after = [path for path in sorted(tmp_path.rglob("*")) if "whole" not in str(path)]
    assert after == before
