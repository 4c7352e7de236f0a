"""Weights of terms: numbers, and what changes as training goes on."""

from __future__ import annotations

from aecore.objectives import Asked, Constant, Cyclical, Ramp, Schedule
from aecore.scripts.page import Page, no_code, number


def weigh(weight: Schedule, page: Page, lines: list[str]) -> tuple[str, str]:
    """A weight as an expression, whose lines are added to ``lines``, and as an equation says it."""
    if type(weight) is Constant:
        return number(weight.value), number(weight.value)
    name = "beta"
    if type(weight) is Ramp:
        page.asks("progress")
        lines.append(f"beta = {ramp(weight)}")
    elif type(weight) is Cyclical:
        page.asks("progress")
        within = f"progress * {weight.cycles} % 1.0"
        rises = f"min(1.0, ({within}) / {number(weight.share)})"
        lines.append(
            f"beta = {number(weight.end)} * ({rises} if progress < 1 else 1.0)  # {weight.cycles} times: "
            "Fu et al. (2019), https://arxiv.org/abs/1903.10145"
        )
    elif type(weight) is Asked:
        rises = ""
        if weight.warmup:
            page.asks("progress")
            rises = f" * min(1.0, progress / {number(weight.warmup)})"
        lines.append(f"beta = log_beta[:, 0].exp(){rises}  # (B,)")
    else:
        raise no_code(type(weight).__name__)
    return name, "β"


def ramp(weight: Ramp) -> str:
    """A weight that changes in a straight line, with a comment."""
    share = "progress" if weight.share == 1 else f"progress / {number(weight.share)}"
    slope = number(weight.end - weight.start)
    rise = f"min(1.0, {share})" if slope == "1" else f"{slope} * min(1.0, {share})"
    value = rise if not weight.start else f"{number(weight.start)} + {rise}"
    return f"{value}  # from {number(weight.start)} to {number(weight.end)}"
