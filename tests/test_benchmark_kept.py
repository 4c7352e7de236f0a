"""``benchmarks.kept``: nothing outlives a run unless a file is named, and then only on the same machine."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import pytest
import torch

from benchmarks import kept, maps, training


def test_without_a_file_every_run_measures_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    speeds = iter([1.0, 2.0])
    for speed in (1.0, 2.0):
        once = kept.Kept(None)
        for _ in range(2):
            assert once("a", lambda: {"speed": next(speeds)}) == {"speed": speed}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("module", [maps, training])
def test_a_file_is_kept_only_where_one_is_named(
    module: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["benchmark", "--help"])
    with pytest.raises(SystemExit):
        module.main()  # type: ignore[attr-defined]
    assert "go on from (default: none)" in " ".join(capsys.readouterr().out.split())


def test_a_result_counts_for_its_machine_and_versions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept.json"
    assert kept.Kept(path, "numpy")("a", lambda: {"speed": 1})["speed"] == 1
    assert kept.Kept(path, "numpy")("a", lambda: {"speed": 2})["speed"] == 1
    (key,) = json.loads(path.read_text("utf-8"))
    for said in (kept.processor(), f"torch {torch.__version__}", f"numpy {version('numpy')}"):
        assert said in key
    assert kept.Kept(path, "scipy")("a", lambda: {"speed": 3})["speed"] == 3
    threads = torch.get_num_threads()
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads + 1)
    assert kept.Kept(path, "numpy")("a", lambda: {"speed": 4})["speed"] == 4
    monkeypatch.setattr(kept, "processor", lambda: "another")
    assert kept.Kept(path, "numpy")("a", lambda: {"speed": 5})["speed"] == 5
    assert len(json.loads(path.read_text("utf-8"))) == 4
