"""The visitors of ``benchmarks.concurrency`` fetch of a live Loupe what its canvas fetches."""

from __future__ import annotations

from urllib.parse import urlsplit

from benchmarks.visitors import arrived


def test_a_visitor_sees_every_page_of_loupe(app_url: str) -> None:
    port = urlsplit(app_url).port
    assert port
    with arrived(port, seed=1) as visitor:
        assert {"beta", "about", "table"} < visitor.pages.keys()
        for name in visitor.pages:
            assert visitor.see(name) > 0
        names = {path.rpartition("/")[2] for path in visitor.cached}
        assert {"canvas.js", "scene.json", "codes.safetensors", "decoder.onnx"} <= names
        assert visitor.get(next(path for path in visitor.cached if path.endswith("scene.json"))) == b""
