"""What can be turned while a training runs: the price of a nat, how it rises, and what is free.

A live training takes the weight of an objective's rate into its hand: ``dial(objective)`` puts a
:class:`Dial` in its place. A dial reads the progress of the step like any schedule, so that the same
turns at the same steps give the same training, however often somebody looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch

from aecore.errors import UserError
from aecore.objectives.objective import Objective, Term
from aecore.objectives.schedules import Constant, Cyclical, Ramp, Schedule
from aecore.objectives.terms import KL, CapacityGap, FreeBits
from aecore.objectives.total_correlation import TotalCorrelation
from aecore.step import Step

Annealing = Literal["constant", "linear", "cyclical"]
ANNEALING: tuple[Annealing, ...] = ("constant", "linear", "cyclical")


@dataclass
class Dial(Schedule):
    """A weight that is turned by hand.

    Attributes:
        value: Where it stands, and where a rise ends.
        annealing: ``constant``: at once; ``linear``: from 0, once; ``cyclical``: from 0, again and again,
            a rise and then as long at its height.
        since: Progress of the training at which the rise begins, 0 to 1.
        rise: Share of the training that a rise takes.
    """

    value: float
    annealing: Annealing = "constant"
    since: float = 0.0
    rise: float = 0.0

    def __call__(self, step: Step) -> float:
        return self.at(step.progress)

    def at(self, progress: float) -> float:
        """The weight when a share ``progress`` of the training is done."""
        if self.annealing == "constant" or self.rise <= 0 or progress >= 1:
            return self.value
        rises = max(0.0, progress - self.since) / self.rise
        return self.value * min(1.0, rises % 2 if self.annealing == "cyclical" else rises)

    def __str__(self) -> str:
        return f"{self.value:g}"


class RateDial:
    """The rate of an objective, its weight β in our hand.

    Args:
        objective: Its dialled term is given a :class:`Dial` for a weight.
        index: Which of its terms.

    Attributes:
        weight: The dial.
        can_free: Whether nats of each dimension can be free: where the term is the KL of each.
    """

    def __init__(self, objective: Objective, index: int) -> None:
        self.objective, self.index = objective, index
        old = objective.weights[index]
        nothing = torch.empty(0)
        self.weight = Dial(float(old(Step(nothing, nothing, progress=1.0))))
        objective.weights[index] = self.weight
        self.can_free = isinstance(objective.terms[index], KL | FreeBits)

    @property
    def free_bits(self) -> float:
        """Nats of each dimension that cost nothing."""
        term = self.objective.terms[self.index]
        return term.nats if isinstance(term, FreeBits) else 0.0

    @free_bits.setter
    def free_bits(self, nats: float) -> None:
        if not self.can_free:
            raise UserError("This model has no KL of each dimension of which nats could be free.")
        term: Term = FreeBits(nats) if nats else KL()
        self.objective.terms[self.index] = term


def dial(objective: Objective) -> RateDial | None:
    """Takes the weight of the rate, or of the total correlation, into our hand; None where there is none.

    Where several terms are a rate none is taken: no single number is their β. Nor where the weight is
    an input of the model.
    """
    for kinds in ((KL, FreeBits, CapacityGap), (TotalCorrelation,)):
        found = [k for k, term in enumerate(objective.terms) if isinstance(term, kinds)]
        if len(found) == 1 and isinstance(objective.weights[found[0]], Constant | Ramp | Cyclical):
            return RateDial(objective, found[0])
    return None
