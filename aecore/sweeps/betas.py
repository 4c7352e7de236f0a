"""Which β a sweep has, and where a β lies between them. No torch here."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from aecore.errors import UserError

RANGE = re.compile(r"([^:]+):([^:]+):(log|lin)(\d+)")
FEWEST, MOST, HIGHEST = 2, 64, 1000.0
RIGHT = "Give numbers, ranges, or both with commas between them, as in 0,0.1:16:log12 or 0.5:4:lin8."


def parse(text: str, with_zero: bool = False) -> tuple[float, ...]:
    """The β of a sweep, rising, each to six digits.

    Args:
        text: Numbers and ranges with commas between them; ``a:b:log12`` is twelve values from a to b
            at equal ratios, ``a:b:lin12`` at equal distances, both ends included.
        with_zero: Whether 0 is one more.

    Raises:
        UserError: If it is not such a text, or the values are fewer than 2, more than 64, or not
            all from 0 to 1000.
    """
    values = [value for part in text.split(",") for value in _part(part.strip(), text)]
    betas = tuple(sorted({_short(value) for value in [*values, *([0.0] if with_zero else [])]}))
    if not all(0 <= beta <= HIGHEST for beta in betas):
        raise UserError(f"--beta is from 0 to {HIGHEST:g}; {text!r} goes beyond.")
    if not FEWEST <= len(betas) <= MOST:
        raise UserError(f"A sweep has {FEWEST} to {MOST} different β; {text!r} gives {len(betas)}.")
    return betas


def _part(part: str, text: str) -> list[float]:
    found = RANGE.fullmatch(part)
    if not found:
        return [_number(part, text)]
    low, high, count = _number(found[1], text), _number(found[2], text), int(found[4])
    if not FEWEST <= count <= MOST or not low < high:
        raise UserError(f"A range of β rises, and has {FEWEST} to {MOST} values; {part!r} does not. {RIGHT}")
    if found[3] == "lin":
        return [float(value) for value in np.linspace(low, high, count)]
    if low <= 0:
        raise UserError(
            f"A log range starts above 0; {part!r} does not. Put 0 before it, as in 0,0.1:16:log12."
        )
    return [float(value) for value in np.geomspace(low, high, count)]


def _number(said: str, text: str) -> float:
    try:
        number = float(said)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise UserError(f"--beta is {text!r}, of which {said!r} is no number. {RIGHT}")
    return number


def _short(value: float) -> float:
    return float(f"{value:.6g}") + 0.0  # −0 is 0


def locate(betas: Sequence[float], beta: float) -> tuple[int, float]:
    r"""Where a β lies: the member k below it, and its share t of the way to member k + 1.

    .. math:: \beta = \beta_k^{1-t} \beta_{k+1}^t, \quad\text{and from 0}\quad \beta = t^2 \beta_1

    Args:
        betas: Of the members, rising, two or more.
        beta: From the first to the last of them.

    Returns:
        k from 0 to K − 2 and t from 0 to 1.

    Raises:
        UserError: If β is beyond the members.
    """
    if not betas[0] <= beta <= betas[-1]:
        raise UserError(f"This sweep has β from {betas[0]:g} to {betas[-1]:g}; {beta:g} is beyond.")
    k = next(k for k, (_, high) in enumerate(pairwise(betas)) if beta <= high)
    low, high = betas[k], betas[k + 1]
    if low == 0:
        return k, math.sqrt(beta / high)
    return k, math.log(beta / low) / math.log(high / low)


def between(low: float, high: float, t: float = 0.5) -> float:
    """The β at share ``t`` of the way from one member to the next: the inverse of :func:`locate`."""
    return high * t**2 if low == 0 else low ** (1 - t) * high**t
