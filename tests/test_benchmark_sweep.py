"""``benchmarks.sweep``: eight β as one and one of them are of the same layers, and times are epochs' own."""

from __future__ import annotations

from typing import Any

import pytest

from aecore.sweeps.stack import Stack
from aecore.sweeps.training import Training
from aecore.training import EpochEnd, Event, Finished, Fit
from benchmarks import sweep
from tests.aecore.small import digits


def test_all_of_them_are_one_stack_of_the_layers_of_one() -> None:
    data = digits()
    plan = sweep.plan_of("mlp", "digits", "cpu", 2, 0)
    assert len(plan.betas) == sweep.BETAS == 8
    (leg,) = plan.legs
    assert leg.members == tuple(range(8))
    stack = Training(plan, data).fit.model
    assert isinstance(stack, Stack)
    one = sweep.one_of(plan, data)
    assert isinstance(one, Fit)
    each = sum(weight.numel() for weight in one.model.parameters())
    assert sum(weight.numel() for weight in stack.parameters()) == 8 * each
    assert [event.epoch for event in sweep.all_of(plan, data) if isinstance(event, EpochEnd)] == [1, 2]
    assert one.steps == Training(plan, data).fit.steps


def test_an_epoch_is_timed_without_the_first_and_medians_are_of_the_repeats(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = [0.0]

    def telling(*seconds: float) -> Any:
        runs = iter(seconds)

        def events(plan: Any, data: Any) -> Any:
            each = next(runs)
            for epoch, takes in enumerate((50.0, each, each), start=1):
                clock[0] += takes
                yield EpochEnd(epoch, "train", {}, {}, True, 1e-3, clock[0], 1.0)
            clock[0] += 100.0
            finished: Event = Finished("done", 3, 3, clock[0])
            yield finished

        return events

    monkeypatch.setattr(sweep, "now", lambda device: clock[0])
    monkeypatch.setattr(sweep, "one_of", telling(2.0, 4.0, 3.0))
    monkeypatch.setattr(sweep, "all_of", telling(5.0, 6.0, 6.0))
    (row,) = sweep.measured(["mlp"], ["cpu"], 3, 2, digits())
    assert row == {
        "name": "mlp", "device": "cpu", "betas": 8,
        "epoch_of_one_s": 3.0, "epoch_of_all_s": 6.0, "times": 2.0,
    }  # fmt: skip
