"""The frame holds variants of several stages and several players."""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor

from aecore.bottlenecks import DiagonalGaussian, Point
from aecore.likelihoods import MSE
from aecore.model import Autoencoder
from aecore.nets import mlp
from aecore.objectives import KL, DensityRatioTC, Objective, Reconstruction, Term
from aecore.step import Step
from aecore.training.optimisers import Descent
from tests.aecore.small import digits, epochs, equal, fit, model, weights

DATA = digits(1200)
STEP = Step(DATA.test.x, DATA.test.x)


def test_stages_share_the_epochs_and_the_closed_form_comes_last() -> None:
    made = model("stacked", hidden=(32,))
    ends = epochs(fit(made, DATA, epochs=8))
    assert [end.stage for end in ends] == ["layer 1"] * 2 + ["layer 2"] * 2 + ["train"] * 4
    assert {"loss", "distortion"} <= ends[0].train.keys()
    assert {"loss", "feature_distortion"} <= ends[2].train.keys()
    code = cast(Point, made.bottleneck)
    codes = made.encode(DATA.train.x).detach()
    factor = code.prior_cholesky
    torch.testing.assert_close(code.prior_mean, codes.mean(0), atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(factor @ factor.T, torch.cov(codes.T), atol=1e-3, rtol=0.02)


class Twice(DensityRatioTC):
    """Another term with the critic of a first."""

    name = "again"

    def __init__(self, of: DensityRatioTC) -> None:
        Term.__init__(self)
        self.critic = of.critic


def tc() -> DensityRatioTC:
    return DensityRatioTC(4, (64,))


def factor_vae(objective: Objective) -> Autoencoder:
    net = mlp(DATA.spec, hidden=(32,))
    return Autoencoder(
        DATA.spec, net=net, bottleneck=DiagonalGaussian(4), likelihood=MSE(DATA.spec), objective=objective
    )


def test_each_player_moves_its_own_parameters() -> None:
    made = factor_vae(Reconstruction() + KL() + 5.0 * tc())
    own, theirs = (Descent(player, "adam", 1e-2, 0, 0, "constant", 0) for player in made.players())
    assert [own.player.name, theirs.player.name] == ["autoencoder", "critic"]
    owned = [id(p) for descent in (own, theirs) for p in descent.player.parameters]
    assert sorted(owned) == sorted(id(p) for p in made.parameters())

    adversary = made.objective.adversaries()[0].module
    before, all_before = weights(adversary), weights(made)
    own(own.player.loss(STEP).loss, 0.5)
    assert equal(weights(adversary), before)
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in own.player.parameters)
    assert not equal(weights(made), all_before)

    rest = {name: value for name, value in weights(made).items() if "critic" not in name}
    gradients = [p.grad.clone() for p in own.player.parameters if p.grad is not None]
    theirs(theirs.player.loss(STEP).loss, 0.5)
    after = weights(made)
    assert all(torch.equal(after[name], value) for name, value in rest.items())
    assert not equal(weights(adversary), before)
    for p, gradient in zip(own.player.parameters, gradients, strict=True):
        assert p.grad is not None  # the critic's loss left no gradient in the autoencoder
        assert torch.equal(p.grad, gradient)


def test_the_critic_learns_on_fresh_samples_inside_the_one_loop() -> None:
    term, seen = tc(), list[Tensor]()
    term.critic.register_forward_pre_hook(lambda _, given: seen.append(given[0].detach()))
    made = factor_vae(Reconstruction() + 0.01 * KL() + 0.1 * term)
    ends = epochs(fit(made, DATA, epochs=12, lr=3e-3, keep="last"))
    first, second = seen[:2]  # the autoencoder's samples and the critic's, of one step
    assert first.shape == second.shape
    assert not torch.equal(first, second)
    assert ends[-1].train["critic_loss"] < ends[0].train["critic_loss"]
    assert ends[-1].train["critic_loss"] < math.log(2)
    assert ends[-1].train["critic_accuracy"] > 0.5
    assert ends[-1].validation["loss"] < ends[0].validation["loss"]


def test_one_critic_may_serve_two_terms() -> None:
    first = tc()
    made = factor_vae(Reconstruction() + KL() + first + 0.5 * Twice(first))
    assert [player.name for player in made.players()] == ["autoencoder", "critic"]
    owned = [id(p) for player in made.players() for p in player.parameters]
    assert sorted(owned) == sorted(id(p) for p in made.parameters())
    assert {"total_correlation", "again"} <= epochs(fit(made, DATA, epochs=1))[0].train.keys()
