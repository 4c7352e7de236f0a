"""A training as a job: a ``Run`` whose listener reports, obeys, and now and then takes a frame."""

from __future__ import annotations

import sys
import time
import traceback
from collections import deque
from dataclasses import dataclass, replace

from aecore.errors import UserError
from aecore.jobs.link import Link, finite
from aecore.jobs.places import job_folder
from aecore.jobs.probe import Probe
from aecore.jobs.recorder import Recorder
from aecore.jobs.recording import Dials, Header
from aecore.jobs.records import Job, Standing, State
from aecore.jobs.settings import Limits
from aecore.runs import Run, complete
from aecore.runs.states import run_of
from aecore.training import Event, Finished, Fit, Progress, resolve

SHARE = 0.05  # of the time, that frames may take
OFTEN = 1.0  # seconds between two frames at least


@dataclass(frozen=True)
class Outcome:
    """How a sitting ended.

    Attributes:
        state: Of the job, from now on.
        message: Why, as a sentence; empty if there is nothing to say.
        bundle: Id of what was made, or empty.
    """

    state: State
    message: str = ""
    bundle: str = ""


class _Left(Exception):
    """The training is left where it is, to be gone on with."""

    def __init__(self, state: State, message: str) -> None:
        super().__init__(message)
        self.state, self.message = state, message


class Filming:
    """Frames of a training that belongs to somebody else: rare, and never a reason for it to fail.

    Args:
        job: Whose.
        run: Its training.
        limits: For the size of the recording.
    """

    def __init__(self, job: Job, run: Run, limits: Limits) -> None:
        self.run, self.cost, self.at = run, 0.0, -float("inf")
        try:
            self.probe = Probe(run.data, run.fit.model, run.config)
            self.recorder: Recorder | None = Recorder(
                job_folder(job.id), self.probe.manifest, self.probe.originals, limits.recording_mb * 1e6
            )
        except Exception:
            self._give_up()

    def __call__(self, event: Progress) -> None:
        """A frame, if it is time for one."""
        if time.monotonic() - self.at >= max(OFTEN, self.cost / SHARE):
            self.film(event, lr_of(self.run.fit))

    def film(self, event: Progress, lr: float) -> None:
        """A frame of the model as it is."""
        started = time.monotonic()
        if not self.recorder:
            return
        try:
            film(self.recorder, self.probe, self.run.fit, event, Dials(lr=lr))
        except Exception:
            self._give_up()
        self.at = time.monotonic()
        self.cost = self.at - started

    def _give_up(self) -> None:
        print("This training is not recorded:", file=sys.stderr)
        traceback.print_exc()
        self.recorder = None


def film(recorder: Recorder, probe: Probe, fit: Fit, event: Progress | None, dials: Dials) -> Header:
    """Takes and writes one frame; without an event, that of an untrained model.

    Raises:
        OSError: If there is no room for it.
    """
    look = probe.look(fit.model.eval())
    header = Header(
        number=0,
        step=fit.step,
        epoch=event.epoch if event else 1,
        seconds=round(fit.seconds, 3),
        dials=dials,
        terms=finite(event.terms) if event else {},
        rate=look.rate,
        distortion=look.distortion,
        negative_elbo=look.negative_elbo,
        kl=look.kl,
        active_units=look.active_units,
        bounds=look.bounds,
        traversed=look.traversed,
    )
    return recorder.append(header, look.parts)


def lr_of(fit: Fit) -> float:
    """Learning rate of the last step, of the first player; 0 where nobody descends."""
    descents = fit.descents[fit.stage_index]
    return descents[0].lr if descents else 0.0


def standing_of(fit: Fit, event: Progress) -> Standing:
    """How far a training is."""
    return Standing(
        stage=event.stage,
        epoch=event.epoch,
        epochs=sum(map(fit.epochs_of, fit.stages)),
        step=event.step,
        steps=event.steps,
        terms=finite(event.terms),
        examples_per_s=event.examples_per_s,
        seconds_left=event.seconds_left,
        lr=lr_of(fit),
    )


def config_of(job: Job) -> dict[str, object]:
    """Its whole configuration; the device by name where ``auto`` would be another than was chosen for it."""
    config = complete(job.spec.given)
    return config if resolve(str(config["device"])) == job.device else config | {"device": job.device}


def train(job: Job, link: Link, limits: Limits) -> Outcome:
    """Trains to the end, or until told otherwise.

    Raises:
        UserError: If the training fails because of what was asked for.
    """
    run = _run(job)
    link.tell(run=run.id, message="")
    filming = Filming(job, run, limits)
    last: deque[tuple[Progress, Standing]] = deque(maxlen=1)

    def listen(event: Event) -> None:
        if link.gone.is_set():
            raise _Left("interrupted", "")
        for command in link.commands():
            link.answer(command)
            if command.name == "stop":
                run.stop()
            elif command.name == "pause":
                raise _Left("paused", f"It goes on after epoch {run.fit.epoch}." if run.fit.epoch else "")
        if isinstance(event, Progress):
            last.append((event, standing_of(run.fit, event)))
            link.tell(last[-1][1])
            filming(event)
        elif isinstance(event, Finished):
            progress, standing = last[-1] if last else (None, None)
            if progress and standing:  # of the weights that are kept: the bundle's figures are theirs
                filming.film(progress, standing.lr)
            link.tell(standing, message="Measuring, mapping, exporting.")

    try:
        bundle = run.train(listen)
    except _Left as left:
        return Outcome(left.state, left.message)
    except UserError as error:
        if run.fit.stopping and not run.fit.epoch:
            return Outcome("stopped", str(error))
        raise
    return Outcome("stopped" if run.resumable else "done", "", bundle.id)  # too late a stop stops nothing


def _run(job: Job) -> Run:
    """The run that was begun before, if it has left something to go on from; else a new one."""
    if begun := run_of(job.id):
        return Run.resume(begun)
    replaced = replace(job.spec, options={**job.spec.options, "device": config_of(job)["device"]})
    run = Run.begin(replaced.given, job.spec.name, replace=job.spec.replace)
    run.job = job.id
    return run
