"""The examples behind codes of series and words, over the wire: numbers in place of tiles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from starlette.applications import Starlette

from aecore.bundles import Bundle
from aecore.data import load_dataset
from app import kept, routes, server
from tests.app import make_bundle
from tests.app.served import Client, is_sentence, scene, served


@pytest.fixture
def client(tmp_path: Path, on_shelf: Callable[[Path], None], dist: Path) -> Iterator[Client]:
    """Our routes on a shelf with one bundle of words, and one whose words are others."""
    root = tmp_path / "shelf"
    data = load_dataset("words")
    spec = data.spec
    for name, fingerprint in (("right", data.fingerprint), ("other", "0" * 64)):
        bundle = Bundle.open(make_bundle.write(root, name, data_name="words"))
        card = replace(
            bundle.card,
            data=replace(
                bundle.card.data, kind=spec.kind, shape=spec.shape, values=spec.values, options=spec.options,
                vocabulary=spec.vocabulary, fingerprint=fingerprint,
            ),
        )  # fmt: skip
        (bundle.path / "card.json").write_bytes(card.to_bytes())
    on_shelf(root)
    with served(Starlette(routes=server.guarded(routes.routes(dist)))) as client:
        yield client
    kept.answers.clear()


def test_words_come_as_numbers(client: Client) -> None:
    url = scene("words/right")
    assert client.get(url + "originals.json").json() == {"file": "originals.safetensors"}
    answer = client.get(url + "originals.safetensors")
    x = safetensors.numpy.load(answer.content)["x"]
    assert x.dtype == np.int32
    np.testing.assert_array_equal(x, load_dataset("words").test.x.numpy()[: make_bundle.COUNT])
    assert "immutable" in answer.headers["cache-control"]
    is_sentence(client.get(url + "originals-0.png"), 404, "A scene has no such file")
    assert client.get(url + "scene.json").json()["data"]["vocabulary"][:3] == ["", "a", "b"]


def test_words_that_are_others_are_missing_and_asked_for_again(client: Client) -> None:
    url = scene("words/other")
    answer = client.get(url + "originals.json")
    assert "not the one that this bundle was made from" in answer.json()["missing"]
    assert answer.headers["cache-control"] == "no-cache"
    is_sentence(client.get(url + "originals.safetensors"), 404, "not the one that this bundle was made from")
