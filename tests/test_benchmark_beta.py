"""What ``benchmarks.beta`` makes of what a browser saw: frames that are torn, clusters that have formed."""

from __future__ import annotations

import io
import json
import sys
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

from aecore.data import load_dataset
from aecore.jobs import Manifest, Recording
from aecore.jobs.recorder import Recorder
from aecore.jobs.recording import Dials, Header
from benchmarks import beta, live, rates
from tests.browser import live as browser
from tests.browser.turning import Look, Turned

RNG = np.random.default_rng(0)


def looks(*told: str) -> list[Look]:
    """A word a frame: β of the map, β of the plot, then which pictures were painted."""
    return [Look(each[0], each[1], "r" in each, "s" in each) for each in told]


def test_a_frame_is_torn_if_its_panels_are_not_of_one_beta() -> None:
    whole = Turned([5.0, 7.0], [20.0, 30.0], looks("11", "11", "22rs", "22", "33rs"), [])
    assert (whole.torn, whole.betas) == (0, 3)
    assert Turned([], [], looks("11", "21rs", "22"), []).torn == 1  # the plot comes a frame late
    assert Turned([], [], looks("11", "22s", "33r", "44"), []).torn == 3  # pictures do
    assert Turned([], [], looks("11", "11rs"), []).torn == 0
    assert beta.figures(whole) == {
        "painted_p50_ms": 6.0,
        "painted_p95_ms": 6.9,
        "screen_p50_ms": 25.0,
        "screen_p95_ms": 29.5,
        "changes": 2,
        "torn_frames": 0,
        "requests": 0,
    }


def test_what_cannot_be_turned_is_named() -> None:
    assert "digits/none" in beta.missing("sweep", "digits/none")
    assert "digits/none" in beta.missing("multi-rate", "digits/none")
    assert "multi-rate-vae" in beta.missing("multi-rate", "digits/vae-2d")


def test_accuracy_leaves_each_code_out() -> None:
    centres = np.array([[0, 0], [50, 0], [0, 50]])
    label = np.repeat([0, 1, 2], 20)
    codes = centres[label] + RNG.normal(size=(60, 2))
    assert live.knn_accuracy(codes, label) == 1
    alone = np.append(label, 1)
    far = np.append(codes, [[0.5, 0.5]], 0)  # of class 1, in the midst of class 0
    assert live.knn_accuracy(far, alone) == pytest.approx(60 / 61)


def test_clusters_have_formed_when_the_viewer_first_saw_them(tmp_path: Path) -> None:
    label = tuple(np.repeat([0, 1], 30).tolist())
    manifest = Manifest(
        data="digits", variant="beta-vae", kind="image", shape=(1, 8, 8), latent_dim=2,
        index=tuple(range(60)), label=label, classes=("0", "1"), shown=(0,), columns=2, manifold=True,
    )  # fmt: skip
    recorder = Recorder(tmp_path, manifest, b"", budget=1e9)
    for step in range(0, 50, 10):
        mu = RNG.normal(size=(60, 2)) + np.outer(label, [30, 0]) * (step >= 20)
        recorder.append(
            Header(number=0, step=step, epoch=1, seconds=9.0, dials=Dials()), {"mu": mu.astype(np.float16)}
        )
    shown = [(2.0, 0), (2.5, 10), (3.5, 30), (4.0, 35), (6.0, 40)]  # 20 was skipped, 35 is not on record
    recording = Recording(tmp_path)
    assert recording.manifest
    trace = live.traced(recording, recording.manifest, shown)
    assert trace.steps == [0, 10, 30, 40]
    assert trace.accuracy[-1] == 1
    assert trace.accuracy[1] < 0.8
    assert trace.until(live.FORMED * trace.accuracy[-1]) == 3.5
    assert trace.until(1.1) is None
    assert trace.steps_per_s == 10


def test_the_plain_training_is_looked_at_while_it_goes_on() -> None:
    label = load_dataset("digits").test.label
    assert label is not None
    manifest = Manifest(
        data="digits", variant="beta-vae", kind="image", shape=(1, 8, 8), latent_dim=2,
        index=tuple(range(100)), label=tuple(label[:100].tolist()), classes=(), shown=(), columns=2,
        manifold=True,
    )  # fmt: skip
    given = {"variant": "beta-vae", "data": "digits", "hidden": [16], "latent_dim": 2, "device": "cpu"}
    trace = live.plain(given, manifest, 3.0)
    assert len(trace.steps) == len(trace.seconds) == len(trace.accuracy) > 1
    assert list(trace.seconds) == sorted(trace.seconds)
    assert trace.steps[-1] > trace.steps[0] > 0
    assert trace.seconds[-1] > 1.5  # half of the time it had: looks grow rare
    assert max(trace.accuracy) > 0.2  # of ten classes
    assert trace.steps_per_s > 0


def test_it_prints_what_was_promised(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The worst of the sliders and of the trainings, and every request and message of all drags."""
    drags = [
        beta.figures(Turned([5.0], [screen], [], ["/asked"] * asked)) | {"messages": messages}
        for screen, asked, messages in ((20.0, 0, 0), (31.0, 2, 1))
    ]
    figures = {"rate": 3.0, "distortion": 80.0, "objective": 83.0}
    results = {
        "at": {f"{each:g}": {"validation": figures, "test": figures} for each in rates.BETAS},
        "seconds": 5.0,
        "steps": 9,
    }
    monkeypatch.setattr(beta, "sync_playwright", lambda: nullcontext(None))
    monkeypatch.setattr(browser, "launch", lambda _: io.BytesIO())  # it is closed, and nothing else
    monkeypatch.setattr(beta, "sliders", lambda *_: drags)
    monkeypatch.setattr(beta, "trainings", lambda *_: [{"frames_per_s": 9.0}, {"frames_per_s": 7.5}])
    monkeypatch.setattr(rates.Results, "of", lambda *_: results)
    asked = ["beta", "--json", "--results", str(tmp_path / "kept"), "--sweeps", "digits/vae-2d"]
    monkeypatch.setattr(sys, "argv", asked)
    monkeypatch.setattr(beta, "load_dataset", lambda *_, **__: load_dataset("digits"))
    beta.main()
    said = json.loads(capsys.readouterr().out)
    assert (said["slider_p95_ms"], said["requests_during_drag"], said["live_frames_per_s"]) == (31, 3, 7.5)
    assert [row["beta"] for row in said["table"]] == [0.01, 0.1, 1, 4, 10]
    for row in said["table"]:
        for name in ("multi_rate", "dedicated"):
            assert {key: row[name][key] for key in figures} == figures
    assert (said["multi_rate_train_s"], said["dedicated_train_s"]) == (5, 25)
