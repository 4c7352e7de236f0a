"""What a training tells those who listen: the bar, the history file, the page."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Progress:
    """Several times a second while players descend.

    Attributes:
        stage: Name of the stage.
        step, steps: Steps done and to do, over all stages.
        epoch: Counted from 1.
        terms: Running means of this epoch: ``loss``, ``distortion``, ``rate``, …
        examples_per_s: Of this epoch so far.
        seconds_left: An estimate from the steps of this run so far.
    """

    stage: str
    step: int
    steps: int
    epoch: int
    terms: dict[str, float]
    examples_per_s: float
    seconds_left: float


@dataclass(frozen=True)
class EpochEnd:
    """After every epoch; one line of ``history.jsonl``.

    Attributes:
        epoch: Counted from 1, over all stages.
        stage: Name of the stage.
        train: Means over the epoch of the loss as optimised and of its terms.
        validation: The same on the validation split; empty where there is none.
        best: Whether this is the best epoch so far.
        lr: Learning rate at the end of the epoch.
        seconds: Spent training since the run began, earlier sittings counted, pauses left out.
        examples_per_s: Of this epoch.
        gradients: Length of the gradient that the last step of the epoch followed, by layer, in the unit
            of the loss over that of the weights; of a layer that did not descend nothing, and histories
            written before have none.
    """

    epoch: int
    stage: str
    train: dict[str, float]
    validation: dict[str, float]
    best: bool
    lr: float
    seconds: float
    examples_per_s: float
    gradients: dict[str, float] = field(default_factory=dict)

    def line(self) -> dict[str, object]:
        """As the history file has it."""
        return asdict(self)


@dataclass(frozen=True)
class Finished:
    """Once, at the end; the model holds the weights that are kept.

    Attributes:
        why: ``done``, ``stopped`` or ``early`` (no better epoch for a while).
        epoch: The epoch whose weights are kept.
        epochs: How many were trained.
        seconds: Time spent training.
    """

    why: str
    epoch: int
    epochs: int
    seconds: float


Event = Progress | EpochEnd | Finished
