"""What a training is said to take, held against the training itself; timed in a real process."""

from __future__ import annotations

import os
import signal
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from aecore.errors import UserError
from aecore.model import Autoencoder
from aecore.runs import Run, complete, estimate
from aecore.runs.estimate import Cost, cost, devices
from aecore.runs.stopwatch import Stopwatch
from aecore.training import Fit, Progress, available
from aecore.training.sums import Sums
from tests.aecore.small import digits, model

SMALL: dict[str, Any] = {"latent_dim": 2, "hidden": [16], "epochs": 3, "device": "cpu"}


def config(variant: str = "vae", **options: Any) -> dict[str, Any]:
    return complete({"variant": variant, "data": "digits", **SMALL, **options})


@pytest.fixture(scope="module")
def stopwatch() -> Iterator[Stopwatch]:
    found = Stopwatch(patience=600)  # however busy the machine is
    yield found
    found.close()


def test_a_process_times_a_training_and_is_kept(stopwatch: Stopwatch) -> None:
    found = Cost(**stopwatch.cost(config()))
    assert found.device == "cpu"
    assert found.steps == 3 * 19  # 1,200 examples, 64 at a time
    assert 0 < found.seconds < 60
    assert found.memory > 50e6  # PyTorch itself
    process = stopwatch._process
    assert process
    said = stopwatch.devices()
    assert said[-1]["name"] == "cpu"
    assert said[-1]["title"].startswith("CPU, ")
    assert stopwatch._process is process


def test_a_larger_model_needs_its_weights_gradients_and_moments_more(stopwatch: Stopwatch) -> None:
    few, many = (Cost(**stopwatch.cost(config(hidden=hidden))) for hidden in ([16], [1500, 1500]))
    weights = 4 * 2 * (64 * 1500 + 1500 * 1500)  # bytes, of encoder and decoder
    # Weights, gradients, Adam's two and the best; all but gradients once more, and as files, as it is saved.
    assert 4.5 * weights < many.memory - few.memory < 20 * weights
    assert many.seconds > few.seconds


def test_what_is_refused_is_said_and_the_process_lives(stopwatch: Stopwatch) -> None:
    with pytest.raises(UserError, match="batches of two"):
        stopwatch.cost(config(batch_norm=True, batch_size=1))
    assert stopwatch.devices()


def test_one_that_takes_too_long_is_ended_and_the_next_is_timed(stopwatch: Stopwatch) -> None:
    assert stopwatch.devices()
    process, stopwatch.patience = stopwatch._process, 0.0
    assert process
    try:
        with pytest.raises(UserError, match="longer than 0 s"):
            stopwatch.cost(config(hidden=[2000, 2000]))
    finally:
        stopwatch.patience = 600.0
    assert process.poll() is not None
    assert stopwatch.devices()


def test_a_process_that_was_killed_is_started_again(stopwatch: Stopwatch) -> None:
    assert stopwatch.devices()
    process = stopwatch._process
    assert process
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert stopwatch.devices()


@pytest.mark.parametrize(
    ("variant", "options"),
    [
        ("vae", {}),
        ("linear", {}),
        ("stacked", {"hidden": [16, 8]}),
        ("factor-vae", {"critic_hidden": [16]}),
        ("vq-vae", {"latent_dim": 4, "prior_width": 16, "prior_layers": 1}),
    ],
)
def test_every_stage_counts(variant: str, options: dict[str, Any]) -> None:
    if variant == "linear":
        of = complete({"variant": "linear", "data": "digits", "latent_dim": 2, "device": "cpu"})
    else:
        of = config(variant, **options)
    found = cost(of)
    assert found.seconds > 0
    assert found.examples_per_s > 0
    fit = Fit(model(variant), digits(), epochs=of["epochs"], device="cpu")
    assert (found.steps == 0) == (not any(stage.players for stage in fit.stages))


@pytest.mark.parametrize("options", [{"hidden": [64]}, {"hidden": [1024]}, {"annealing": "linear"}])
def test_the_time_is_that_of_a_job(options: dict[str, Any], own_home: Path) -> None:
    """What a job does until its last epoch is done, beside what was said; in turns, for machines are busy."""
    of = config("beta-vae", **options, epochs=12)
    said, took = [], []
    for turn in range(3):
        said.append(cost(of).seconds)
        run = Run.begin(of, f"turn-{turn}")
        began = time.perf_counter()
        run.save()
        assert run._descend(lambda _: None).epoch == 12
        took.append(time.perf_counter() - began)
    assert 1 / 2.5 < statistics.median(said) / statistics.median(took) < 2.5


def test_what_follows_every_epoch_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = cost(config(epochs=100)).seconds

    def slow(_: Run) -> dict[str, bytes]:
        time.sleep(0.5)
        return {}

    monkeypatch.setattr(Run, "files", slow)
    assert cost(config(epochs=100)).seconds > plain + 100 * 0.25  # the rest for a busy machine


@pytest.mark.parametrize(("spent", "times"), [(0.0, 1), (9.0, 10), (1000.0, 100)])
def test_what_is_stored_once_a_second_counts_as_often(
    monkeypatch: pytest.MonkeyPatch, spent: float, times: int
) -> None:
    run = Run(config(), Path(), None)
    monkeypatch.setattr(Run, "files", lambda _: {})
    monkeypatch.setattr(estimate, "write_folder", lambda *_: time.sleep(0.2))
    assert 0.2 * times <= estimate._saving(run, 100, spent) < 0.4 * times + 1  # which is for the weights


def test_what_a_killed_one_has_left_is_swept_away(own_home: Path) -> None:
    left, new = own_home / ".timing-left", own_home / ".timing-new"
    for folder in (left, new):
        (folder / "state").mkdir(parents=True)
    os.utime(left, (time.time() - 7200,) * 2)
    cost(config())
    assert [each.name for each in own_home.iterdir() if each.name.startswith(".timing")] == [new.name]


def test_two_validations_count_where_a_weight_is_scheduled(monkeypatch: pytest.MonkeyPatch) -> None:
    prepare = Autoencoder.prepare

    def slow(model: Autoencoder, step: Any) -> Any:
        time.sleep(0.0 if model.training else 0.5)
        return prepare(model, step)

    monkeypatch.setattr(Autoencoder, "prepare", slow)
    plain = cost(config("beta-vae", epochs=100)).seconds
    assert plain > 100 * 0.5
    assert cost(config("beta-vae", epochs=100, annealing="linear")).seconds > plain + 100 * 0.25


def test_a_step_is_timed_as_often_as_it_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    means = Sums.means

    def slow(sums: Sums) -> dict[str, float]:
        time.sleep(0.3)
        return means(sums)

    monkeypatch.setattr(Sums, "means", slow)
    assert cost(config(epochs=10)).seconds < 10 * 10 * 0.3 / 2  # ten steps an epoch, one report


def test_reports_that_were_held_up_count_for_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page is drawn on the same cores: two reports of three take ten times as long."""
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(estimate, "time", SimpleNamespace(perf_counter=lambda: clock.now))
    fit = Fit(model("vae"), digits(), epochs=5, device="cpu")

    def reports(fit: Fit) -> Iterator[Progress]:
        for number in range(10):
            fit.step += 5
            clock.now += 5 * (0.01 if number % 3 else 0.001)
            yield Progress("training", fit.step, 100, 1, {}, 0.0, 0.0)

    monkeypatch.setattr(Fit, "__iter__", reports)
    assert estimate._step(fit) == pytest.approx(0.001)


def test_every_device_is_named() -> None:
    found = devices()
    assert [each.name for each in found] == available()
    for each in found:
        if each.name.startswith("cuda"):
            assert each.title == torch.cuda.get_device_name(each.name)
            assert each.free is not None
            assert 0 < each.free <= torch.cuda.get_device_properties(each.name).total_memory
    cpu = found[-1]
    assert cpu.free is None or 0 < cpu.free < 2**50


def test_a_gpu_is_named_with_what_is_free_and_what_was_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    cards = {"cuda:0": ("Small GPU", 2, 1), "cuda:1": ("Large GPU", 80, 30)}
    for name, of in (("get_device_name", 0), ("max_memory_reserved", 2)):
        monkeypatch.setattr(torch.cuda, name, lambda device, of=of: cards[device][of])
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (cards[device][1], 99))
    monkeypatch.setattr(estimate, "available", lambda: [*cards, "cpu"])
    small, large, _ = estimate.devices()
    assert small == estimate.Device("cuda:0", "Small GPU", 2)
    assert large == estimate.Device("cuda:1", "Large GPU", 80)
    assert estimate.peak("cuda:1") == 30
