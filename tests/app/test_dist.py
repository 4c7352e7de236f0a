"""The canvas that is committed is the one that its sources build."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

CANVAS = Path(__file__).parents[2] / "app" / "canvas"
REMEDY = "run `make canvas` and commit app/canvas/dist"


def test_dist_was_built_from_these_sources() -> None:
    built_from = json.loads((CANVAS / "dist" / "built-from.json").read_text("utf-8"))
    now = {
        path: sha256((CANVAS / path).read_bytes()).hexdigest() if (CANVAS / path).is_file() else "gone"
        for path in built_from
    }
    sources = {str(path.relative_to(CANVAS)) for path in (CANVAS / "src").rglob("*") if path.is_file()}
    assert sources <= built_from.keys(), REMEDY
    assert now == built_from, REMEDY


@pytest.mark.slow
@pytest.mark.skipif(not (shutil.which("npm") or "CI" in os.environ), reason="needs npm")
def test_dist_is_what_its_sources_build(tmp_path: Path) -> None:
    copy = tmp_path / "app" / "canvas"
    shutil.copytree(CANVAS, copy, ignore=shutil.ignore_patterns("node_modules", "dist"))
    shutil.copytree(CANVAS.parent / ".streamlit", copy.parent / ".streamlit")
    if (CANVAS / "node_modules").is_dir():
        (copy / "node_modules").symlink_to(CANVAS / "node_modules")
    else:
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=copy, check=True)
    subprocess.run(["npm", "run", "build"], cwd=copy, check=True)
    assert contents(copy / "dist") == contents(CANVAS / "dist"), REMEDY


def contents(dist: Path) -> dict[str, str]:
    """A digest of each file, packed ones unpacked: another Node.js may pack differently."""
    files = {path.name: path.read_bytes() for path in dist.iterdir()}
    plain = {name: gzip.decompress(data) if name.endswith(".gz") else data for name, data in files.items()}
    return {name: sha256(data).hexdigest() for name, data in plain.items()}
