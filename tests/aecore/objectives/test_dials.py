"""β in our hand: where it stands, how it rises, and that the loss hears of it."""

from __future__ import annotations

import pytest
import torch

from aecore.errors import UserError
from aecore.objectives import KL, Constant, FreeBits, Ramp, Reconstruction
from aecore.objectives.dials import Dial, RateDial, dial
from aecore.objectives.objective import Objective
from aecore.step import Step
from tests.aecore.small import digits, model


def step(progress: float = 1.0) -> Step:
    x = digits().train.x[:16]
    return Step(x, x, progress=progress)


def taken(objective: Objective) -> RateDial:
    found = dial(objective)
    assert found
    return found


def test_a_rise_is_a_straight_line_from_where_it_was_turned() -> None:
    turned = Dial(8.0, "linear", since=0.25, rise=0.5)
    assert [turned.at(p) for p in (0, 0.25, 0.5, 0.75, 0.9, 1)] == [0, 0, 4, 8, 8, 8]
    turned.annealing = "constant"
    assert turned.at(0) == 8
    turned.annealing, turned.since, turned.rise = "cyclical", 0.0, 0.125
    assert [turned.at(p) for p in (0, 0.0625, 0.125, 0.1875, 0.25, 0.3125, 1)] == [0, 4, 8, 8, 0, 4, 8]
    assert turned(step(0.0625)) == 4
    assert str(turned) == "8"


def test_the_loss_hears_of_every_turn() -> None:
    vae = model("vae").eval()
    rate = taken(vae.objective)
    assert rate.weight.value == 1
    with torch.random.fork_rng():
        losses = []
        for beta in (0.0, 1.0, 50.0):
            rate.weight.value = beta
            torch.manual_seed(3)
            losses.append(vae.losses(step()))
    report = {name: float(value) for name, value in losses[0].report.items()}
    for beta, loss in zip((0, 1, 50), losses, strict=True):
        assert float(loss.loss.detach()) == pytest.approx(
            report["distortion"] + beta * report["rate"], rel=1e-5
        )


def test_free_bits_come_and_go() -> None:
    vae = model("vae").eval()
    rate = taken(vae.objective)
    kl = vae.posterior(step().input).kl().mean(0)  # type: ignore[attr-defined]
    for nats in (0.0, float(kl.detach().median()), 0.0):
        rate.free_bits = nats
        assert rate.free_bits == nats
        value = vae.objective.terms[1](vae, step(), vae(step())).mean()
        assert float(value.detach()) == pytest.approx(float(kl.detach().clamp(min=nats).sum()), rel=1e-5)


def test_where_a_schedule_ended_is_where_the_dial_begins() -> None:
    assert taken(Reconstruction() + Ramp(0, 5, 0.3) * KL()).weight.value == 5
    assert taken(Reconstruction() + Constant(2) * FreeBits(0.1)).free_bits == 0.1
    assert dial(1.0 * Reconstruction()) is None
    named = KL()
    named.name = "another"
    assert dial(Reconstruction() + KL() + 2 * named) is None
    assert dial(model("multi-rate-vae").objective) is None  # its β is an input of the model
    total = taken(model("beta-tc-vae", beta=6).objective)
    assert (total.weight.value, total.can_free) == (6, False)
    with pytest.raises(UserError, match="no KL of each dimension"):
        total.free_bits = 1
