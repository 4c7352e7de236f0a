"""``benchmarks.maps`` measures neighbourhoods as scikit-learn does, and keeps what it has measured."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

from aecore.latent import projections
from benchmarks import kept, maps

RNG = np.random.default_rng(0)


def nearest(x: NDArray[Any], k: int) -> NDArray[np.int64]:
    return NearestNeighbors(n_neighbors=k).fit(x).kneighbors(return_distance=False)


def test_neighbourhoods_are_measured_as_scikit_learn_does() -> None:
    codes = RNG.normal(size=(150, 6))
    points = codes[:, :2] + 0.3 * RNG.normal(size=(150, 2))
    found = maps.kept_neighbours(codes, points, np.arange(150), k=7)
    assert found["trustworthiness"] == pytest.approx(trustworthiness(codes, points, n_neighbors=7))
    pairs = zip(nearest(codes, 7), nearest(points, 7), strict=True)
    shared = [len(set(a) & set(b)) / 7 for a, b in pairs]
    assert found["knn_preservation"] == pytest.approx(np.mean(shared))
    some = np.array([3, 77, 149])
    assert maps.kept_neighbours(codes, points, some, k=7)["knn_preservation"] == pytest.approx(
        np.mean([shared[row] for row in some])
    )
    perfect = maps.kept_neighbours(codes[:, :2], points=codes[:, :2] * 3 + 1, queries=some, k=7)
    assert perfect == {"trustworthiness": 1, "knn_preservation": 1}


def test_every_map_is_made_of_the_codes_it_is_said_to_be_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[str, int, int]] = []

    def library(name: str, keeps: bool) -> maps.Map:
        def make(codes: maps.Codes, seed: int) -> NDArray[Any]:
            made.append((name, len(codes), seed))
            return codes[:, :2] if keeps else RNG.normal(size=(len(codes), 2))

        return make

    ours, theirs = library("ours", True), library("theirs", False)
    monkeypatch.setattr(maps, "MAPS", {"umap": {"aecore": ours, "umap-learn": theirs}})
    monkeypatch.setattr(maps, "WARM", 40)
    codes = RNG.normal(size=(120, 2)).astype(np.float32)
    ask = (codes, "a/b", [60, 120], ["umap"], 2, 30)
    cases = maps.measured(*ask, kept.Kept(tmp_path / "kept.json"))
    assert made[:4] == [("ours", 40, 0), ("ours", 60, 0), ("theirs", 40, 0), ("theirs", 60, 0)]
    assert len(made) == 2 + 2 * 2 * 2
    assert [case["codes"] for case in cases] == [60, 120]
    for case in cases:
        assert (case["trustworthiness"], case["knn_preservation"]) == (1, 1)
        assert case["peer_knn_preservation"] < 0.5
    assert maps.measured(*ask, kept.Kept(tmp_path / "kept.json")) == cases
    assert len(made) == 10


def test_what_is_timed_has_been_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Above 4,096 codes umap-learn asks pynndescent, which is compiled when it is first needed."""
    made: list[int] = []

    def make(codes: maps.Codes, seed: int) -> NDArray[Any]:
        made.append(len(codes))
        return codes[:, :2]

    monkeypatch.setattr(maps, "MAPS", {"umap": {"aecore": make, "umap-learn": make}})
    codes = RNG.normal(size=(5100, 2)).astype(np.float32)
    maps.measured(codes, "a/b", [5100], ["umap"], 1, 3, kept.Kept(None))
    assert made[0] > max(4096, projections._EXACT)
    assert made[1:] == [5100, 5100]


def test_it_prints_what_was_promised(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def plane(codes: maps.Codes, seed: int) -> NDArray[Any]:
        return codes[:, :2]

    monkeypatch.setattr(maps, "MAPS", {"umap": {"aecore": plane, "umap-learn": plane}})
    words = "--bundle digits/vae-2d --sizes 100 200 --repeats 1 --queries 50 --json"
    monkeypatch.setattr(sys, "argv", ["maps", "--maps", "umap", *words.split()])
    maps.main()
    said = json.loads(capsys.readouterr().out)
    assert (said["bundle"], said["dimensions"], said["queries"]) == ("digits/vae-2d", 2, 50)
    assert [(each["map"], each["codes"], each["peer"]) for each in said["cases"]] == [
        ("umap", 100, "umap-learn"),
        ("umap", 200, "umap-learn"),
    ]
    for case in said["cases"]:
        assert min(case["seconds"], case["peer_seconds"]) >= 0
        assert (case["trustworthiness"], case["peer_knn_preservation"]) == (1, 1)
