"""The visitors of ``benchmarks.concurrency`` fetch of a live Loupe what its canvas fetches."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from benchmarks import memory
from benchmarks.visitors import arrived


@pytest.fixture
def port(app_url: str) -> int:
    found = urlsplit(app_url).port
    assert found
    return found


def test_a_visitor_sees_every_page_of_loupe(port: int) -> None:
    with arrived(port, seed=1) as visitor:
        assert {"beta", "about", "table"} < visitor.pages.keys()
        for name in visitor.pages:
            assert visitor.see(name) > 0
        names = {path.rpartition("/")[2] for path in visitor.cached}
        assert {"canvas.js", "scene.json", "codes.safetensors", "decoder.onnx"} <= names
        assert visitor.get(next(path for path in visitor.cached if path.endswith("scene.json"))) == b""


def test_memory_is_that_of_a_process_in_which_these_bundles_are_open(port: int) -> None:
    bundles = memory.spread(3)
    with arrived(port, seed=1) as visitor:
        for visitor.bundle in bundles:
            visitor.see("")
        scenes = [path for path in visitor.cached if path.endswith("scene.json")]
        assert all(any(f"/{each}/" in path for path in scenes) for each in bundles)
    at_first = memory.opened(port, bundles)
    assert 50 < at_first["first_screen_mb"] < 5000
    assert 50 < at_first["opened_mb"] < 5000
    found = memory.used(port, bundles, minutes=0.01, think=0)
    assert (found["errors"], found["said"]) == (0, {})
    assert found["pages"] >= memory.VISIT
    assert found["course"][0][0] == 0
    assert found["used_mb"] > 50


def test_bundles_are_of_every_data_set_in_turn() -> None:
    found = memory.spread(10)
    assert len(found) == len(set(found)) == 10
    data = [each.partition("/")[0] for each in found]
    kinds = len(set(data))
    assert kinds >= 4
    assert len(set(data[:kinds])) == kinds
