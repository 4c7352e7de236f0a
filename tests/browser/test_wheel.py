"""The wheel, built and installed where neither the repository nor its environment's `aecore` can be seen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser import live

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, cwd: Path) -> str:
    """Standard output of a command that must succeed, run without the repository on its path."""
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that `make wheel` builds."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (wheel,) = folder.glob("latent_loupe-*.whl")
    return wheel


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`bin` of a fresh environment that has the wheel, and finds its dependencies in this one.

    A folder in a .pth file is searched, but .pth files inside it are not read: so the editable
    install of this repository stays out of sight.
    """
    folder = tmp_path_factory.mktemp("env")
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
    python = folder / "bin" / "python"
    site_packages = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder)
    (Path(site_packages.strip()) / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--no-deps",
        "--no-index",
        wheel,
        cwd=folder,
    )
    return python.parent


def files(folder: Path) -> set[str]:
    """Every file below ``folder``, relative to it; what Python compiled does not count."""
    found = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix() for path in found}


def test_one_package_that_carries_app_and_checkpoints(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"aecore"}
    for folder in ("app", "checkpoints"):
        inside = {f"aecore/_bundled/{folder}/{name}" for name in files(ROOT / folder)}
        sources = {name for name in inside if "/app/canvas/" in name and "/canvas/dist/" not in name}
        assert inside - sources <= set(names), inside - sources - set(names)
        assert not sources & set(names)


def test_it_lists_the_shipped_bundles(installed: Path, tmp_path: Path) -> None:
    where = run(installed / "python", "-c", "import aecore; print(aecore.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(installed.parent)
    bundles = json.loads(run(installed / "aecore", "list", "--bundles", "--json", cwd=tmp_path))["bundles"]
    shipped = {
        str(card.parent.relative_to(ROOT / "checkpoints")) for card in ROOT.glob("checkpoints/*/*/card.json")
    }
    assert shipped
    assert shipped <= {bundle["id"] for bundle in bundles}


def test_its_app_draws_the_map(
    installed: Path, tmp_path: Path, context: BrowserContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    port = live.free_port()
    command = [str(installed / "aecore"), "app", "--port", str(port), "--no-browser"]
    problems: list[str] = []
    with live.serve(command, port, cwd=tmp_path) as url:
        page = context.new_page()
        live.watch(page, urlsplit(url).netloc, problems)
        page.goto(url)
        expect(page.locator(live.MAP)).to_be_visible(timeout=60_000)
        live.wait_idle(page)
    assert not problems, "\n".join(problems)
