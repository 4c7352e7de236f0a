"""What every registered variant must hold, and who is excused from what, with the reason."""

from __future__ import annotations

import pytest
from _pytest.mark import ParameterSet

from aecore.nets import NETS
from aecore.variants import VARIANTS, schema

# (check, variant): why it does not apply, as in ("gradient", "pca"): "it is solved in closed form".
EXEMPT: dict[tuple[str, str], str] = {
    ("gradient", "linear"): "it is solved in closed form, nothing descends",
    ("gradient", "multi-rate-vae"): "its conditioning starts at zero, so features of β are reached one step "
    "later, where test_multi_rate_vae looks",
    ("players", "linear"): "it is solved in closed form, so no player owns its parameters",
    ("descent", "linear"): "it is solved in closed form; test_linear holds it to the least error there is",
}

CHECKS = {
    "terms",
    "gradient",
    "players",
    "evaluation",
    "descent",
    "interface",
    "json",
    "lesson",
}


def nets_of(variant: str) -> tuple[str, ...]:
    """The nets that a variant can be made of; those with no such option are tried with every name."""
    net = schema(variant).get("net")
    return net.choices if net else tuple(NETS)


def every_variant(check: str) -> pytest.MarkDecorator:
    """Runs a check once for each registered variant."""
    return pytest.mark.parametrize("variant", [_case(check, name, name) for name in VARIANTS])


def every_model(check: str) -> pytest.MarkDecorator:
    """Runs a check once for each registered variant with each net."""
    cases = [_case(check, name, name, net) for name in VARIANTS for net in nets_of(name)]
    return pytest.mark.parametrize(("variant", "net"), cases)


def _case(check: str, variant: str, *values: str) -> ParameterSet:
    if check not in CHECKS:
        raise ValueError(f"{check!r} is not among the checks of the suite.")
    reason = EXEMPT.get((check, variant))
    return pytest.param(*values, marks=[pytest.mark.skip(reason=reason)] if reason else [])
