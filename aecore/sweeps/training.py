"""Training the members of a sweep, leg by leg; what is done can be stored and gone on from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from torch import Tensor

from aecore import variants
from aecore.data import Dataset, DataSpec
from aecore.errors import UserError
from aecore.model import Autoencoder
from aecore.options import options_of
from aecore.sweeps.plan import Leg, Plan
from aecore.sweeps.stack import Stack
from aecore.training import Event, Finished, Fit, Randomness


@dataclass(frozen=True)
class Moment:
    """What happened, of a sweep's training.

    Attributes:
        leg, legs: The leg it is of, counted from 1, and how many there are.
        betas: Of the members that the leg trains.
        event: What the training of the leg told.
        step, steps: Optimiser steps done and to do, over all legs; a stack's count once.
    """

    leg: int
    legs: int
    betas: tuple[float, ...]
    event: Event
    step: int
    steps: int


def build_member(plan: Plan, spec: DataSpec, beta: float) -> Autoencoder:
    """A fresh β-VAE of a sweep: all of them start with the same weights."""
    config = plan.config_at(beta)
    with Randomness(config["seed"], "cpu")():
        return variants.build(config, spec)


class Training:
    """A sweep's training, to be iterated over; between two moments it may be stored and stopped.

    Args:
        plan: What to train.
        data: On what.

    Attributes:
        weights: Of each member that is done, on the CPU, by its index.
        seconds: How long each took.

    Raises:
        UserError: If an option does not fit.
    """

    def __init__(self, plan: Plan, data: Dataset) -> None:
        self.plan, self.data = plan, data
        self.weights: dict[int, dict[str, Tensor]] = {}
        self.seconds: dict[int, float] = {}
        model = build_member(plan, data.spec, plan.betas[-1])
        if kept := [name for name, _ in model.named_buffers()]:
            raise UserError(f"A sweep's models have weights alone; this one also keeps {kept[0]}.")
        self.fit = self._fit(plan.legs[0])
        self.device = self.fit.device

    @property
    def done(self) -> int:
        """How many legs are done."""
        return sum(set(leg.members) <= self.weights.keys() for leg in self.plan.legs)

    def __iter__(self) -> Iterator[Moment]:
        legs = self.plan.legs
        steps = [self._steps(leg) for leg in legs]
        for number in range(self.done, len(legs)):
            leg, fit = legs[number], self.fit
            betas = tuple(self.plan.betas[k] for k in leg.members)
            for event in fit:
                if isinstance(event, Finished):
                    self._keep(leg, event)
                    if number + 1 < len(legs):
                        self.fit = self._fit(legs[number + 1])
                done = sum(steps[:number]) + fit.step
                yield Moment(number + 1, len(legs), betas, event, done, sum(steps))

    def _keep(self, leg: Leg, finished: Finished) -> None:
        model: Any = self.fit.model
        alone = {name: each.detach().cpu().clone() for name, each in model.state_dict().items()}
        each = model.unstacked() if self._is_stack(leg) else [alone]
        for k, weights in zip(leg.members, each, strict=True):
            self.weights[k], self.seconds[k] = weights, finished.seconds / len(leg.members)

    @property
    def _is_under_way(self) -> bool:
        """Whether a leg has been begun and is not done."""
        return self.fit.step > 0 and self.done < len(self.plan.legs)

    def _is_stack(self, leg: Leg) -> bool:
        return len(leg.members) > 1

    def _steps(self, leg: Leg) -> int:
        return self.fit.steps_per_epoch * int(self.plan.fit(leg)["epochs"])

    def _fit(self, leg: Leg) -> Fit:
        """The training of a leg from its beginning."""
        models = [build_member(self.plan, self.data.spec, self.plan.betas[k]) for k in leg.members]
        if leg.after is not None:
            for model in models:
                model.load_state_dict(self.weights[leg.after])
        trained: Any = models[0]
        if self._is_stack(leg):
            ends = [build_member(self.plan, self.data.spec, beta).objective for beta in (0.0, 1.0)]
            trained = Stack(models, [self.plan.betas[k] for k in leg.members], (ends[0], ends[1]))
        options = {name: self.plan.config[name] for name in options_of(Fit)} | self.plan.fit(leg)
        return Fit(cast(Autoencoder, trained), self.data, **options)

    def tensors(self) -> dict[str, Tensor]:
        """Everything to go on from, with ``numbers``: what is done, and where the leg at work stands."""
        done = {f"member.{k}/{name}": each for k, own in self.weights.items() for name, each in own.items()}
        now = self.fit.tensors() if self._is_under_way else {}
        return done | {f"fit/{name}": each for name, each in now.items()}

    def numbers(self) -> dict[str, Any]:
        """Where the training stands."""
        return {
            "seconds": {str(k): seconds for k, seconds in self.seconds.items()},
            "fit": self.fit.numbers() if self._is_under_way else {},
        }

    def restore(self, tensors: dict[str, Tensor], numbers: dict[str, Any]) -> None:
        """Goes back to where ``tensors`` and ``numbers`` were read, at the end of an epoch."""
        parts: dict[str, dict[str, Tensor]] = {}
        for key, value in tensors.items():
            part, _, name = key.partition("/")
            parts.setdefault(part, {})[name] = value
        now = parts.pop("fit", {})
        self.weights = {int(part.removeprefix("member.")): own for part, own in parts.items()}
        self.seconds = {int(k): float(seconds) for k, seconds in numbers["seconds"].items()}
        if self.done < len(self.plan.legs):
            self.fit = self._fit(self.plan.legs[self.done])
            if numbers["fit"]:
                self.fit.restore(now, numbers["fit"])
