"""A loss that is no number: the step, the likely cause, and nothing kept in silence."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from aecore.model import Autoencoder
from aecore.step import Losses, Step
from aecore.training import Diverged
from aecore.training import fit as fit_module
from aecore.training.divergence import Watch
from tests.aecore.small import digits, fit, head, model


class Recorded:
    """Notes whether each training loss was a number."""

    def __init__(self, made: Autoencoder, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made, self.losses, self.finite = made, made.losses, list[bool]()
        monkeypatch.setattr(made, "losses", self)

    def __call__(self, step: Step) -> Losses:
        losses = self.losses(step)
        if self.made.training:
            self.finite.append(math.isfinite(losses.loss.detach()))
        return losses


@pytest.mark.parametrize("tick", [0.0, 1e9])
def test_a_rate_too_high_is_caught_at_the_step_where_it_happened(
    tick: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fit_module, "TICK", tick)
    made = model("vae", likelihood="gaussian", seed=1)
    recorded = Recorded(made, monkeypatch)
    with pytest.raises(Diverged) as error:
        fit(made, optimiser="sgd", lr=10.0, epochs=5, batch_size=16)
    step = recorded.finite.index(False) + 1
    assert f"no number any more at step {step}: " in str(error.value)
    assert "lower --lr" in str(error.value).lower()


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_bad_example_is_caught_at_its_step(value: float) -> None:
    data = digits(256)
    x = data.train.x.clone()
    x[17] = value
    torch.manual_seed(3)
    place = int((torch.randperm(256) == 17).nonzero())
    with pytest.raises(Diverged, match=f"at step {place // 64 + 1}: .*or the data hold values that are not"):
        fit(model("vae"), replace(data, train=replace(data.train, x=x)), batch_size=64, seed=3)


class Broken(torch.autograd.Function):
    """Adds nothing to the loss and NaN to its gradient."""

    @staticmethod
    def forward(ctx: object, parameter: Tensor) -> Tensor:
        return torch.zeros(())

    @staticmethod
    def backward(ctx: object, slope: Tensor) -> Tensor:
        return torch.full((), math.nan)


@pytest.mark.parametrize("validation", [0, 64])
def test_a_last_step_that_breaks_the_weights_is_caught_too(
    validation: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, data = model("autoencoder", likelihood="gaussian"), digits(64)
    losses = made.losses
    sigma = made.likelihood.get_parameter("raw_log_sigma")

    def broken(step: Step) -> Losses:
        fine = losses(step)
        return Losses(fine.loss + Broken.apply(sigma), fine.report)

    monkeypatch.setattr(made, "losses", broken)
    data = replace(data, validation=head(data.validation, validation))
    with pytest.raises(Diverged, match="gives no numbers any more after step 1: "):
        fit(made, data, epochs=1, batch_size=64)


@pytest.mark.parametrize(
    ("means", "precision", "cause"),
    [
        ([], "full", "it never was one for long. The learning rate is probably too high"),
        ([5.0, 3.0, 9.0], "full", "it had grown from 3 to 9. Lower --lr"),
        ([5.0, 3.0], "bf16", "half precision probably overflowed. Use --precision full"),
        ([5.0, 3.0], "full", "it was 3 until then. One step was too long: lower --lr"),
    ],
)
def test_the_likely_cause(means: list[float], precision: str, cause: str) -> None:
    watch = Watch(precision)
    for step, mean in enumerate(means, start=1):
        watch(torch.tensor(mean), step)
        watch.check(mean)
    for step, loss in ((7, 2.0), (8, math.inf), (9, math.nan), (10, 2.0)):
        watch(torch.tensor(loss), step)
    with pytest.raises(Diverged) as error:
        watch.check(math.nan)
    assert "at step 8: " in str(error.value)
    assert cause in str(error.value)
