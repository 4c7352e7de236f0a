"""The visitors of ``benchmarks.concurrency`` fetch what our pages fetch, from our own routes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app import lab, train
from benchmarks.visitors import Shown, Visitor
from tests.app.served import Client

DEVICES = [{"name": "cpu", "title": "CPU, 2 cores", "free": None}]


class Watched(Visitor):
    """Notes what is asked."""

    def __init__(self, client: Client) -> None:
        super().__init__(int(client.host.partition(":")[2]), 1)
        self.asked: list[str] = []
        self.cached.add("/canvas.js")

    def see_page(self, page: str) -> list[str]:
        self._draw(Shown(canvas={"canvas": "canvas.js", "host": {"page": page, "lab": lab.LIST}}))
        return self.asked

    def _once(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        self.asked.append(("POST " if body else "") + path)
        return super()._once(path, headers, body)


@pytest.fixture
def visitor(client: Client, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    train._free.cache_clear()
    monkeypatch.setattr(train, "_free", lambda _: DEVICES)
    found = Watched(client)
    yield found
    found.leave()


FORM = [
    "/loupe/train.json",
    "/loupe/jobs.json",
    "/loupe/train/digits.json",
    "/loupe/train/digits/vae.json?",
    "POST /loupe/train/size",
]


def test_on_train_the_form_is_filled_in(visitor: Watched) -> None:
    assert visitor.see_page("train") == [*FORM, "/loupe/train/devices.json"]


def test_where_nothing_is_trained_no_device_is_asked_for(
    visitor: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOUPE_TRAIN", "0")
    assert visitor.see_page("train") == FORM


def test_on_the_lab_what_is_turned_is_fetched(visitor: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    assert visitor.see_page("beta")[0] == "/loupe/lab.json"
    fetched: list[str] = []
    monkeypatch.setattr(visitor, "get", lambda path: fetched.append(path))
    one = {"sweeps": [{"url": "loupe/sweep/a/"}, {"url": "loupe/sweep/b/"}], "multi_rate": []}
    visitor._turn({"data": [one, {"sweeps": [{"url": "loupe/sweep/c/"}], "multi_rate": []}]})
    parts = ("sweep.json", "codes.safetensors", "originals.json", "encoder.onnx", "decoder.onnx")
    assert fetched == [f"/loupe/sweep/a/{part}" for part in (*parts, "weights.safetensors")]
    fetched.clear()
    visitor._turn({"data": [{"sweeps": [], "multi_rate": [{"url": "loupe/scene/m/"}]}]})
    assert fetched == [f"/loupe/scene/m/{part}" for part in ("scene.json", *parts[1:])]
