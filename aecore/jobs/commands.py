"""What can be said to a job, and what each word takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aecore.bundles.reader import is_name
from aecore.errors import UserError, unknown
from aecore.jobs.records import Kind


@dataclass(frozen=True)
class Word:
    """One command.

    Attributes:
        help: What it does to the training.
        read: The value, checked.
        kinds: Jobs that know it.
        dial: Whether it turns something of the training, so that no command line does it again.
    """

    help: str
    read: Callable[[object], Any]
    kinds: tuple[Kind, ...] = ("live",)
    dial: bool = False


def _nothing(value: object) -> None:
    if value is not None:
        raise UserError(f"It takes no value; {value!r} is one.")


def _number(low: float, high: float) -> Callable[[object], float]:
    def read(value: object) -> float:
        try:
            number = float(str(value))
        except ValueError:
            number = float("nan")
        if not low <= number <= high:
            raise UserError(f"It takes a number from {low:g} to {high:g}; {value!r} is none.")
        return number

    return read


def _one_of(*names: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if value not in names:
            raise unknown("way of annealing", str(value), names)
        return str(value)

    return read


def _name(value: object) -> str:
    if value not in (None, "") and not is_name(value):
        raise UserError(
            f"{value!r} does not do as a name: use at most 80 lower-case letters, digits, dots, dashes and "
            "underscores, a letter or digit first."
        )
    return str(value or "")


BOTH: tuple[Kind, ...] = ("train", "live")
WORDS: dict[str, Word] = {
    "stop": Word("End it; what it has learned is kept.", _nothing, BOTH),
    "pause": Word("Wait. A training lets go of its device and goes on from its last epoch.", _nothing, BOTH),
    "resume": Word("Go on.", _nothing, BOTH),
    "step": Word("One step of the optimiser, then wait.", _nothing),
    "slow": Word("A frame after every step, and at most so many a second; 0: full speed.", _number(0, 60)),
    "restart": Word("From the same seed and the first settings once more; the recording too.", _nothing),
    "save": Word("Make a bundle of the weights as they are, of this name.", _name),
    "beta": Word("What a nat of code costs, in nats of distortion.", _number(0, 1000), dial=True),
    "lr": Word("Learning rate: how far a step goes.", _number(1e-8, 10), dial=True),
    "free_bits": Word("Nats of each dimension that cost nothing.", _number(0, 100), dial=True),
    "annealing": Word(
        "How β gets to where it is set, beginning now.", _one_of("constant", "linear", "cyclical"), dial=True
    ),
    "annealing_epochs": Word("Epochs that a rise of β takes.", _number(0.01, 10_000), dial=True),
}


def read(name: str, value: object, kind: Kind) -> Any:
    """The value of a command, checked.

    Raises:
        UserError: If there is no such command for that kind of job, or the value does not fit.
    """
    known = {each: word for each, word in WORDS.items() if kind in word.kinds}
    if name not in known:
        if name in WORDS:
            raise UserError(f"{name} is for live jobs; this one is a training: {', '.join(known)}.")
        raise unknown("command of a job", name, known)
    try:
        return known[name].read(value)
    except UserError as error:
        raise UserError(f"{name}: {error}") from None
