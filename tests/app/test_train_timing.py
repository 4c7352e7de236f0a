"""What a training is said to take, held against the training itself; timed in a real process."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from aecore.errors import UserError
from aecore.runs import complete
from aecore.runs.estimate import Cost, cost, devices
from aecore.runs.stopwatch import Stopwatch
from aecore.training import EpochEnd, Fit, available
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
    assert found.steps == 3 * 10  # 1,200 examples, 128 at a time
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
    assert 3.5 * weights < many.memory - few.memory < 12 * weights  # weights, gradients, Adam's two, the best
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


def test_the_time_is_that_of_the_training() -> None:
    """Two trainings of which one has 16 times the work in a step; machines are busy, so only roughly."""

    def both(**options: Any) -> tuple[float, float]:
        said = cost(config(**options)).seconds
        fit = Fit(model("vae", **options, latent_dim=2), digits(1200, 300), epochs=3, device="cpu")
        began = time.perf_counter()
        assert sum(isinstance(event, EpochEnd) for event in fit) == 3
        return said, time.perf_counter() - began

    for hidden in ([64], [1024]):
        said, took = both(hidden=hidden)
        assert took / 8 < said < took * 8


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
