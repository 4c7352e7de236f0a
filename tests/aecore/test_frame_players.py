"""The frame holds variants of several stages and several players: sketches, written only here."""

from __future__ import annotations

import math
from typing import ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from aecore.bottlenecks import DiagonalGaussian, Point
from aecore.likelihoods import MSE
from aecore.model import Autoencoder
from aecore.nets import mlp
from aecore.nets.mlp import MlpDecoder, MlpEncoder
from aecore.objectives import KL, Adversary, Model, Objective, Reconstruction, Term
from aecore.step import Losses, Pass, Player, Stage, Step
from aecore.training import EpochEnd, Fit
from aecore.training.optimisers import Descent
from tests.aecore.small import digits, epochs, equal, fit, weights

DATA = digits(1200)
STEP = Step(DATA.test.x, DATA.test.x)


# Greedy layer-wise training: Bengio et al. (2007); the last stage descends together.


class Stacked(Autoencoder):
    """The outer layer alone, then the inner one on the outer one's features, then all of it."""

    encoder: MlpEncoder
    decoder: MlpDecoder
    bottleneck: Point

    def outer(self, step: Step) -> Losses:
        raw = self.decoder.output(self.encoder.blocks[0](step.input.flatten(1))).unflatten(1, self.spec.shape)
        loss = self.likelihood.distortion(raw, step.target).mean()
        return Losses(loss, {"distortion": loss.detach()})

    def inner(self, step: Step) -> Losses:
        h = self.encoder.blocks[0](step.input.flatten(1)).detach()
        loss = 0.5 * (self.decoder.blocks(self.bottleneck.z(h)) - h).square().sum(1).mean()
        return Losses(loss, {"feature_distortion": loss.detach()})

    def stages(self) -> tuple[Stage, ...]:
        outer = (*self.encoder.blocks[0].parameters(), *self.decoder.output.parameters())
        inner = (*self.bottleneck.z.parameters(), *self.decoder.blocks.parameters())
        return (
            Stage("layer 1", (Player("layer 1", outer, self.outer),)),
            Stage("layer 2", (Player("layer 2", inner, self.inner),)),
            *super().stages(),
        )


def stacked() -> Stacked:
    net = mlp(DATA.spec, hidden=(32,))
    return Stacked(
        DATA.spec, net=net, bottleneck=Point(4), likelihood=MSE(DATA.spec), objective=Reconstruction()
    )


def test_stages_move_their_own_parameters_and_no_others() -> None:
    model = stacked()
    training = Fit(model, DATA, epochs=6, batch_size=64, lr=3e-3, device="cpu")
    before, ends = weights(model), []
    moved: dict[str, set[str]] = {}
    for event in training:
        if isinstance(event, EpochEnd):
            ends.append(event)
            after = weights(model)
            changed = {name for name in after if not torch.equal(before[name], after[name])}
            moved[event.stage] = moved.get(event.stage, set()) | {name.rpartition(".")[0] for name in changed}
            before = after
    assert [end.stage for end in ends] == ["layer 1"] * 2 + ["layer 2"] * 2 + ["train"] * 2
    assert moved["layer 1"] == {"encoder.blocks.0.0", "decoder.output"}
    assert moved["layer 2"] == {"bottleneck.z", "decoder.blocks.0.0"}
    assert moved["train"] == moved["layer 1"] | moved["layer 2"]
    assert {"loss", "distortion"} <= ends[0].train.keys()
    assert {"loss", "feature_distortion"} <= ends[2].train.keys()
    assert not torch.equal(model.bottleneck.prior_cholesky, torch.eye(4))  # the closed form came last


def test_layers_trained_first_give_the_last_stage_a_start() -> None:
    started = epochs(fit(stacked(), DATA, epochs=9, lr=3e-3))[6]
    fresh = epochs(fit(stacked(), DATA, epochs=9, lr=3e-3))[0]
    assert started.stage == "train"
    assert started.train["distortion"] < fresh.train["distortion"]


# FactorVAE: Kim & Mnih (2018), https://arxiv.org/abs/1802.05983


class DensityRatioTC(Term):
    """Total correlation as a critic sees it: the log ratio of q(z) and ∏ q(z_d)."""

    name = "total_correlation"
    latex = r"\mathbb{E}[\log D(z) - \log (1 - D(z))]"
    seen: ClassVar[list[Tensor]] = []

    def __init__(self, critic: nn.Module) -> None:
        super().__init__()
        self.critic = critic

    def forward(self, model: Model, step: Step, passed: Pass) -> Tensor:
        joint, permuted = self.critic(passed.z).unbind(1)
        self.seen.append(passed.z.detach())
        return cast(Tensor, joint - permuted)

    def adversaries(self) -> tuple[Adversary, ...]:
        return (Adversary("critic", self.critic, self.tell_apart),)

    def tell_apart(self, model: Model, step: Step) -> Losses:
        with torch.no_grad():
            z = model(step).z
        self.seen.append(z)
        permuted = torch.stack([column[torch.randperm(len(z))] for column in z.unbind(1)], 1)
        scores = self.critic(torch.cat([z, permuted]))
        truth = torch.arange(2).repeat_interleave(len(z))
        loss = F.cross_entropy(scores, truth)
        return Losses(loss, {"accuracy": (scores.argmax(1) == truth).float().mean()})


class Twice(DensityRatioTC):
    """Another term with the same critic."""

    name = "again"


def critic() -> nn.Module:
    return nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 2))


def factor_vae(objective: Objective) -> Autoencoder:
    net = mlp(DATA.spec, hidden=(32,))
    return Autoencoder(
        DATA.spec, net=net, bottleneck=DiagonalGaussian(4), likelihood=MSE(DATA.spec), objective=objective
    )


def test_each_player_moves_its_own_parameters() -> None:
    model = factor_vae(Reconstruction() + KL() + 5.0 * DensityRatioTC(critic()))
    own, theirs = (Descent(player, "adam", 1e-2, 0, 0, "constant", 0) for player in model.players())
    assert [own.player.name, theirs.player.name] == ["autoencoder", "critic"]
    owned = [id(p) for descent in (own, theirs) for p in descent.player.parameters]
    assert sorted(owned) == sorted(id(p) for p in model.parameters())

    adversary = model.objective.adversaries()[0].module
    before, all_before = weights(adversary), weights(model)
    own(own.player.loss(STEP).loss, 0.5)
    assert equal(weights(adversary), before)
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in own.player.parameters)
    assert not equal(weights(model), all_before)

    rest = {name: value for name, value in weights(model).items() if "critic" not in name}
    gradients = [p.grad.clone() for p in own.player.parameters if p.grad is not None]
    theirs(theirs.player.loss(STEP).loss, 0.5)
    after = weights(model)
    assert all(torch.equal(after[name], value) for name, value in rest.items())
    assert not equal(weights(adversary), before)
    for p, gradient in zip(own.player.parameters, gradients, strict=True):
        assert p.grad is not None  # the critic's loss left no gradient in the autoencoder
        assert torch.equal(p.grad, gradient)


def test_the_critic_learns_on_fresh_samples_inside_the_one_loop() -> None:
    DensityRatioTC.seen.clear()
    model = factor_vae(Reconstruction() + 0.01 * KL() + 0.1 * DensityRatioTC(critic()))
    ends = epochs(fit(model, DATA, epochs=12, lr=3e-3, keep="last"))
    first, second = DensityRatioTC.seen[:2]  # the autoencoder's samples and the critic's, of one step
    assert first.shape == second.shape
    assert not torch.equal(first, second)
    assert ends[-1].train["critic_loss"] < ends[0].train["critic_loss"]
    assert ends[-1].train["critic_loss"] < math.log(2)
    assert ends[-1].train["critic_accuracy"] > 0.5
    assert ends[-1].validation["loss"] < ends[0].validation["loss"]


def test_one_critic_may_serve_two_terms() -> None:
    shared = critic()
    model = factor_vae(Reconstruction() + KL() + DensityRatioTC(shared) + 0.5 * Twice(shared))
    assert [player.name for player in model.players()] == ["autoencoder", "critic"]
    owned = [id(p) for player in model.players() for p in player.parameters]
    assert sorted(owned) == sorted(id(p) for p in model.parameters())
    assert {"total_correlation", "again"} <= epochs(fit(model, DATA, epochs=1))[0].train.keys()
