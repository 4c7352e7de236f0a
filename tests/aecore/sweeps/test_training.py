"""Chains and stacks: warm starts, going on from what was stored, and a stack as good as a loop."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from aecore.runs.config import load_data
from aecore.sweeps.plan import make_plan
from aecore.sweeps.training import Moment, Training, build_member
from aecore.training import EpochEnd
from tests.aecore import small
from tests.aecore.sweeps.conftest import SMALL

QUICK: dict[str, Any] = {
    **SMALL,
    "order": "down",
    "beta": "0,0.5,4",
    "epochs": 3,
    "further_epochs": 2,
    "hidden": [8],
}


def training(**options: Any) -> Training:
    plan = make_plan({**QUICK, **options})
    return Training(plan, load_data(plan.config))


def trained(**options: Any) -> tuple[Training, list[Moment]]:
    made = training(**options)
    return made, list(made)


def copied(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: each.clone() for name, each in tensors.items()}


@pytest.mark.parametrize("stop_at", [0, 2, 3, 5, 6])
def test_a_chain_that_was_stored_goes_on_as_if_nothing_had_happened(stop_at: int) -> None:
    whole, _ = trained()
    first = training()
    for count, moment in enumerate(m for m in first if isinstance(m.event, EpochEnd)):
        if count == stop_at:
            assert moment.step == 19 * (stop_at + 1)
            break
    tensors, numbers = copied(first.tensors()), first.numbers()
    second = training()
    second.restore(tensors, numbers)
    rest = sum(isinstance(moment.event, EpochEnd) for moment in second)
    assert rest == 7 - (stop_at + 1)
    for k in range(3):
        assert small.equal(whole.weights[k], second.weights[k])


def test_each_member_starts_from_its_neighbours_weights() -> None:
    for order, first in (("down", 2), ("up", 1)):
        chain, _ = trained(order=order, further_lr=1e-8, further_epochs=1)
        for k in {0, 1, 2} - {first}:  # so small a step leaves the start recognisable
            for name, weight in chain.weights[k].items():
                assert torch.allclose(weight, chain.weights[first][name], atol=1e-5)
    apart = training(order="apart").fit.model.state_dict()
    fresh = build_member(make_plan(QUICK), load_data(QUICK).spec, 1.0).state_dict()
    assert small.equal(small.weights(build_member(make_plan(QUICK), load_data(QUICK).spec, 7.0)), fresh)
    assert small.equal(dict(apart), fresh)


@pytest.mark.parametrize(
    "options",
    [
        {"order": "apart"},
        {"order": "branch"},
        {"order": "apart", "variant": "beta-vae", "annealing": "linear", "dropout": 0.2},
        {"order": "apart", "variant": "beta-vae", "free_bits": 0.2, "optimiser": "adamw"},
        {"order": "apart", "binarise": "dynamic", "likelihood": "bernoulli"},
        {"order": "apart", "likelihood": "gaussian"},
    ],
    ids=lambda options: "-".join(map(str, options.values())),
)
def test_a_stack_trains_what_a_loop_trains(options: dict[str, Any]) -> None:
    loop, alone = trained(stacked="no", **options)
    stack, together = trained(stacked="yes", **options)
    assert len(stack.plan.legs) < len(loop.plan.legs)
    ends = [moment for moment in alone if isinstance(moment.event, EpochEnd)]
    for leg in {moment.leg for moment in together}:
        betas = next(moment.betas for moment in together if moment.leg == leg)
        rows = [m.event for m in together if m.leg == leg and isinstance(m.event, EpochEnd)]
        for k, beta in enumerate(betas):
            own = [m.event for m in ends if m.betas == (beta,)]
            key = f"loss_{k}" if len(betas) > 1 else "loss"
            for a, b in zip(rows, own, strict=True):
                assert isinstance(a, EpochEnd)
                assert isinstance(b, EpochEnd)
                assert a.train[key] == pytest.approx(b.train["loss"], rel=1e-5)
                assert a.validation[key] == pytest.approx(b.validation["loss"], rel=1e-5)
    for k in range(3):
        for name, weight in loop.weights[k].items():
            assert torch.allclose(weight, stack.weights[k][name], atol=2e-4), name


def test_a_stack_that_was_stored_goes_on() -> None:
    whole, _ = trained(order="apart", stacked="yes")
    first = training(order="apart", stacked="yes")
    for moment in first:
        if isinstance(moment.event, EpochEnd):
            break
    second = training(order="apart", stacked="yes")
    second.restore(copied(first.tensors()), first.numbers())
    assert list(second)
    assert all(small.equal(whole.weights[k], second.weights[k]) for k in range(3))
