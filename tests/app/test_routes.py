"""Our routes: the right bytes, kept by browsers, and made once."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import io
import threading
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from PIL import Image
from starlette.applications import Starlette
from starlette.routing import Route

from aecore import scenes
from aecore.bundles import Bundle, open_bundle
from aecore.errors import UserError
from app import routes, server
from app.kept import Kept
from tests.app import make_bundle
from tests.app.served import Client, apart, is_sentence, scene, served

# What there is


@pytest.mark.parametrize("name", ["digits/pca-2d", "digits/pca-point-5d"])
def test_a_scene_is_what_aecore_makes_of_the_bundle(client: Client, name: str) -> None:
    bundle, url = open_bundle(name), scene(name)
    assert client.get(url + "scene.json").json() == scenes.describe(bundle)
    codes = client.get(url + "codes.safetensors").content
    assert codes == scenes.codes(bundle)
    np.testing.assert_array_equal(safetensors.numpy.load(codes)["mu"], bundle.codes.mu.astype(np.float16))
    for file in ("encoder.onnx", "decoder.onnx", "model.safetensors"):
        answer = client.get(url + file)
        assert answer.content == bundle.read(file)
        assert answer.headers["etag"] == f'"{bundle.card.files[file]}"'
        assert answer.headers["content-type"] == "application/octet-stream"


def test_each_cell_of_a_tile_is_its_example(client: Client) -> None:
    said = client.get(scene() + "originals.json").json()
    assert said["tiles"] == ["originals-0.png"]
    answer = client.get(scene() + said["tiles"][0])
    assert answer.headers["content-type"] == "image/png"
    tile = np.asarray(Image.open(io.BytesIO(answer.content)))
    for row, example in enumerate(make_bundle.digits().test.x.numpy()[: make_bundle.COUNT, 0]):
        down, right = divmod(row, said["columns"])
        cell = tile[down * 8 : down * 8 + 8, right * 8 : right * 8 + 8]
        np.testing.assert_array_equal(cell, (example * 255).round().astype(np.uint8))


def test_the_canvas_is_what_lies_in_dist(client: Client, dist: Path) -> None:
    base = "/" + routes.canvas_url("", dist)
    assert routes.canvas_url(dist=dist) == base[1:] + "canvas.js"
    types = {
        "canvas.js": "text/javascript; charset=utf-8",
        "ort.wasm.gz": "application/gzip",
        "inter.woff2": "font/woff2",
    }
    for file, kind in types.items():
        answer = client.get(base + file, accept_encoding="gzip")
        assert answer.headers["content-type"] == kind
        packed = file == "canvas.js"
        assert ("content-encoding" in answer.headers) == packed
        assert (gzip.decompress(answer.content) if packed else answer.content) == (dist / file).read_bytes()


def test_another_build_has_another_address(client: Client, dist: Path) -> None:
    before = "/" + routes.canvas_url(dist=dist)
    assert client.get(before).status == 200
    (dist / "canvas.js").write_bytes(b"// new")
    after = "/" + routes.canvas_url(dist=dist)
    assert before != after
    is_sentence(client.get(before), 410, "reload the page")
    assert client.get(after).content == b"// new"


# How it travels


@pytest.mark.parametrize("file", ["scene.json", "codes.safetensors", "model.safetensors", "originals-0.png"])
def test_a_browser_keeps_what_it_has_fetched(client: Client, file: str) -> None:
    url = scene() + file
    answer = client.get(url)
    assert answer.status == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    for known in (answer.headers["etag"], f'"x", W/{answer.headers["etag"]}', "*"):
        again = client.get(url, if_none_match=known)
        assert (again.status, again.content) == (304, b"")
        assert again.headers["etag"] == answer.headers["etag"]
        assert again.headers["cache-control"] == answer.headers["cache-control"]
    assert client.get(url, if_none_match="other").content == answer.content
    head = client.ask("HEAD", url)
    assert (head.status, head.content) == (200, b"")
    for name in ("etag", "content-type", "content-length", "cache-control"):
        assert head.headers[name] == answer.headers[name]


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip;q=0.000", False),
        ("", False),
        ("br", False),
    ],
)
def test_text_and_codes_are_packed_for_who_can_unpack(client: Client, accepted: str, packed: bool) -> None:
    url = scene() + "scene.json"
    answer, whole = client.get(url, accept_encoding=accepted), client.get(url)
    assert answer.headers.get("content-encoding") == ("gzip" if packed else None)
    assert answer.headers["vary"] == "Accept-Encoding"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert (gzip.decompress(answer.content) if packed else answer.content) == whole.content
    assert (answer.headers["etag"] == whole.headers["etag"]) == (not packed)
    again = client.get(url, accept_encoding=accepted, if_none_match=answer.headers["etag"])
    assert again.status == 304


def test_missing_originals_are_asked_for_again(client: Client) -> None:
    url = scene("digits/pca-other-data")
    answer = client.get(url + "originals.json")
    assert answer.json().keys() == {"missing"}
    assert "not the one that this bundle was made from" in answer.json()["missing"]
    assert answer.headers["cache-control"] == "no-cache"
    is_sentence(client.get(url + "originals-0.png"), 404, "not the one that this bundle was made from")


def test_bundles_of_one_data_set_share_their_tiles(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    atlas = scenes.atlas

    def counted(bundle: Bundle) -> scenes.Atlas:
        made.append(bundle.id)
        return atlas(bundle)

    monkeypatch.setattr(scenes, "atlas", counted)
    tiles = [client.get(scene(name) + "originals-0.png") for name in ("digits/pca-2d", "digits/pca-5d")]
    assert tiles[0].content == tiles[1].content
    assert made == ["digits/pca-2d"]


def test_who_asks_at_once_waits_for_one_result() -> None:
    kept: Kept[int] = Kept(100, lambda _: 1)
    made, go = [], threading.Event()

    def make() -> int:
        made.append(1)
        assert go.wait(10)
        return len(made)

    async def ask() -> list[int]:
        waiting = [asyncio.create_task(kept.get("key", make)) for _ in range(20)]
        await asyncio.sleep(0.05)
        waiting[0].cancel()  # one who leaves stops nobody
        await asyncio.sleep(0)
        go.set()
        return await asyncio.gather(*waiting[1:])

    assert apart(ask()) == [1] * 19
    assert apart(kept.get("key", lambda: 2)) == 1


def test_what_fails_is_made_again_and_what_is_old_forgotten() -> None:
    kept: Kept[int] = Kept(10, lambda size: size)

    async def ask(key: str, size: int) -> int:
        return await kept.get(key, lambda: size if size else 1 // 0)

    with pytest.raises(ZeroDivisionError):
        apart(ask("a", 0))
    for key in "abc":
        assert apart(ask(key, 4)) == 4
    assert apart(ask("a", 3)) == 3  # 12 were too many
    assert apart(ask("c", 1)) == 4
    assert apart(ask("large", 11)) == 11
    assert apart(ask("large", 5)) == 5


def test_the_first_document_fetches_the_canvas_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def unbuilt() -> str:
        raise UserError("not built")

    link = '<link rel="modulepreload" crossorigin href="./loupe/canvas/0/canvas.js">'
    pages = [Route(path, server.first) for path in ("/", "/draw", "/about")]
    with served(Starlette(routes=server.guarded(pages))) as client:
        monkeypatch.setattr(routes, "canvas_url", lambda: "loupe/canvas/0/canvas.js")
        assert [link in client.get(path).text for path in ("/", "/draw", "/about")] == [True, True, False]
        monkeypatch.setattr(routes, "canvas_url", unbuilt)
        answer = client.get("/")
        assert answer.status == 200
        assert link not in answer.text
        assert client.get("/", origin="http://evil.example").status == 403
