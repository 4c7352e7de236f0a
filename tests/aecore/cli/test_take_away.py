"""``aecore site`` and ``aecore export``: what they write, what they say, and what they refuse."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from aecore.cli import main
from aecore.scenes import site
from tests.app import make_bundle


@pytest.fixture(autouse=True)
def shelf(own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two bundles of the user's, one without its data, no other, and a canvas."""
    make_bundle.write(own_home / "bundles", "pca-2d")
    make_bundle.write(own_home / "bundles", "other", fingerprint="0" * 64)
    monkeypatch.setattr("aecore.bundles.store.shipped_root", lambda: tmp_path / "nothing-shipped")
    dist = tmp_path / "dist"
    dist.mkdir()
    (dist / "canvas.js").write_text("export const site = () => {};")
    monkeypatch.setattr(site, "canvas_folder", lambda: dist)
    return own_home


def test_a_site_and_how_to_look_at_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "site"
    assert main(["site", "digits/pca-2d", "digits/other", "--out", str(out)]) == 0
    said, err = capsys.readouterr()
    lines = said.splitlines()
    assert err == ""
    assert lines[0] == "digits/pca-2d: written"
    assert lines[1].startswith(
        "digits/other: written without images. The copy of Digits on this machine is not"
    )
    files = [path for path in out.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e6
    assert lines[2] == f"Site: {out}, {len(files)} files, {size:.1f} MB"
    assert lines[3] == f"Look at it with: python -m http.server --directory {out}"
    listed = json.loads((out / "site.json").read_text())["bundles"]
    assert [each["id"] for each in listed] == ["digits/pca-2d", "digits/other"]
    assert main(["site", "--all", "--out", str(out)]) == 0
    listed = json.loads((out / "site.json").read_text())["bundles"]
    assert [each["id"] for each in listed] == ["digits/other", "digits/pca-2d"]


def test_an_export_and_how_to_look_at_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "projector"
    assert main(["export", "digits/pca-2d", "--projector", str(out)]) == 0
    said = capsys.readouterr().out
    assert f"digits/pca-2d: 150 codes written to {out}" in said
    assert f"tensorboard --logdir {out}" in said
    assert sorted(path.name for path in out.iterdir()) == [
        "metadata.tsv", "projector_config.pbtxt", "sprite.png", "tensors.tsv",
    ]  # fmt: skip
    assert main(["export", "digits/other", "--projector", str(out)]) == 0
    assert re.search(r"Without a sprite\. The copy of Digits", capsys.readouterr().out)
    assert not (out / "sprite.png").exists()


MISTAKES = {
    "site --out OUT": "Name a bundle, as in `aecore site digits/vae-2d --out site`, or say --all.",
    "site digits/pca-2d": "--out",
    "site digits/pca-2d --all --out OUT": "leave out the names, or --all",
    "site digits/nothing --out OUT": "no bundle called 'digits/nothing'",
    "site digits/pca-2d --out THERE": "is there already and is not an earlier result",
    "export digits/pca-2d": "--projector",
    "export --projector OUT": "DATA/NAME",
    "export digits/pca-2d --projector THERE": "is there already and is not an earlier result",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_a_mistake_is_one_sentence_and_changes_nothing(
    words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / "there"
    there.mkdir()
    (there / "thesis.tex").write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    places = {"OUT": str(tmp_path / "out"), "THERE": str(there)}
    assert main([places.get(word, word) for word in words.split()]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert MISTAKES[words] in err
    assert len(err.splitlines()) == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_a_canvas_that_was_not_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(site, "canvas_folder", lambda: tmp_path / "nowhere")
    assert main(["site", "digits/pca-2d", "--out", str(tmp_path / "out")]) == 2
    assert "make canvas" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "step"),
    [
        ("site digits/pca-2d --out OUT", "aecore.scenes.site.codes"),
        ("export digits/pca-2d --projector OUT", "aecore.scenes.projector.originals"),
    ],
)
def test_ctrl_c_leaves_nothing(
    words: str, step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(_: object) -> None:
        raise KeyboardInterrupt

    before = sorted(tmp_path.rglob("*"))
    monkeypatch.setattr(step, stop)
    assert main(words.replace("OUT", str(tmp_path / "out")).split()) == 130
    assert "Nothing was kept." in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


def test_help_says_what_each_is_for(capsys: pytest.CaptureFixture[str]) -> None:
    for command, words in {
        "site": ("web server", "--out", "--all"),
        "export": ("Embedding Projector", "--projector"),
        "encode": ("every example of a split", "--split", "--maps", "UMAP takes", "Ctrl-C leaves nothing"),
    }.items():
        with pytest.raises(SystemExit):
            main([command, "--help"])
        shown = " ".join(capsys.readouterr().out.split())
        assert all(word in shown for word in words), shown
