"""A bundle of a live training's weights, measured, mapped and exported as any other."""

from __future__ import annotations

import itertools
import json
import math
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aecore.bundles import user_folder
from aecore.bundles.files import current
from aecore.errors import UserError
from aecore.jobs.places import DIALS, job_folder
from aecore.jobs.recording import Dials
from aecore.jobs.records import Command, Job
from aecore.runs import Run, runs_root
from aecore.runs.claim import Busy, Claim
from aecore.runs.finish import make_bundle
from aecore.runs.states import is_begun, read_state


def save(job: Job, command: Command) -> str:
    """Makes the bundle; its id.

    The weights are those that were put aside when it was asked for, or those at which the job ended.

    Args:
        job: A live one.
        command: ``save``, its value the name, or empty for one made of variant and dimension.

    Raises:
        UserError: If the name is taken, or there is nothing to save or no room for it.
    """
    folder = job_folder(job.id)
    aside = folder / f"save-{command.number}"
    state = aside if current(aside).is_dir() else folder / "state"
    if not is_begun(state):
        raise UserError("There is nothing to save yet: it has not made a step.")
    config = read_state(state)["config"]
    claim = _claim(config, command.value or "")
    with claim:
        place = user_folder(config["data"], claim.state.name)
        run = Run.go_on(place, state)
        fit = run.fit
        for stage in fit.stages[fit.stage_index :]:
            if stage.solve:
                with fit.randomness():
                    stage.solve(fit.train)
        epochs = max(1, math.ceil(fit.step / fit.steps_per_epoch))
        bundle = make_bundle(
            place, fit.model, run.data, _as_it_was(current(state), run.config, epochs), run.history,
            device=fit.device, seconds=fit.seconds, command="", job=job.id,
        )  # fmt: skip
    shutil.rmtree(aside, ignore_errors=True)
    return bundle.id


def _claim(config: dict[str, object], name: str) -> Claim:
    """The name that was asked for, or the first that is free.

    Raises:
        UserError: If it is taken.
    """
    data = str(config["data"])
    for count in itertools.count(1):
        number = f"-{count}" if count > 1 else ""
        wanted = name or f"{config['variant']}-{config['latent_dim']}d-live{number}"
        place = user_folder(data, wanted)
        state = runs_root() / data / wanted
        try:
            claim = Claim(state)
        except Busy:
            if name:
                raise
            continue
        if not current(place).exists() and not current(state).exists():
            return claim
        claim.release()
        if name:
            raise UserError(f"{data}/{name} is there already: choose another name.")
    raise AssertionError("there is always a next number")


def _as_it_was(state: Path, config: Mapping[str, Any], epochs: int) -> dict[str, Any]:
    """The configuration with what was turned by hand as it stood when the weights were put aside.

    Args:
        state: The folder of those weights.
        config: As the training began.
        epochs: Begun since.
    """
    try:
        dials = Dials(**json.loads((state / DIALS).read_bytes()))
    except (OSError, ValueError, TypeError):  # written before there was that file
        dials = Dials(lr=config["lr"])
    turned = {
        "beta": dials.beta_now,  # on its way up, what a nat cost these weights
        "annealing": None if dials.beta is None else dials.annealing,
        "lr": dials.lr,
        "free_bits": None if dials.beta is None else dials.free_bits,
    }
    known = {name: value for name, value in turned.items() if name in config and value is not None}
    return {**config, **known, "epochs": epochs}
