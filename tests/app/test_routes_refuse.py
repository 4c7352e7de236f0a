"""Our routes refuse whatever is not theirs to give, in a sentence, and whoever is not theirs to serve."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from app import routes, server
from tests.app import make_bundle
from tests.app.served import Client, is_sentence, scene, served

OnShelf = Callable[[Path], None]


@pytest.mark.parametrize(
    "path",
    [
        "/loupe/bundles/../../etc/passwd",
        "/loupe/bundles/..%2f..%2f..%2fetc/passwd/x/y",
        "/loupe/bundles/%2e%2e/%2e%2e/%2e%2e/passwd",
        "{scene}..%2f..%2fcard.json",
        "{scene}%2e%2e%2fcard.json",
        "{scene}..%5ccard.json",
        "{scene}%252e%252e%252fcard.json",
        "{scene}card.json",
        "{scene}codes.npz",
        "{scene}history.jsonl",
        "{scene}",
        "{scene}originals-1.png",
        "{scene}originals-00.png",
        "{scene}originals-%D9%A1.png",
        "{scene}originals-99999999999999999999.png",
        "{scene}scene.json/",
        "{scene}scene.json%00",
        "{canvas}..%2fsecret.js",
        "{canvas}../../secret.js",
        "{canvas}%2e%2e/secret.js",
        "{canvas}inside",
        "{canvas}",
        "/loupe/bundles/digits/nothing/0123456789abcdef/scene.json",
        "/loupe/bundles/nothing/pca-2d/0123456789abcdef/scene.json",
        "/loupe/",
        "/loupe/anything",
    ],
)
def test_nothing_but_what_is_listed_is_given(client: Client, dist: Path, path: str) -> None:
    url = path.format(scene=scene(), canvas="/" + routes.canvas_url("", dist))
    is_sentence(client.get(url), 404)


names = st.one_of(
    st.text(max_size=30),
    st.lists(
        st.sampled_from(["..", ".", "/", "\\", "card.json", "etc", "passwd", "%2e", "%2f", "\0"]), max_size=6
    ).map("".join),
)


@given(data=names, name=names, key=names, file=names)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_no_name_whatever_reaches_another_file(
    client: Client, data: str, name: str, key: str, file: str
) -> None:
    tried = [
        scene() + quote(file, safe=""),
        scene() + quote(file, safe="/.%"),
        "/loupe/bundles/" + "/".join(quote(each, safe="") for each in (data, name, key, "scene.json")),
        "/loupe/canvas/" + quote(key, safe="") + "/" + quote(file, safe=""),
    ]
    for url in tried:
        answer = client.get(url)
        assert answer.status in (404, 405, 410), (url, answer.status)
        assert len(answer.content) < 300


def test_a_bundle_that_was_replaced_asks_for_a_reload(client: Client) -> None:
    is_sentence(
        client.get("/loupe/bundles/digits/pca-2d/0123456789abcdef/scene.json"),
        410,
        "has been replaced: reload",
    )


def test_a_bundle_that_is_replaced_while_the_server_runs(
    client: Client, tmp_path: Path, on_shelf: OnShelf
) -> None:
    root = tmp_path / "own"
    folder = make_bundle.write(root)
    on_shelf(root)
    before = scene("digits/pca-2d")
    assert client.get(before + "scene.json").json()["title"].startswith("VAE ·")
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    make_bundle.write(root, title="Another")
    is_sentence(client.get(before + "scene.json"), 410, "reload the page")
    assert client.get(scene("digits/pca-2d") + "scene.json").json()["title"].startswith("Another ·")


def test_damage_is_said(client: Client, tmp_path: Path, on_shelf: OnShelf) -> None:
    root = tmp_path / "own"
    folder = make_bundle.write(root, "torn")
    url_of = {name: make_bundle.write(root, name) for name in ("codes", "card")}
    on_shelf(root)
    url, codes, card = (scene(f"digits/{name}") for name in ("torn", "codes", "card"))
    (folder / "decoder.onnx").write_bytes(b"torn")
    (url_of["codes"] / "codes.npz").write_bytes(b"torn")
    (url_of["card"] / "card.json").write_bytes(b"{")
    is_sentence(client.get(url + "decoder.onnx"), 422, "decoder.onnx is not the file")
    assert client.get(url + "encoder.onnx").status == 200
    for file in ("scene.json", "codes.safetensors", "originals.json", "originals-0.png"):
        is_sentence(client.get(codes + file), 422, "codes.npz is not the file")
    is_sentence(client.get(card + "scene.json"), 422, "card.json is not readable")


def test_a_canvas_that_was_not_built_says_how(client: Client, dist: Path) -> None:
    url = "/" + routes.canvas_url(dist=dist)
    for path in dist.rglob("*.*"):
        path.unlink()
    is_sentence(client.get(url), 404, "make canvas")
    with pytest.raises(ValueError, match="make canvas"):
        routes.canvas_url(dist=dist / "nowhere")


FOREIGN = [
    {"host": "evil.example"},
    {"host": "localhost.evil.example:8501"},
    {"origin": "http://evil.example"},
    {"origin": "http://localhost:9999"},
    {"origin": "null"},
    {"host": "["},
]


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_another_web_page_or_name_is_refused(
    client: Client, dist: Path, headers: dict[str, str], method: str
) -> None:
    for url in (scene() + "scene.json", "/" + routes.canvas_url(dist=dist), "/loupe/anything"):
        answer = client.ask(method, url, **headers)
        assert answer.status == 403
        if method == "GET":
            assert answer.text == server.REFUSAL
    assert client.ask(method, scene() + "scene.json", origin=f"http://{client.host}").status == 200


def test_nothing_but_looking_is_possible(client: Client) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert client.ask(method, scene() + "scene.json").status == 405


async def echo(ours: WebSocket) -> None:
    """A WebSocket that says once what it was told."""
    await ours.accept()
    await ours.send_text(await ours.receive_text())
    await ours.close()


def test_websockets_are_guarded_by_the_same_wrapper() -> None:
    with served(Starlette(routes=server.guarded([WebSocketRoute("/live", echo)]))) as client:
        address = f"ws://{client.host}/live"
        for origin in (None, f"http://{client.host}"):
            with connect(address, origin=Origin(origin) if origin else None) as theirs:
                theirs.send("seen")
                assert theirs.recv() == "seen"
        for origin in ("http://evil.example", "http://localhost:9999", "null"):
            with pytest.raises(InvalidStatus) as refused:
                connect(address, origin=Origin(origin))
            assert refused.value.response.status_code == 403
        port = int(client.host.partition(":")[2])
        elsewhere = socket_to(port)
        with pytest.raises(InvalidStatus) as refused:
            connect("ws://evil.example/live", sock=elsewhere)
        assert refused.value.response.status_code == 403


def socket_to(port: int) -> socket.socket:
    """A connection to this machine, whatever the name it is then asked under."""
    return socket.create_connection(("127.0.0.1", port))


def test_every_route_of_the_app_is_guarded() -> None:
    ours: list[Any] = server.app._user_routes
    assert len(ours) > 10
    for route in ours:
        assert isinstance(route, Route | WebSocketRoute)
        assert isinstance(route.app, server.Guard), route.path
    assert {f"/{name}" for name in routes.PAGES} - {"/map"} < {route.path for route in ours}


def test_the_answers_of_the_shelf_are_small_enough_to_list(client: Client) -> None:
    """Nothing of the bundle but the scene is told: no path of this machine."""
    for file in ("scene.json", "originals.json"):
        assert str(Path.home()) not in json.dumps(client.get(scene() + file).json())
