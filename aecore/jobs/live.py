"""A live training: step by step, steered while it runs, every change on record."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from aecore.bundles import user_folder
from aecore.bundles.files import remove_folder
from aecore.errors import UserError
from aecore.jobs.cadence import Cadence
from aecore.jobs.commands import WORDS
from aecore.jobs.link import Link
from aecore.jobs.places import DIALS, job_folder
from aecore.jobs.probe import Probe
from aecore.jobs.recorder import Recorder
from aecore.jobs.recording import Dials
from aecore.jobs.records import Command, Job
from aecore.jobs.settings import Limits
from aecore.jobs.training import Outcome, config_of, film, standing_of
from aecore.objectives.dials import RateDial, dial
from aecore.runs import Run
from aecore.runs.states import is_begun
from aecore.training import EpochEnd, Event, Finished, Progress

OFTEN = 30.0  # seconds between two times that the weights are put aside
WAIT = 0.02  # seconds between two looks while it waits
EPOCHS = 100_000
MOST_LINES = 2000  # of the history: beyond, every second one is dropped


class Live:
    """One sitting of a live job.

    Args:
        job: As the store has it.
        link: To supervisor and store.
        limits: How long it goes on unwatched, and how large its recording may be.

    Raises:
        UserError: If it cannot be trained.
    """

    def __init__(self, job: Job, link: Link, limits: Limits) -> None:
        self.job, self.link, self.limits = job, link, limits
        self.folder = job_folder(job.id)
        epochs = {} if "epochs" in job.spec.options else {"epochs": EPOCHS}
        config: dict[str, Any] = {**config_of(job), "keep": "last", **epochs}
        state = self.folder / "state"
        self.paused, self.due, self.slow = job.paused, 0, 0.0
        self.ending: Outcome | None = None
        self.cadence = Cadence()
        place = user_folder(config["data"], f"live-{job.id}")
        self.run = Run.go_on(place, state) if is_begun(state) else Run(config, place, state)
        self._begin()
        self.probe = Probe(self.run.data, self.run.fit.model, self.config, self._names())
        self.recorder = Recorder(
            self.folder, self.probe.manifest, self.probe.originals, limits.recording_mb * 1e6
        )
        if self.run.fit.step and self.recorder.last:
            self._set(self.recorder.last.dials)
            self.recorder.cut(self.run.fit.step)
        elif self.recorder.last:
            self.recorder.begin_again()

    @property
    def config(self) -> dict[str, Any]:
        """As the training was begun."""
        return self.run.config

    def _begin(self) -> None:
        """Takes the weights of the objective into our hand, as the configuration sets them."""
        self.rate: RateDial | None = dial(self.run.fit.model.objective)
        self.lr = self.config["lr"]
        self.annealing_epochs = Dials().annealing_epochs
        if self.rate:
            self.rate.weight.annealing = self.config.get("annealing", "constant")
            self.rate.weight.rise = self._share(self.annealing_epochs)
        self.events: Iterator[Event] = iter(self.run.fit)
        self.event: Progress | None = None
        self.filmed = self.saved = time.monotonic()
        self.filmed_step = self.run.fit.step
        self.busy = 0.0  # seconds spent training since the last frame

    def _share(self, epochs: float) -> float:
        return epochs / max(1, sum(map(self.run.fit.epochs_of, self.run.fit.stages)))

    @property
    def progress(self) -> float:
        """Share of the training that is done."""
        return self.run.fit.step / max(1, self.run.fit.steps)

    def _names(self) -> tuple[str, ...]:
        """What can be turned."""
        if not self.rate:
            return ("lr",)
        by_dimension = self.rate.can_free and {self.config.get("posterior"), self.config.get("prior")} <= {
            None, "gaussian", "normal",
        }  # fmt: skip
        free = ("free_bits",) if by_dimension else ()
        return ("lr", "beta", *free, "annealing", "annealing_epochs")

    def _dials(self) -> Dials:
        if not self.rate:
            return Dials(lr=self.lr, slow=self.slow)
        weight = self.rate.weight
        return Dials(
            beta=weight.value,
            beta_now=weight.at(self.progress),
            lr=self.lr,
            free_bits=self.rate.free_bits,
            annealing=weight.annealing,
            annealing_epochs=self.annealing_epochs,
            annealing_since=weight.since,
            slow=self.slow,
        )

    def _set(self, dials: Dials) -> None:
        """As they stood when the last frame was taken."""
        self._turn_lr(dials.lr)
        self.slow = dials.slow
        if self.rate and dials.beta is not None:
            weight, self.annealing_epochs = self.rate.weight, dials.annealing_epochs
            weight.value, weight.annealing = dials.beta, dials.annealing  # type: ignore[assignment]
            weight.since, weight.rise = dials.annealing_since, self._share(dials.annealing_epochs)
            if self.rate.can_free:
                self.rate.free_bits = dials.free_bits

    def _turn_lr(self, lr: float) -> None:
        self.lr = lr
        for stage in self.run.fit.descents:
            for descent in stage:
                descent.peak = lr

    def train(self) -> Outcome:
        """Until it is told to end, nobody watches any more, or its epochs are done.

        Raises:
            UserError: If the training diverges.
        """
        self.link.tell(message="")
        if not self.recorder.last:
            self._film()
        while not self.ending:
            if self.link.gone.is_set():
                self._show()
                self._keep()
                return Outcome("paused" if self.paused else "interrupted")
            self._obey()
            if self.ending:
                break
            if self.paused and not self.due:
                self.filmed = time.monotonic()
                time.sleep(WAIT)
                continue
            self._advance()
        self._show()
        self._keep()
        return self.ending

    def _advance(self) -> None:
        """On to the next event; a frame where one is due."""
        alone = self.due > 0 or self.slow > 0
        self.run.fit.every = 1 if alone else self.cadence.every
        started = time.monotonic()
        event = next(self.events)
        now = time.monotonic()
        self.busy += now - started
        if isinstance(event, EpochEnd):
            self.run.history.append(event.line())
            if len(self.run.history) > MOST_LINES:
                del self.run.history[1::2]
            if now - self.saved > OFTEN:
                self._keep()
        elif isinstance(event, Finished):
            self.ending = Outcome("done", f"All {event.epochs} epochs are done.")
        else:
            self.event = event
            self.link.tell(standing_of(self.run.fit, event))
            if alone or event.step % self.cadence.every == 0:
                self.due = max(0, self.due - 1)
                if self.slow:
                    self._wait(self.filmed + 1 / self.slow)
                self._show()

    def _wait(self, until: float) -> None:
        while (left := until - time.monotonic()) > 0 and not self.link.gone.is_set():
            self._obey()
            if self.ending or self.paused or not self.slow:
                return
            time.sleep(min(left, WAIT))

    def _film(self) -> None:
        started = time.monotonic()
        try:
            film(self.recorder, self.probe, self.run.fit, self.event, self._dials())
        except OSError as error:
            self.link.tell(message=f"The recording has a gap: {error.strerror}. The training goes on.")
        self.filmed = time.monotonic()
        step = self.run.fit.step
        if step > self.filmed_step:
            self.cadence.learn(self.filmed - started, self.busy, step - self.filmed_step)
        self.filmed_step, self.busy = step, 0.0

    def _show(self) -> None:
        """A frame of where it stands, if the last one is not."""
        last = self.recorder.last
        if not last or last.step != self.run.fit.step or last.dials != self._dials():
            self._film()

    def _keep(self) -> None:
        """Puts the weights aside, to go on from; a full disk is no reason to stop."""
        self.saved = time.monotonic()
        try:
            self.run.save(beside=self._beside())
        except UserError as error:
            print(error, file=sys.stderr, flush=True)
            self.link.tell(message=str(error))

    def _beside(self) -> dict[str, bytes]:
        """What is stored beside the weights: how it was set when they were put aside."""
        return {DIALS: json.dumps(asdict(self._dials())).encode()}

    def _obey(self) -> None:
        minutes = self.limits.idle_minutes
        for command in self.link.commands(now=self.paused):
            try:
                self._do(command)
            except UserError as error:
                self.link.answer(command, str(error))
            else:
                self.link.answer(command, state="ready" if command.name == "save" else "")
            if self.ending:
                return
        if self.link.unwatched > 60 * minutes:
            self.ending = Outcome("stopped", f"Nobody has watched for {minutes:g} minutes; resume goes on.")

    def _do(self, command: Command) -> None:
        if WORDS[command.name].dial and command.name not in self.probe.manifest.dials:
            raise UserError(
                f"This model has no {command.name}; it has {', '.join(self.probe.manifest.dials)}."
            )
        match command.name:
            case "stop":
                self.ending = Outcome("stopped")
            case "pause":
                self._pause(True)
            case "resume":
                self._pause(False)
            case "step":
                if not self.paused:
                    self._pause(True)
                self.due += 1
            case "slow":
                self.slow = command.value
            case "restart":
                self._restart()
            case "save":
                self._show()
                self.run.save(self.folder / f"save-{command.number}", self._beside())
            case "lr":
                self._turn_lr(command.value)
            case name:
                self._turn(name, command.value)

    def _turn(self, name: str, value: Any) -> None:
        assert self.rate
        weight = self.rate.weight
        match name:
            case "beta":
                weight.value = value
            case "free_bits":
                self.rate.free_bits = value
            case "annealing":
                weight.annealing, weight.since = value, self.progress
            case "annealing_epochs":
                self.annealing_epochs, weight.rise = value, self._share(value)

    def _pause(self, paused: bool) -> None:
        if paused:
            self._show()
        self.paused, self.due = paused, 0
        self.link.tell(paused=paused, state="paused" if paused else "running")

    def _restart(self) -> None:
        try:
            self.recorder.begin_again()
        except OSError as error:
            raise UserError(f"It cannot begin again: {error.strerror}. It goes on as it was.") from error
        remove_folder(self.folder / "state")  # of the take that is given up: nobody is to go on from it
        self.run = Run(self.config, self.run.folder, self.run.state, self.run.data)
        self.due = 0
        self._begin()
        self._film()
