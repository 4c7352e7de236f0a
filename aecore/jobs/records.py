"""What a job is, as the store keeps it and everybody reads it. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Kind = Literal["train", "live"]
State = Literal["queued", "running", "paused", "interrupted", "done", "stopped", "failed"]
KINDS: tuple[Kind, ...] = get_args(Kind)
STATES: tuple[State, ...] = get_args(State)

WAITING: tuple[State, ...] = ("queued", "interrupted")
"""Started by a supervisor when their turn comes."""
ENDED: tuple[State, ...] = ("done", "stopped", "failed")
"""Nothing happens any more unless somebody resumes it."""


@dataclass(frozen=True)
class Spec:
    """What is to be trained.

    Attributes:
        variant, data: Names, as ``aecore train`` takes them.
        options: Any option of that training; what is left out takes its default.
        kind: ``train``: to its end, its bundle is the result. ``live``: step by step, watched and steered.
        name: What the bundle is to be called; made of variant and dimension if empty.
        replace: Whether a bundle of that name may be replaced.
    """

    variant: str
    data: str
    options: Mapping[str, Any] = field(default_factory=dict)
    kind: Kind = "train"
    name: str = ""
    replace: bool = False

    @property
    def given(self) -> dict[str, Any]:
        """As ``aecore.runs.complete`` takes it."""
        return {"variant": self.variant, "data": self.data, **self.options}


@dataclass(frozen=True)
class Standing:
    """How far a training is.

    Attributes:
        stage: Name of the stage.
        epoch, epochs: The one it is in, counted from 1, and how many there are.
        step, steps: Steps done and to do, over all stages.
        terms: Means over this epoch so far: ``loss``, ``distortion``, ``rate``, …
        examples_per_s: Of this epoch so far.
        seconds_left: An estimate.
        lr: Learning rate of the last step.
    """

    stage: str
    epoch: int
    epochs: int
    step: int
    steps: int
    terms: Mapping[str, float]
    examples_per_s: float
    seconds_left: float
    lr: float


@dataclass(frozen=True)
class Job:
    """One training, asked for, under way or over.

    Attributes:
        id: Short, random, fit for a URL.
        spec: What is trained.
        state: One of ``STATES``. A live job that is paused keeps its process, a training does not.
        device: Where it runs.
        owner: sha256 of the token of who started it.
        created, started, ended: Seconds since 1970, or None. ``started`` is that of the latest sitting.
        pid: Its worker's process, or None.
        standing: How far it is, or None before its first step.
        message: One sentence on what is happening or why it ended; empty if there is nothing to say.
        run: Data set and name under which its state and its bundle lie, once it has begun; empty before.
        bundle: Id of the bundle it has made; empty if it has made none.
        paused: Whether it is to wait where it is.
        looks: How often somebody said that they watch it.
    """

    id: str
    spec: Spec
    state: State
    device: str
    owner: str
    created: float
    started: float | None = None
    ended: float | None = None
    pid: int | None = None
    standing: Standing | None = None
    message: str = ""
    run: str = ""
    bundle: str = ""
    paused: bool = False
    looks: int = 0


@dataclass(frozen=True)
class Command:
    """Something said to a job.

    Attributes:
        number: Grows with time, over all jobs.
        job: Whom it is for.
        name, value: What; see :mod:`aecore.jobs.commands`.
        state: ``waiting`` until the worker has taken it; ``ready`` for what a process of its own then does
            (a ``save`` whose weights are put aside); ``done`` or ``refused``.
        answer: Why it was refused, or what came of it.
    """

    number: int
    job: str
    name: str
    value: Any = None
    state: Literal["waiting", "ready", "done", "refused"] = "waiting"
    answer: str = ""
