"""Where data lie, and that a download is whole or leaves nothing."""

from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest

from aecore.data.folders import Files, data_folder
from aecore.errors import UserError

SIZES = {"images": 5, "labels": 3}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AECORE_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def write(root: Path, sizes: dict[str, int]) -> None:
    folder = root / "TOY/raw"
    folder.mkdir(parents=True, exist_ok=True)
    for name, size in sizes.items():
        (folder / name).write_bytes(b"x" * size)
    (folder / "images.gz").write_bytes(b"packed")


def toy(sizes: dict[str, int] = SIZES) -> Files:
    return Files("TOY/raw", SIZES, lambda into: write(into, sizes))


def test_aecore_data_is_the_folder(root: Path) -> None:
    assert data_folder() == root


@pytest.mark.parametrize("empty", [True, False])
def test_without_it_the_users_cache_is(monkeypatch: pytest.MonkeyPatch, empty: bool) -> None:
    monkeypatch.setenv("AECORE_DATA", "")
    if not empty:
        monkeypatch.delenv("AECORE_DATA")
    assert data_folder().parent == platformdirs.user_cache_path("aecore")


def test_a_home_in_it_is_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AECORE_DATA", "~/data")
    assert data_folder() == Path.home() / "data"


def test_a_missing_and_a_damaged_file_are_named(root: Path) -> None:
    assert toy().why_missing() == f"there is no images in {root / 'TOY/raw'}"
    write(root, {"images": 5, "labels": 2})
    assert toy().why_missing() == f"{root / 'TOY/raw/labels'} is damaged (2 bytes, not 3)"
    write(root, SIZES)
    assert toy().why_missing() == ""


def test_a_download_puts_whole_files_in_place_and_nothing_else(root: Path) -> None:
    write(root, {"images": 1})
    toy().download()
    assert toy().why_missing() == ""
    assert [path.name for path in root.iterdir()] == ["TOY"]


@pytest.mark.parametrize("error", [OSError("no\nroute"), RuntimeError("Error downloading\n no route")])
def test_a_failed_download_says_so_and_leaves_nothing(root: Path, error: Exception) -> None:
    def fetch(into: Path) -> None:
        write(into, {"images": 5})
        raise error

    with pytest.raises(UserError, match=r"Downloading TOY/raw into .* failed: .*no route"):
        Files("TOY/raw", SIZES, fetch).download()
    assert list(root.iterdir()) == []


def test_an_interrupted_download_leaves_no_file(root: Path) -> None:
    def fetch(into: Path) -> None:
        write(into, {"images": 2})
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Files("TOY/raw", SIZES, fetch).download()
    assert list(root.iterdir()) == []


def test_a_download_that_is_short_is_no_data_set(root: Path) -> None:
    with pytest.raises(UserError, match="labels is damaged"):
        toy({"images": 5, "labels": 2}).download()
    assert list(root.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_a_user_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("AECORE_DATA", str(tmp_path / "file"))
    with pytest.raises(UserError, match="failed"):
        toy().download()
