"""The critic that knows the prior: its optimum, the equilibrium, classes, and who learns from what."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from aecore.bottlenecks import PointPosterior, Ring, StandardNormal
from aecore.conditions import ByClass
from aecore.data import DataSpec
from aecore.objectives import PriorCritic
from aecore.step import Player, Step
from aecore.training.optimisers import Descent
from aecore.variants import find
from tests.aecore.objectives.given import Given

SHIFT = torch.tensor([0.8, -0.4])


class Shifted(PointPosterior):
    """Codes of N(z, I)."""

    def sample(self) -> Tensor:
        return self.z + torch.randn_like(self.z)


def trained(shift: Tensor, steps: int = 200) -> tuple[PriorCritic, Given, Step]:
    """A critic after some steps against codes of N(shift, I)."""
    torch.manual_seed(0)
    model = Given(Shifted(shift.expand(256, 2)))
    term, step = PriorCritic(StandardNormal(2), (32,)), Step(torch.zeros(256, 2), torch.zeros(256, 2))
    (adversary,) = term.adversaries()
    player = Player("critic", tuple(term.critic.parameters()), lambda s: adversary.loss(model, s))
    descent = Descent(player, "adam", 1e-2, 0, 0, "cosine", 0)
    for k in range(steps):
        descent(player.loss(step).loss, k / steps)
    return term, model, step


def test_the_best_critic_gives_the_log_ratio_of_the_densities() -> None:
    """log N(z; 0, I) − log N(z; m, I) = ½‖m‖² − m·z."""
    term, _, _ = trained(SHIFT)
    z = torch.randn(200, 2)
    exact = 0.5 * SHIFT.square().sum() - z @ SHIFT
    with torch.no_grad():
        off = term.critic(z) - exact
    assert off.square().mean().sqrt() < 0.25


def test_at_equilibrium_both_losses_are_log_two() -> None:
    term, model, step = trained(torch.zeros(2))
    with torch.no_grad():
        critic = term.adversaries()[0].loss(model, step)
        generator = term(model, step, model(step)).mean()
    assert float(critic.loss) == pytest.approx(math.log(2), abs=0.02)
    assert float(generator) == pytest.approx(math.log(2), abs=0.05)
    assert float(critic.report["accuracy"]) == pytest.approx(0.5, abs=0.1)


def test_the_encoder_does_not_saturate_when_the_critic_wins() -> None:
    """−log D has slope −(1 − D) in the logit: 1 where D is 0, whatever log(1 − D) would have."""
    z = torch.tensor([[30.0, -15.0]], requires_grad=True)
    term, _, _ = trained(SHIFT)
    model = Given(PointPosterior(z))
    step = Step(torch.zeros(1, 2), torch.zeros(1, 2))
    term(model, step, model(step)).sum().backward()
    logit = term.critic(z)
    (slope,) = torch.autograd.grad(logit.sum(), z)
    assert float(logit.detach()) < -10
    assert z.grad is not None
    torch.testing.assert_close(z.grad, -slope, atol=1e-4, rtol=1e-3)


def test_term_and_critic_leave_each_other_alone() -> None:
    z = torch.randn(16, 2, requires_grad=True)
    model, term = Given(Shifted(z)), PriorCritic(StandardNormal(2), (8,))
    step = Step(torch.zeros(16, 2), torch.zeros(16, 2))
    term(model, step, model(step)).mean().backward()
    assert z.grad is not None
    assert z.grad.abs().sum() > 0
    assert all(p.grad is None for p in term.critic.parameters())
    z.grad = None
    term.adversaries()[0].loss(model, step).loss.backward()
    assert z.grad is None
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in term.critic.parameters())


def test_a_steep_critic_pays_as_the_lesson_says() -> None:
    """γ/4 of the mean square of the logit's slope, at draws and at codes."""
    term = PriorCritic(StandardNormal(2), (8,), penalty=3.0)
    seen: list[Tensor] = []
    term.critic.register_forward_pre_hook(lambda _, given: seen.append(given[0].detach()))
    model, step = Given(PointPosterior(torch.randn(16, 2))), Step(torch.zeros(16, 2), torch.zeros(16, 2))
    losses = term.adversaries()[0].loss(model, step)
    squares = [
        torch.stack([torch.autograd.functional.jacobian(term.critic, each[None])[0, 0] for each in z])
        .square().sum(1).mean()
        for z in tuple(seen)
    ]  # fmt: skip
    assert len(squares) == 2
    paid = losses.loss - losses.report["cross_entropy"]
    torch.testing.assert_close(paid.detach(), 3 / 4 * (squares[0] + squares[1]))
    lesson = " ".join(find("adversarial").lesson.split())
    assert r"+ \tfrac\gamma4 \left(\mathbb{E}_{p(z)} \lVert \nabla_z C(z) \rVert^2" in lesson
    assert r"\mathbb{E}_{q(z)} \lVert \nabla_z C(z) \rVert^2" in lesson


def test_the_critic_is_told_the_class_of_both_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    data = DataSpec("numbers", "table", (2,), "real", classes=("a", "b", "c"))
    label = torch.tensor([0, 1, 2, -1, -1, 2])
    z = torch.randn(6, 2)
    term = PriorCritic(Ring(2, 3), (8,), classes=ByClass(data))
    seen: list[Tensor] = []
    term.critic.register_forward_pre_hook(lambda _, given: seen.append(given[0].detach()))
    model, step = Given(PointPosterior(z)), Step(torch.zeros(6, 2), torch.zeros(6, 2), label=label)
    torch.manual_seed(0)
    term.adversaries()[0].loss(model, step)
    term(model, step, model(step))
    told = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0], [0, 0, 1]])
    real, coded, own = seen
    assert all(torch.equal(each[:, 2:], told) for each in seen)
    assert torch.equal(coded[:, :2], z)
    assert torch.equal(own[:, :2], z)
    angle = torch.atan2(real[:, 1], real[:, 0])[[0, 1, 2, 5]]
    mode = (angle / (math.tau / 3)).round().long() % 3
    assert mode.tolist() == [0, 1, 2, 2]
