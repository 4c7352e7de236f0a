"""A folder is written whole or not at all, and nothing of somebody else's is replaced."""

from __future__ import annotations

from pathlib import Path

import pytest

from aecore.errors import UserError
from aecore.scenes.folders import whole


def is_ours(folder: Path) -> bool:
    return (folder / "ours").exists()


def tree(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text() if path.is_file() else "/"
        for path in folder.rglob("*")
    }


def write(out: Path, text: str) -> None:
    with whole(out, is_ours) as folder:
        (folder / "ours").write_text(text)


@pytest.mark.parametrize("there", ["nothing", "empty", "an earlier one"])
def test_what_is_free_or_ours_is_taken(tmp_path: Path, there: str) -> None:
    out = tmp_path / "a" / "out"
    if there != "nothing":
        out.mkdir(parents=True)
    if there == "an earlier one":
        write(out, "old")
        (out / "left").write_text("over")
    write(out, "new")
    assert tree(tmp_path) == {"a": "/", "a/out": "/", "a/out/ours": "new"}


def test_what_somebody_else_has_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "thesis.tex").write_text("mine")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    before = tree(tmp_path)
    for name in ("folder", "file", "link"):
        with pytest.raises(UserError, match=f"{name} is there already and is not an earlier result"):
            write(tmp_path / name, "new")
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    "stop", [KeyboardInterrupt(), UserError("no"), OSError(28, "No space left on device")]
)
@pytest.mark.parametrize("earlier", [True, False])
def test_what_goes_wrong_changes_nothing(tmp_path: Path, stop: BaseException, earlier: bool) -> None:
    out = tmp_path / "a" / "b" / "out"
    if earlier:
        write(out, "old")
    before = tree(tmp_path)
    wanted = UserError if isinstance(stop, OSError) else type(stop)

    def broken() -> None:
        with whole(out, is_ours) as folder:
            (folder / "ours").write_text("new")
            raise stop

    with pytest.raises(wanted) as said:
        broken()
    assert tree(tmp_path) == before
    if isinstance(stop, OSError):
        assert "No space left" in str(said.value)
        assert "Nothing was changed" in str(said.value)


def test_what_appears_in_the_meantime_is_not_replaced(tmp_path: Path) -> None:
    out = tmp_path / "out"

    def late() -> None:
        with whole(out, is_ours):
            out.mkdir()
            (out / "thesis.tex").write_text("mine")

    with pytest.raises(UserError, match="is there already"):
        late()
    assert tree(tmp_path) == {"out": "/", "out/thesis.tex": "mine"}


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be"):
        write(tmp_path / "file" / "out", "new")
