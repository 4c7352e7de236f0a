"""A training that survives: its state lies beside its configuration until the bundle is written."""

from __future__ import annotations

import json
import math
import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import safetensors.torch

from aecore import variants
from aecore.bundles import Bundle, user_folder
from aecore.bundles.files import current, remove_folder, write_folder
from aecore.data import Dataset
from aecore.errors import UserError, unknown
from aecore.options import options_of
from aecore.runs.claim import Busy, Claim, is_busy
from aecore.runs.config import command, complete, load_data
from aecore.runs.finish import make_bundle
from aecore.runs.memory import enough_memory
from aecore.runs.names import claim_of, first_free_claim
from aecore.runs.states import interrupted, is_begun, read_state, runs_root
from aecore.training import Diverged, EpochEnd, Event, Finished, Fit, Randomness

Listener = Callable[[Event], None]

OFTEN = 1.0
"""Seconds from one time that a whole epoch is stored to the next, at least: each waits for the disk."""

LESS_MEMORY = "A smaller --batch-size needs less, and so do smaller --hidden or --channels."


class Run:
    """One training, from its configuration to its bundle.

    Args:
        config: Complete.
        folder: Where the bundle goes: ``<root>/<data set>/<name>``.
        state: Where the run keeps what it needs to go on, or None to keep nothing.
        data: The data set, where it is not to be loaded by its name.

    Attributes:
        id: Data set and name, as the bundle will be called.
        command: A command line that does the same, empty where the data set was handed over.
        job: Id of the job whose it is, set before anything is saved; empty where a command line trains.
        resumable: Whether an epoch of it is stored from which it can go on.
        finishing: Whether its bundle is being made.

    Raises:
        UserError: If the data are missing, the model cannot be made of these options, or there
            is not enough memory for it.
    """

    def __init__(
        self, config: Mapping[str, Any], folder: Path, state: Path | None, data: Dataset | None = None
    ) -> None:
        self.config, self.folder, self.state, self.job = dict(config), folder, state, ""
        self.command = "" if data else command(config)
        with enough_memory(LESS_MEMORY):
            self.data = data or load_data(config)
            with Randomness(config["seed"], "cpu")():
                model = variants.build(config, self.data.spec)
            if said := variants.find(config["variant"]).warn(self.data.spec, config):
                warnings.warn(said, UserWarning, stacklevel=2)
            self.fit = Fit(model, self.data, **{name: config[name] for name in options_of(Fit)})
        self.id = f"{folder.parent.name}/{folder.name}"
        self.history: list[dict[str, Any]] = []
        self.resumable = self.finishing = False
        self.claim: Claim | None = None
        self._due: dict[str, bytes] = {}  # the last whole epoch, as files, until it is stored
        self._stored = -math.inf

    @classmethod
    def begin(
        cls, given: Mapping[str, Any], name: str = "", data: Dataset | None = None, replace: bool = False
    ) -> Run:
        """A new run of the user's, under ``name`` or one made of its variant and dimension.

        The name is this run's from now on. With ``data`` at hand, which may have been changed
        since they were loaded, nothing is kept to resume from.

        Raises:
            UserError: If an option does not fit, or the name is taken and ``replace`` is not set.
        """
        config = complete(given)
        claim = claim_of(config, name, replace) if name else first_free_claim(config)
        state = claim.state
        try:
            run = cls(config, user_folder(config["data"], state.name), None if data else state, data)
        except BaseException:
            claim.release()
            raise
        run.claim = claim
        return run

    @classmethod
    def resume(cls, name: str = "") -> Run:
        """The interrupted run of that name, ``data/name``, or the one that was interrupted last.

        Raises:
            UserError: If there is none.
        """
        found = interrupted()
        if name.count("/") == 1 and is_busy(runs_root() / name):
            raise Busy(f"{name} is being trained by another process.")
        if not found:
            raise UserError("There is no interrupted run to resume.")
        if name and name not in found:
            raise unknown("interrupted run", name, found)
        claim = Claim(found[name or next(iter(found))])
        try:
            run = cls.go_on(user_folder(claim.state.parent.name, claim.state.name), claim.state)
        except BaseException:
            claim.release()
            raise
        run.claim = claim
        return run

    @classmethod
    def open(cls, config: Mapping[str, Any], folder: Path, state: Path) -> Run:
        """A run that goes on from ``state`` if a run of this very configuration left something there.

        Options that have come since it was begun count as what they are by default.

        Raises:
            UserError: If what it left cannot be read, or the model cannot be made.
        """
        if is_begun(state) and _config_in(state) == config:
            return cls.go_on(folder, state)
        return cls(config, folder, state)

    @classmethod
    def go_on(cls, folder: Path, state: Path) -> Run:
        """The run that has left ``state``, with the configuration that stands there.

        Options that have come since it was begun are what they are by default.

        Raises:
            UserError: If it cannot be read or gone on with; it stays as it is.
        """
        run = cls(_config_in(state), folder, state)
        saved = read_state(state)
        run.job = saved["job"]
        if not saved["numbers"]:
            return run
        try:
            run.fit.restore(
                safetensors.torch.load_file(current(state) / "state.safetensors"), saved["numbers"]
            )
            run.history, run.resumable = list(saved["history"]), True
        except (OSError, KeyError, RuntimeError, safetensors.SafetensorError) as error:
            raise UserError(f"The run in {state} cannot be resumed ({error}): remove that folder.") from error
        return run

    def stop(self) -> None:
        """Ends the training after the step it is in."""
        self.fit.stop()

    def train(self, listen: Listener = lambda _: None) -> Bundle:
        """Trains to the end, or until stopped, and writes the bundle of the best epoch.

        Args:
            listen: Is told every event.

        Raises:
            UserError: If the training diverges, is stopped before its first epoch is done, the
                disk or the memory is full, or another process trains it. Where it is ``resumable`` afterwards
                it goes on from its last whole epoch, after a kill from the last one that was stored; else
                it has left nothing behind.
        """
        claim = self.claim or (Claim(self.state) if self.state else nullcontext())
        with claim, enough_memory(LESS_MEMORY):
            try:
                if not self.resumable:
                    self.save()
                finished = self._descend(listen)
            except BaseException as error:
                with suppress(UserError):  # the disk is full: what was stored before is there
                    self._store()
                if isinstance(error, Diverged) or not self.resumable:
                    self._forget()
                raise
            bundle = make_bundle(
                self.folder, self.fit.model, self.data, self.config, self.history,
                device=self.fit.device, seconds=finished.seconds, command=self.command, job=self.job,
                note=self._note(),
            )  # fmt: skip
            if finished.why != "stopped":
                self._forget()
        return bundle

    def _note(self) -> str:
        """What was said of the bundle that this job left when it was stopped."""
        try:
            card = Bundle.open(self.folder).card
        except UserError:
            return ""
        return card.note if self.job and card.job == self.job else ""

    def _descend(self, listen: Listener) -> Finished:
        for event in self.fit:
            if isinstance(event, EpochEnd):
                self.history.append(event.line())
                self._due = self.files() if self.state else {}
                if time.monotonic() - self._stored >= OFTEN:
                    self._store()
            if isinstance(event, Finished):
                self._store()
                self.finishing = True
            listen(event)
        assert isinstance(event, Finished)
        if not event.epoch:
            raise UserError("Stopped before the first epoch was done: there is nothing to keep.")
        return event

    def save(self, state: Path | None = None, beside: Mapping[str, bytes] | None = None) -> None:
        """Stores the configuration and where the training stands, both or neither.

        In the middle of an epoch its weights and optimisers are stored, and the epoch starts over.

        Args:
            state: Where, if not where the run keeps its own.
            beside: More files of that folder, by name.
        """
        if state := state or self.state:
            write_folder(state, {**self.files(), **(beside or {})})

    def files(self) -> dict[str, bytes]:
        """What ``save`` writes."""
        begun = self.history or self.fit.step
        numbers = self.fit.numbers() if begun else {}
        tensors = self.fit.tensors() if begun else {}
        saved = {"config": self.config, "numbers": numbers, "history": self.history, "job": self.job}
        contiguous = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
        return {
            "run.json": json.dumps(saved).encode(),
            "state.safetensors": safetensors.torch.save(contiguous),
        }

    def _store(self) -> None:
        """Writes the last whole epoch, if that is still to be done."""
        if self._due and self.state:
            write_folder(self.state, self._due)
            self._due, self._stored, self.resumable = {}, time.monotonic(), True

    def _forget(self) -> None:
        if self.state:
            remove_folder(self.state)
        self._due, self.resumable = {}, False


def _config_in(state: Path) -> dict[str, Any]:
    """The configuration of a run that was begun, with what options have come since."""
    begun = read_state(state)["config"]
    try:
        return complete(begun)
    except UserError as error:
        raise UserError(
            f"The run in {state} was begun by another version of aecore, and this one cannot go on with it: "
            f"{error} Go on with that version, or remove the folder."
        ) from error
