"""What a training will take, before it starts: counted from its shapes, and timed over a few steps.

What is timed runs as the training itself would, on its device, as busy as that is now; call it in a
process of its own (:mod:`aecore.runs.stopwatch`), whose memory nothing else has used.
"""

from __future__ import annotations

import os
import resource
import shutil
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from aecore import variants
from aecore.bundles import user_root
from aecore.bundles.files import write_folder
from aecore.data import DataSpec, spec_of
from aecore.errors import UserError
from aecore.model import Autoencoder
from aecore.runs.run import OFTEN, Run
from aecore.step import Stage, Step
from aecore.training import Fit, Progress, available

REPORTS = 10  # of each stage, over whose steps it is timed at most
LONG = 1.5  # seconds after which no further steps are timed
TIMING = ".timing-"  # how a folder begins that is written to be timed
LEFT = 3600.0  # seconds after which nobody is writing it any more
FEW = 1000  # examples on which validation and closed forms are timed


@dataclass(frozen=True)
class Size:
    """What follows from shapes alone.

    Attributes:
        parameters: Trained numbers in the model.
        compression_ratio: Numbers in an example, a sequence at its full length, over those in its code.
        advice: What is legal and unwise about it, as a sentence, or empty.
    """

    parameters: int
    compression_ratio: float
    advice: str


@dataclass(frozen=True)
class Cost:
    """What a training takes.

    Attributes:
        device: Where it was timed.
        seconds: Until its last epoch is done; measuring and mapping come on top.
        memory: Bytes on that device; on a CPU those of the whole process. What PyTorch itself takes of a GPU
            is left out, as it is of ``Device.free``, where it has been taken already.
        examples_per_s: While it trains, over all its stages.
        steps: Steps of the optimiser.
    """

    device: str
    seconds: float
    memory: int
    examples_per_s: float
    steps: int


@dataclass(frozen=True)
class Device:
    """Where a training can run.

    Attributes:
        name: As ``--device`` takes it.
        title: For people.
        free: Bytes that are free there now, once PyTorch has been loaded there; None where nobody says.
    """

    name: str
    title: str
    free: int | None


def spec(config: Mapping[str, Any]) -> DataSpec:
    """What an example is under a configuration; no data are read.

    Raises:
        UserError: If pixels are to be made black or white that are so already.
    """
    found = spec_of(config["data"])
    if config.get("antialias"):
        found = replace(found, values="unit")
    if config.get("binarise", "none") == "none":
        return found
    if found.values != "unit":
        raise UserError(f"{config['data']} is black and white already: leave --binarise at none.")
    return replace(found, values="binary")


def size(config: Mapping[str, Any]) -> Size:
    """The size of the model of a complete configuration, of which no weight is made.

    Raises:
        UserError: If the model cannot be made of these options.
    """
    of = spec(config)
    model = shapes(config, of)
    parameters = sum(each.numel() for each in model.parameters())
    return Size(parameters, of.size / model.latent_dim, variants.find(config["variant"]).warn(of, config))


def misfit(variant: str, data: str) -> str:
    """Why a variant with its defaults cannot be trained on a data set, as a sentence; empty if it can."""
    of = spec_of(data)
    try:
        shapes({"variant": variant}, of)
    except UserError as error:
        return str(error)
    return ""


def shapes(config: Mapping[str, Any], of: DataSpec) -> Autoencoder:
    """A model of a configuration, without its weights.

    Raises:
        UserError: If it cannot be made of these options.
    """
    with torch.device("meta"):
        return variants.build(config, of)


def cost(config: Mapping[str, Any]) -> Cost:
    """Times a few steps of each stage of a complete configuration.

    Raises:
        UserError: If the data are missing, the training cannot begin, or it diverges at once.
    """
    run = Run(config, Path(), None)
    fit = run.fit
    seconds = descending = 0.0
    for index, stage in enumerate(fit.stages):
        fit.stage_index, fit.stage_epoch = index, 0
        if stage.players:
            spent = fit.epochs_of(stage) * fit.steps_per_epoch * _step(fit)
            descending += spent
            seconds += spent + fit.epochs_of(stage) * _validation(fit)
            seconds += _saving(run, fit.epochs_of(stage), spent)
        if stage.solve:
            seconds += _solution(fit, stage)
    epochs = sum(map(fit.epochs_of, fit.stages))
    speed = epochs * len(fit.train) / descending if descending else len(fit.train) / max(seconds, 1e-9)
    return Cost(fit.device, seconds, peak(fit.device), speed, fit.steps)


def _step(fit: Fit) -> float:
    """Seconds that a step of the stage takes, by a few reports, the first step left out.

    Of the reports the lower quartile: a page that is being drawn beside it holds up the others. It reports as
    often as in a job: what that takes is part of a step.
    """
    taken: list[float] = []
    step, fit.every = fit.step, 1
    began = before = time.perf_counter()
    for event in fit:
        _wait(fit.device)
        now = time.perf_counter()
        if not isinstance(event, Progress):
            break
        taken.append((now - before) / (fit.step - step))
        before, step, fit.every = now, fit.step, 0
        if len(taken) > REPORTS or now - began > LONG:
            break
    return sorted(taken[1:] or taken)[len(taken[1:]) // 4]


@torch.no_grad()
def _validation(fit: Fit) -> float:
    """Seconds that the validation after an epoch takes."""
    few = fit.validation.take(torch.arange(min(FEW, len(fit.validation)), device=fit.device))
    if not len(few):
        return 0.0
    fit.model.eval()
    player = fit.stages[fit.stage_index].players[0]
    began = time.perf_counter()
    player.loss(fit.model.prepare(Step(few.x, few.x, label=few.label, progress=1.0)))
    _wait(fit.device)
    times = 2 if player.scheduled else 1  # with the weights as they stand, and as they will
    return (time.perf_counter() - began) * len(fit.validation) / len(few) * times


def _saving(run: Run, epochs: int, spent: float) -> float:
    """Seconds that it takes to keep the weights of each epoch, and to store where the training stands.

    Args:
        run: The training.
        epochs: How many.
        spent: Seconds that they take: it is stored once a second at most.
    """
    home = user_root().parent  # the disk on which it will lie
    for left in home.glob(f"{TIMING}*"):  # by one that was killed
        with suppress(FileNotFoundError):  # another sweeps too
            if time.time() - left.stat().st_mtime > LEFT:
                shutil.rmtree(left, ignore_errors=True)
    with TemporaryDirectory(prefix=TIMING, dir=home if home.is_dir() else None) as folder:
        began = time.perf_counter()
        run.fit.kept = {name: value.detach().clone() for name, value in run.fit.model.state_dict().items()}
        files = run.files()
        kept = time.perf_counter()
        write_folder(Path(folder) / "state", files)
        return epochs * (kept - began) + min(epochs, 1 + spent / OFTEN) * (time.perf_counter() - kept)


def _solution(fit: Fit, stage: Stage) -> float:
    """Seconds that a closed form takes, as they grow with the number of examples."""
    few = fit.train.take(torch.arange(min(FEW, len(fit.train)), device=fit.device))
    assert stage.solve
    began = time.perf_counter()
    stage.solve(few)
    _wait(fit.device)
    return (time.perf_counter() - began) * len(fit.train) / len(few)


def _wait(device: str) -> None:
    kind = torch.device(device).type
    if kind == "cuda":
        torch.cuda.synchronize(device)
    elif kind == "mps":
        torch.mps.synchronize()


def peak(device: str) -> int:
    """Bytes that this process has taken at most: on a device of its own there, else altogether."""
    kind = torch.device(device).type
    if kind == "cuda":
        return torch.cuda.max_memory_reserved(device)
    if kind == "mps":
        return int(torch.mps.driver_allocated_memory())
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def devices() -> list[Device]:
    """Every device, the fastest first."""
    return [_device(name) for name in available()]


def _device(name: str) -> Device:
    kind = torch.device(name).type
    if kind == "cuda":
        return Device(name, torch.cuda.get_device_name(name), torch.cuda.mem_get_info(name)[0])
    if kind == "mps":
        free = torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
        return Device(name, "Apple GPU", int(free))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Device(name, f"CPU, {cores} core{'s' if cores > 1 else ''}", _free())


def _free() -> int | None:
    """Bytes that programs can still have."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        said = dict(line.split(":", 1) for line in lines)
        return int(said["MemAvailable"].split()[0]) * 1024
    except (OSError, ValueError, KeyError):
        return None
