"""Pages without a browser, on bundles that need no training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from aecore.bundles import store
from tests.app import make_bundle

VIEWS = Path(__file__).parents[2] / "app" / "views"

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
        test = AppTest.from_file(str(VIEWS / f"{name}.py"), default_timeout=60)
        for key, value in query.items():
            test.query_params[key] = value
        return test.run()

    return run
