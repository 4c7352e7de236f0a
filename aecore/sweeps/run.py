"""A sweep's training that survives: its state lies aside until the sweep is written."""

from __future__ import annotations

import itertools
import json
import shlex
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import safetensors.torch

from aecore.bundles.files import ASIDE, current, remove_folder, write_folder
from aecore.bundles.store import user_root
from aecore.errors import UserError, unknown
from aecore.runs import complete
from aecore.runs.claim import Busy, Claim, is_busy
from aecore.runs.config import load_data
from aecore.runs.memory import enough_memory
from aecore.runs.run import LESS_MEMORY
from aecore.sweeps.finish import make_sweep
from aecore.sweeps.plan import USUAL, Plan, make_plan
from aecore.sweeps.store import shipped_folder, user_folder
from aecore.sweeps.sweep import Sweep
from aecore.sweeps.training import Moment, Training
from aecore.training import Diverged, EpochEnd, Finished

STATE, TENSORS = "sweep-run.json", "state.safetensors"
SAVED_EVERY = 20.0  # seconds, within a member; at the end of each it is saved in any case

Listener = Callable[[Moment | str], None]
"""Is told every moment of the training, and then, as a text, what is being done."""


class SweepRun:
    """One sweep, from its plan to its files.

    Args:
        plan: What to train.
        folder: Where the sweep goes: its parents name the data set.
        state: Where the run keeps what it needs to go on.
        id: Data set and name.

    Raises:
        UserError: If the data are missing, or the models cannot be made of these options.
    """

    def __init__(self, plan: Plan, folder: Path, state: Path, id: str) -> None:  # noqa: A002 (as of a bundle)
        self.plan, self.folder, self.state, self.id = plan, folder, state, id
        with enough_memory(LESS_MEMORY):
            self.data = load_data(plan.config)
            self.training = Training(plan, self.data)
        self.resumable = False
        self.claim: Claim | None = None

    @classmethod
    def begin(cls, given: Mapping[str, Any], name: str = "", replace: bool = False) -> SweepRun:
        """A new run of the user's, under ``name`` or one made of its variant and dimension.

        Raises:
            UserError: If an option does not fit, or the name is taken and ``replace`` is not set.
        """
        plan = make_plan(given)
        data = plan.config["data"]
        claim = _claim(data, name, replace) if name else _first_free(plan)
        name = claim.state.name
        try:
            run = cls(plan, user_folder(data, name), claim.state, f"{data}/{name}")
        except BaseException:
            claim.release()
            raise
        run.claim = claim
        return run

    @classmethod
    def resume(cls, name: str = "") -> SweepRun:
        """The interrupted run of that name, ``data/name``, or the one that was interrupted last.

        Raises:
            UserError: If there is none, or what it left cannot be read.
        """
        if name.count("/") == 1 and is_busy(states_root() / name):
            raise Busy(f"{name} is being trained by another process.")
        found = interrupted()
        if not found:
            raise UserError("There is no interrupted sweep to resume.")
        if name and name not in found:
            raise unknown("interrupted sweep", name, found)
        claim = Claim(found[name or next(iter(found))])
        state = claim.state
        try:
            folder, plan = user_folder(state.parent.name, state.name), Plan.from_json(_read(state)["plan"])
            run = cls.open(plan, folder, state, f"{state.parent.name}/{state.name}")
        except BaseException:
            claim.release()
            raise
        run.claim = claim
        return run

    @classmethod
    def open(cls, plan: Plan, folder: Path, state: Path, id: str) -> SweepRun:  # noqa: A002
        """A run that goes on from ``state`` if a run of this very plan left something there.

        Options that have come since it was begun count as what they are by default.

        Raises:
            UserError: If what it left cannot be read, or the models cannot be made.
        """
        run = cls(plan, folder, state, id)
        if not (current(state) / STATE).is_file():
            return run
        saved = _read(state)
        try:
            if Plan.from_json(saved["plan"]) != plan:
                return run
            tensors = safetensors.torch.load_file(current(state) / TENSORS)
            run.training.restore(tensors, saved["numbers"])
        except (OSError, KeyError, TypeError, ValueError, RuntimeError, safetensors.SafetensorError) as error:
            raise _unreadable(state, error) from error
        run.resumable = True
        return run

    @property
    def command(self) -> str:
        """A command line that makes this sweep again, leaving out what is usual."""
        return command(self.plan)

    def train(self, listen: Listener = lambda _: None) -> Sweep:
        """Trains every member that is not done, and writes the sweep.

        Raises:
            UserError: If a training diverges, the disk or the memory is full, or another process trains
                it. Where it is ``resumable`` afterwards it goes on from where it was stored last.
        """
        with self.claim or Claim(self.state), enough_memory(LESS_MEMORY):
            try:
                if not self.resumable:
                    self._save()
                self._descend(listen)
            except Diverged:
                self._forget()
                raise
            members = range(len(self.plan.betas))
            sweep = make_sweep(
                self.folder,
                self.plan,
                self.data,
                [self.training.weights[k] for k in members],
                [self.training.seconds[k] for k in members],
                device=self.training.device,
                command=self.command,
                tell=listen,
            )
            self._forget()
        return sweep

    def _descend(self, listen: Listener) -> None:
        saved = time.monotonic()
        for moment in self.training:
            late = isinstance(moment.event, EpochEnd) and time.monotonic() - saved >= SAVED_EVERY
            if late or isinstance(moment.event, Finished):
                self._save()
                saved = time.monotonic()
            listen(moment)

    def _save(self) -> None:
        """Stores the plan and where the training stands, both or neither."""
        said = {"plan": self.plan.to_json(), "numbers": self.training.numbers()}
        tensors = {
            name: each.detach().cpu().contiguous().clone() for name, each in self.training.tensors().items()
        }
        write_folder(self.state, {STATE: json.dumps(said).encode(), TENSORS: safetensors.torch.save(tensors)})
        self.resumable = True

    def _forget(self) -> None:
        remove_folder(self.state)
        self.resumable = False


def command(plan: Plan) -> str:
    """The command line that trains a plan, leaving out what is usual."""
    words = ["aecore", "sweep", "--variant", plan.config["variant"], "--data", plan.config["data"]]
    words += ["--beta", ",".join(f"{beta:g}" for beta in plan.betas), "--order", plan.order]
    words += ["--further-epochs", str(plan.further_epochs), "--further-lr", f"{plan.further_lr:g}"]
    words += ["--stacked", "yes" if plan.stacked else "no"]
    parts: dict[str, Any] = {key: plan.config[key] for key in ("variant", "data", "net", "likelihood")}
    usual = complete(parts) | USUAL
    whole = complete({key: parts[key] for key in ("variant", "data")}) | USUAL
    for key, value in plan.config.items():
        if value != (whole if key in ("net", "likelihood") else usual).get(key):
            text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
            words += [f"--{key.replace('_', '-')}", text]
    return shlex.join(words)


def states_root() -> Path:
    """Where unfinished sweeps keep their state: beside the user's bundles."""
    return user_root().parent / "sweep-runs"


def interrupted() -> dict[str, Path]:
    """Sweeps that can be resumed, by ``data/name``, the latest first; those being trained are left out."""
    entries = ((entry.parent, entry.name.removeprefix(ASIDE)) for entry in states_root().glob("*/*"))
    states = {parent / name for parent, name in entries if not name.startswith(".")}
    times = {state: _saved_at(state) for state in states if not is_busy(state)}
    latest = sorted((state for state in times if times[state]), key=lambda state: -times[state])
    return {f"{state.parent.name}/{state.name}": state for state in latest}


def _saved_at(state: Path) -> float:
    try:
        return (current(state) / STATE).stat().st_mtime
    except OSError:
        return 0.0


def _read(state: Path) -> dict[str, Any]:
    try:
        saved = json.loads((current(state) / STATE).read_bytes())
        return {key: saved[key] for key in ("plan", "numbers")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unreadable(state, error) from error


def _unreadable(state: Path, error: Exception) -> UserError:
    return UserError(f"The sweep in {state} cannot be resumed ({error}): remove that folder.")


def _claim(data: str, name: str, replace: bool) -> Claim:
    """The name that was asked for, if it is free or may be replaced."""
    folder = user_folder(data, name)
    claim = Claim(states_root() / data / name)
    begun = current(claim.state).exists()
    if (current(folder).exists() or begun) and not replace:
        claim.release()
        resume = f" An interrupted one goes on with --resume {data}/{name}." if begun else ""
        raise UserError(f"{data}/{name} is there already: choose another --name, or --replace it.{resume}")
    return claim


def _first_free(plan: Plan) -> Claim:
    """``vae-2d``, ``vae-2d-2``, …: the first that no sweep and no run has."""
    config = plan.config
    for count in itertools.count(1):
        name = f"{config['variant']}-{config['latent_dim']}d" + (f"-{count}" if count > 1 else "")
        if shipped_folder(config["data"], name).exists():
            continue
        try:
            claim = Claim(states_root() / config["data"] / name)
        except Busy:
            continue
        if not (current(user_folder(config["data"], name)).exists() or current(claim.state).exists()):
            return claim
        claim.release()
    raise AssertionError("there is always a next number")
