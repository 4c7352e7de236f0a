"""Objectives as sums: ``Reconstruction() + beta * KL()`` is an object that can be differentiated."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol, cast

import torch
from torch import Tensor, nn

from aecore.bottlenecks import Posterior
from aecore.likelihoods import Likelihood
from aecore.objectives.schedules import Constant, Schedule
from aecore.step import Losses, Pass, Step

Weight = float | Schedule


class Model(Protocol):
    """What a term may ask of the model it is a term of."""

    likelihood: Likelihood

    def told(self, step: Step) -> Tensor | None: ...
    def posterior(self, x: Tensor, condition: Tensor | None = None) -> Posterior: ...
    def decode_raw(
        self, z: Tensor, condition: Tensor | None = None, given: Tensor | None = None
    ) -> Tensor: ...
    def __call__(self, step: Step) -> Pass: ...


class Coded(Protocol):
    """What a term's symbol depends on."""

    corruption: Callable[[Tensor], Tensor] | None

    @property
    def probabilistic(self) -> bool: ...


@dataclass(frozen=True)
class Adversary:
    """A critic that a term brings along, and what the critic itself minimises.

    Attributes:
        name: The player's name.
        module: The critic; one that serves two terms is the same object in both.
        loss: Its loss on a step, given the model; it makes its own pass, on fresh samples.
    """

    name: str
    module: nn.Module
    loss: Callable[[Model, Step], Losses]


class Term(nn.Module, ABC):
    """One named term of an objective, without its weight.

    Attributes:
        name: Under which it is reported.
        per: ``example`` if it returns shape (B,), ``batch`` if it returns shape ().
        unit: What it is measured in.
        latex: Its symbol.
        schedules: What inside it changes with the progress of the training.
    """

    name: str
    per: ClassVar[Literal["example", "batch"]] = "example"
    unit: ClassVar[str] = "nats"
    latex: str
    schedules: tuple[Schedule, ...] = ()

    @abstractmethod
    def forward(self, model: Model, step: Step, passed: Pass) -> Tensor:
        """Its value, shape (B,) or () as ``per`` says; differentiable."""

    def symbol(self, model: Coded) -> str:
        """Its LaTeX as a term of this model: without q(z|x), say, where a code is a point."""
        return self.latex

    def adversaries(self) -> tuple[Adversary, ...]:
        """The critics it needs; most terms need none."""
        return ()

    def __rmul__(self, weight: Weight) -> Objective:
        return Objective([(weight, self)])

    def __add__(self, other: Term | Objective) -> Objective:
        return 1.0 * self + other


class Objective(nn.Module):
    """A weighted sum of terms, in the order in which it was written."""

    def __init__(self, weighted: Sequence[tuple[Weight, Term]]) -> None:
        super().__init__()
        names = [term.name for _, term in weighted]
        if len(set(names)) < len(names):
            raise ValueError(f"An objective names each term once; got {', '.join(names)}.")
        self.weights = [w if isinstance(w, Schedule) else Constant(w) for w, _ in weighted]
        self.terms = nn.ModuleList(term for _, term in weighted)

    def _terms(self) -> list[Term]:
        return cast(list[Term], list(self.terms))

    def _weighted(self) -> list[tuple[Schedule, Term]]:
        return list(zip(self.weights, self._terms(), strict=True))

    def __add__(self, other: Term | Objective) -> Objective:
        more = other if isinstance(other, Objective) else 1.0 * other
        return Objective([*self._weighted(), *more._weighted()])

    def forward(self, model: Model, step: Step, passed: Pass) -> Losses:
        """The sum to be minimised, averaged over the batch, and each term's own mean."""
        total = torch.zeros((), device=step.target.device)
        report = {}
        for weight, term in self._weighted():
            value = term(model, step, passed)
            report[term.name] = value.mean().detach()
            total = total + (weight(step) * value).mean()
        return Losses(total, report)

    def adversaries(self) -> tuple[Adversary, ...]:
        """Every critic among the terms, once each."""
        found = {id(a.module): a for term in self._terms() for a in term.adversaries()}
        return tuple(found.values())

    @property
    def scheduled(self) -> bool:
        """Whether anything in it changes with the progress of the training."""
        inner = (schedule for term in self._terms() for schedule in term.schedules)
        return any(not isinstance(schedule, Constant) for schedule in (*self.weights, *inner))

    @property
    def latex(self) -> str:
        """The equation as it now stands, weights filled in."""
        return self._sum(lambda term: term.latex)

    def equation(self, model: Coded) -> str:
        """The same with each term's symbol in this model."""
        return self._sum(lambda term: term.symbol(model))

    def _sum(self, symbol: Callable[[Term], str]) -> str:
        parts = []
        for weight, term in self._weighted():
            factor = "" if str(weight) == "1" else f"{weight}\\,"
            parts.append(f"{factor}{symbol(term)}")
        return " + ".join(parts)
