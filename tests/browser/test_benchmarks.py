"""Benchmarks as commands, at their smallest: what each prints as JSON is what was promised."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

ASKED = {
    "startup": "--repeats 1",
    "concurrency": "--sessions 2 --switches 1 --think 0.01",
    "maps": "--bundle digits/vae-2d --sizes 200 --repeats 1 --queries 60",
}


def printed(name: str) -> Any:
    command = [sys.executable, "-m", f"benchmarks.{name}", *ASKED[name].split(), "--json"]
    threads = {"NUMBA_NUM_THREADS": "1"}
    done = subprocess.run(command, env={**os.environ, **threads}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_startup() -> None:
    said = printed("startup")
    ours, streamlit = said["cases"]
    assert (ours["name"], streamlit["name"], said["repeats"]) == ("loupe", "streamlit", 1)
    assert 0 < ours["import_aecore_s"] < ours["first_screen_s"]
    assert streamlit["first_screen_s"] > 0


def test_concurrency() -> None:
    said = printed("concurrency")
    assert (said["sessions"], said["switches"]) == (2, 1)
    ours, bare = said["cases"]
    for case in (ours, bare):
        assert case["errors"] == 0, case["said"]
        assert 0 < case["page_switch_p50_ms"] <= case["page_switch_p95_ms"]
    assert said["page_switch_p95_ms_ratio"] == pytest.approx(
        ours["page_switch_p95_ms"] / bare["page_switch_p95_ms"], rel=0.01
    )


def test_maps() -> None:
    cases = printed("maps")["cases"]
    assert [(each["map"], each["codes"]) for each in cases] == [("umap", 200), ("tsne", 200)]
    for case in cases:
        assert min(case["seconds"], case["peer_seconds"]) > 0
        for name in ("trustworthiness", "knn_preservation"):
            assert 0.3 < case[name] <= 1
            assert 0.3 < case[f"peer_{name}"] <= 1
