"""How often a training tells of itself, and that waiting for whoever listens is no training."""

from __future__ import annotations

import time

import pytest

from aecore.training import EpochEnd, Fit, Progress
from tests.aecore.small import digits, equal, model, weights


@pytest.mark.parametrize("every", [1, 3])
def test_a_listener_hears_of_every_so_many_steps_and_of_the_end_of_an_epoch(every: int) -> None:
    alone, heard = model(), model()
    for _ in Fit(alone, digits(), epochs=3, batch_size=64, device="cpu"):
        pass
    listened = Fit(heard, digits(), epochs=3, batch_size=64, device="cpu")
    listened.every = every
    steps = [event.step for event in listened if isinstance(event, Progress)]
    assert steps == [step for step in range(1, 13) if step % every == 0 or step % 4 == 0]
    assert equal(weights(alone), weights(heard))


def test_the_time_a_listener_takes_is_no_time_of_training() -> None:
    fit = Fit(model(), digits(), epochs=1, batch_size=64, device="cpu")
    fit.every = 1
    started = time.perf_counter()
    for event in fit:
        if isinstance(event, Progress):
            time.sleep(0.2)
        elif isinstance(event, EpochEnd):
            assert event.seconds <= time.perf_counter() - started - 4 * 0.2
