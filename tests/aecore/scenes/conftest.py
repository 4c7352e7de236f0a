"""Bundles that need no training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aecore.bundles import Bundle, Card, Codes
from aecore.bundles.files import sha256
from tests.app import make_bundle

Make = Callable[..., Bundle]


def changed(bundle: Bundle, codes: Codes | None = None, **card: Any) -> Bundle:
    """The same bundle with another card, and perhaps other codes."""
    files = dict(bundle.card.files)
    if codes:
        (bundle.path / "codes.npz").write_bytes(codes.to_bytes())
        files["codes.npz"] = sha256(codes.to_bytes())
    text = replace(bundle.card, **{"files": files, **card}).to_bytes()
    Card.from_bytes(text, bundle.id)
    (bundle.path / "card.json").write_bytes(text)
    return Bundle.open(bundle.path)


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Writes a bundle, as ``make_bundle.write`` does, and opens it."""

    def make(*given: Any, **options: Any) -> Bundle:
        return Bundle.open(make_bundle.write(tmp_path / "bundles", *given, **options))

    return make
