"""Which weights are kept: best, last, early, stopped."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest
import torch
from torch import Tensor

from aecore.bottlenecks import Point
from aecore.step import Player, Step
from aecore.training import EpochEnd, Event, Finished, Fit, Progress
from aecore.training import fit as fit_module
from tests.aecore.small import digits, equal, fit, head, model, weights


class Scripted(Fit):
    """A training whose validation losses are given."""

    script: tuple[float, ...] = (5.0, 4.0, 4.5, 4.0, 3.0, 6.0)

    def _validate(self, player: Player, progress: float) -> tuple[dict[str, float], float]:
        loss = self.script[self.epoch - 1]
        return {"loss": loss}, loss


def run(training: Fit) -> tuple[list[EpochEnd], Finished, list[dict[str, Tensor]]]:
    """The ends of epochs, the end, and the weights after each epoch."""
    ends, after, last = [], [], None
    for event in training:
        if isinstance(event, EpochEnd):
            ends.append(event)
            after.append(weights(training.model))
        last = event
    return ends, cast(Finished, last), after


@pytest.mark.parametrize(
    ("keep", "patience", "why", "kept", "epochs"),
    [
        ("best", 0, "done", 5, 6),
        ("last", 0, "done", 6, 6),
        ("best", 2, "early", 2, 4),
        ("last", 2, "early", 4, 4),
        ("best", 3, "done", 5, 6),
        ("best", 1, "early", 2, 3),
    ],
)
def test_patience_and_what_is_kept(keep: Any, patience: int, why: str, kept: int, epochs: int) -> None:
    made = model("vae")
    training = Scripted(made, digits(), epochs=6, batch_size=64, keep=keep, patience=patience, device="cpu")
    ends, last, after = run(training)
    assert (last.why, last.epoch, last.epochs) == (why, kept, epochs)
    assert [end.best for end in ends] == [True, True, False, False, True, False][:epochs]
    assert equal(weights(made), after[kept - 1])


def test_without_validation_it_runs_to_its_end_and_keeps_the_last() -> None:
    made, data = model("vae"), replace(digits(), validation=head(digits().validation, 0))
    training = Fit(made, data, epochs=3, batch_size=64, patience=1, device="cpu")
    ends, last, after = run(training)
    assert (last.why, last.epoch) == ("done", 3)
    assert all(end.validation == {} for end in ends)
    assert equal(weights(made), after[-1])


def test_the_best_epoch_is_chosen_with_the_schedules_at_their_end() -> None:
    data = digits(1200, binarise="threshold")
    chosen: dict[str, Any] = {"data": data, "likelihood": "bernoulli", "beta": 1}
    started = model("beta-vae", **chosen)
    fit(started, data, epochs=25, lr=3e-3)
    made = model("beta-vae", annealing="linear", annealing_share=1.0, **chosen)
    made.load_state_dict(started.state_dict())  # from here on a low β makes a low loss and no better model
    training = Fit(made, data, epochs=5, batch_size=64, device="cpu")
    ends, last, after = run(training)
    at_the_end = []
    x = data.validation.x
    for each in after:
        made.load_state_dict(each)
        torch.manual_seed(0)  # the noise of every validation
        at_the_end.append(float(made.losses(Step(x, x, progress=1.0)).loss.detach()))
    as_scheduled = [end.validation["loss"] for end in ends]
    assert last.epoch == 1 + min(range(5), key=at_the_end.__getitem__)
    assert last.epoch != 1 + min(range(5), key=as_scheduled.__getitem__)
    assert as_scheduled[-1] == pytest.approx(at_the_end[-1], rel=1e-5)


def stopped(variant: str, at_step: int) -> tuple[list[Event], Fit, dict[str, Tensor]]:
    """A training that is stopped at a step, and the weights after its first epoch."""
    training = Fit(model(variant), digits(), epochs=5, batch_size=64, device="cpu")
    events, first = [], {}
    for event in training:
        events.append(event)
        if isinstance(event, EpochEnd) and event.epoch == 1:
            first = weights(training.model)
        if isinstance(event, Progress) and event.step == at_step:
            training.stop()
    return events, training, first


def test_stop_in_the_middle_of_an_epoch_keeps_the_best_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit_module, "TICK", 0.0)
    events, training, first = stopped("vae", at_step=6)
    last = cast(Finished, events[-1])
    assert (last.why, last.epoch, last.epochs) == ("stopped", 1, 1)
    assert training.step == 7  # the step it was in
    assert equal(weights(training.model), first)
    assert not training.model.training


def test_stop_in_the_first_epoch_says_that_none_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit_module, "TICK", 0.0)
    events, training, _ = stopped("autoencoder", at_step=2)
    last = cast(Finished, events[-1])
    assert (last.why, last.epoch, last.epochs) == ("stopped", 0, 0)
    assert training.model.sample(2).isfinite().all()


def test_a_stopped_autoencoder_has_its_prior(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit_module, "TICK", 0.0)
    _, training, _ = stopped("autoencoder", at_step=6)
    codes = training.model.encode(digits().train.x)
    torch.testing.assert_close(cast(Point, training.model.bottleneck).prior_mean, codes.mean(0).detach())
