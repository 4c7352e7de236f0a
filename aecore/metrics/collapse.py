"""Posterior collapse: which dimensions of a code say nothing of the example, and what helps. No torch here.

A dimension has collapsed where q(z|x) is the prior for every x: its KL is zero, and the decoder hears
noise. What makes a nat too dear, or needless, brings it about: a large β, a likelihood with too large a
σ, a price that is there before the code is of use, a decoder that does without the code.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

DEAD = 0.01  # nats
WEAK = math.log(2)  # nats: one bit, which tells two halves of the data apart

SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")

Verdict = Literal["none", "partial", "total"]

HELP = (
    "What helps: a lower β, annealing it from 0, free bits, or a weaker decoder (for grey values also a "
    "likelihood whose σ is learned). Raising β makes it worse."
)


@dataclass(frozen=True)
class Collapse:
    """What became of each latent dimension.

    Attributes:
        dead: Dimensions below 0.01 nats, counted from 0: collapsed onto the prior.
        weak: Dimensions that carry less than one bit (log 2 nats), not dead.
        used: All the others.
        idle: Dimensions whose nats are paid for while the mean of q(z|x) hardly moves with x, as
            free bits can leave them; counted where the active units are known, else 0.
        verdict: ``none``, ``partial`` (some are dead) or ``total`` (all are).
    """

    dead: tuple[int, ...]
    weak: tuple[int, ...]
    used: tuple[int, ...]
    idle: int
    verdict: Verdict

    @property
    def sentence(self) -> str:
        """What was found, and what helps where something is wrong."""
        n = len(self.dead) + len(self.weak) + len(self.used)
        if self.verdict == "total":
            return f"All {n} dimensions collapsed onto the prior: the decoder hears nothing of x. {HELP}"
        parts = []
        if self.dead:
            parts.append(
                f"{len(self.dead)} of {n} dimensions collapsed onto the prior, below {DEAD:g} nats "
                f"({_names(self.dead)})."
            )
        if self.weak:
            parts.append(f"{_count(len(self.weak))} less than one bit ({_names(self.weak)}).")
        if self.idle:
            parts.append(f"{_count(self.idle)} nats without a mean that follows x.")
        if not parts:
            return f"No collapse: each of the {n} dimensions carries more than one bit."
        if self.dead and not self.weak and not self.idle:
            parts.append(
                "The others may be all that the data need: collapse is a fault where the reconstruction "
                "suffers."
            )
        return " ".join([*parts, HELP])


def diagnose(kl_per_dimension: Sequence[float], active_units: int | None = None) -> Collapse:
    """Sorts latent dimensions by what they carry.

    Args:
        kl_per_dimension: Mean KL of each dimension over the data, nats.
        active_units: How many dimensions have a mean that varies over the data, if that is known.

    Raises:
        ValueError: If there is no dimension, or a KL is not a finite number.

    Source:
        The two signs of it, KL and active units: Burda et al. (2016), section 5.2,
        https://arxiv.org/abs/1509.00519; its causes and treatment: Bowman et al. (2016), section 3.1,
        https://arxiv.org/abs/1511.06349. Where a dimension is dead or weak is our choice.
    """
    if not kl_per_dimension or not all(map(math.isfinite, kl_per_dimension)):
        raise ValueError(f"A diagnosis needs a finite KL of each dimension; got {list(kl_per_dimension)}.")
    numbered = list(enumerate(kl_per_dimension))
    dead = tuple(d for d, kl in numbered if kl < DEAD)
    weak = tuple(d for d, kl in numbered if DEAD <= kl < WEAK)
    used = tuple(d for d, kl in numbered if kl >= WEAK)
    idle = 0 if active_units is None else max(0, len(weak) + len(used) - active_units)
    verdict: Verdict = "total" if len(dead) == len(numbered) else "partial" if dead else "none"
    return Collapse(dead, weak, used, idle, verdict)


def of_card(metrics: Mapping[str, Any]) -> Collapse | None:
    """The diagnosis of a card's metrics; None where they have no KL of each dimension."""
    kl = metrics.get("kl_per_dimension")
    return diagnose(kl, metrics.get("active_units")) if kl else None


def _names(dimensions: Sequence[int]) -> str:
    """As the canvas names them, counted from one: z₁."""
    return ", ".join("z" + str(d + 1).translate(SUBSCRIPTS) for d in dimensions)


def _count(n: int) -> str:
    return "1 carries" if n == 1 else f"{n} carry"
