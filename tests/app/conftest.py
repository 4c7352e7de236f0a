"""Pages without a browser, on bundles that need no training."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from starlette.applications import Starlette
from streamlit.testing.v1 import AppTest

from aecore.bundles import store
from app import kept, originals, routes, server
from tests.app import make_bundle
from tests.app.served import Client, served

VIEWS = Path(__file__).parents[2] / "app" / "views"

CANVAS = "from app.ui import canvas\ncanvas.show({!r})"

OpenPage = Callable[..., AppTest]


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of bundles, made once."""
    root = tmp_path_factory.mktemp("bundles")
    make_bundle.shelf(root)
    return root


@pytest.fixture
def on_shelf(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Path], None]:
    """Makes the bundles of one folder the only ones there are."""

    def put(root: Path) -> None:
        monkeypatch.setattr(store, "shipped_root", lambda: tmp_path / "nothing-shipped")
        monkeypatch.setattr(store, "user_root", lambda: root)
        st.cache_resource.clear()
        st.cache_data.clear()

    return put


@pytest.fixture
def open_page(shelf: Path, on_shelf: Callable[[Path], None]) -> OpenPage:
    """Runs a page, as in ``open_page("map", bundle="digits/pca-2d")``."""
    on_shelf(shelf)

    def run(name: str, **query: str) -> AppTest:
        view = VIEWS / f"{name}.py"
        if view.is_file():
            test = AppTest.from_file(str(view), default_timeout=60)
        else:
            test = AppTest.from_string(CANVAS.format(name), default_timeout=60)
        for key, value in query.items():
            test.query_params[key] = value
        return test.run()

    return run


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """What stands in for the built canvas."""
    folder = tmp_path / "dist"
    (folder / "inside").mkdir(parents=True)
    (folder / "canvas.js").write_bytes(b"export const mount = () => {};\n" * 50)
    (folder / "ort.wasm.gz").write_bytes(gzip.compress(b"\0asm"))
    (folder / "inter.woff2").write_bytes(b"wOF2")
    (tmp_path / "secret.js").write_text("secret")
    return folder


@pytest.fixture
def client(shelf: Path, on_shelf: Callable[[Path], None], dist: Path) -> Iterator[Client]:
    """Our routes as the app has them, on a shelf of bundles."""
    on_shelf(shelf)
    app = Starlette(routes=server.guarded(routes.routes(dist)))
    with served(app) as client:
        yield client
    kept.answers.clear()
    originals.atlases.clear()
