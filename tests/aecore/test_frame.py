"""The frame holds the hardest variants: sketches of them, written only here.

Importance-weighted and multi-rate VAE; the ones with several stages or
players are in `test_frame_players.py`.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import cast

import torch
from torch import Tensor
from torch.distributions import Normal

from aecore.bottlenecks import DiagonalGaussian, Posterior, Variational
from aecore.conditions import Condition
from aecore.likelihoods import MSE
from aecore.model import Autoencoder
from aecore.nets import mlp
from aecore.objectives import KL, Model, Objective, Reconstruction, Schedule, Term
from aecore.step import Pass, Step
from tests.aecore.small import digits, epochs, fit

DATA = digits(1200)
X = DATA.test.x


def vae(objective: Objective | Term) -> Autoencoder:
    net, code = mlp(DATA.spec, hidden=(32,)), DiagonalGaussian(4)
    return Autoencoder(DATA.spec, net=net, bottleneck=code, likelihood=MSE(DATA.spec), objective=objective)


# Importance-weighted autoencoder: Burda et al. (2016), https://arxiv.org/abs/1509.00519


class ImportanceBound(Term):
    """−log of the mean of K importance weights: no sum of a distortion and a rate."""

    name = "iwae"
    latex = r"-\mathbb{E} \log \tfrac1K \sum_k p(x, z_k) / q(z_k|x)"

    def __init__(self, samples: int) -> None:
        super().__init__()
        self.samples = samples

    def forward(self, model: Model, step: Step, passed: Pass) -> Tensor:
        posterior = cast(Variational, passed.posterior)
        codes = [passed.z, *(posterior.sample() for _ in range(self.samples - 1))]
        log_w = [
            Normal(0, 1).log_prob(z).sum(1)
            - model.likelihood.nll(model.decode_raw(z, passed.condition, step.target), step.target)
            - posterior.log_prob(z)
            for z in codes
        ]
        return math.log(self.samples) - torch.stack(log_w).logsumexp(0)


@torch.no_grad()
def bounds(model: Autoencoder, term: Term) -> Tensor:
    """The term's batch mean, 200 times with as many seeds."""
    step, values = Step(X, X), []
    for seed in range(200):
        torch.manual_seed(seed)
        values.append(term(model, step, model(step)).mean())
    return torch.stack(values)


def test_iwae_with_one_sample_is_the_elbo_and_more_samples_are_tighter() -> None:
    model = vae(Reconstruction() + KL())
    fit(model, DATA, epochs=5)
    one, five, many = (bounds(model, ImportanceBound(k)) for k in (1, 5, 25))
    elbo = bounds(model, Reconstruction()) + bounds(model, KL()) + 32 * math.log(2 * math.pi)
    paired = one - elbo  # the same z: only log q − log p differs from its mean, the KL
    assert abs(float(paired.mean())) < 5 * float(paired.std()) / math.sqrt(len(paired))
    assert float(one.mean()) > float(five.mean()) > float(many.mean())


def test_iwae_is_an_objective_by_itself() -> None:
    ends = epochs(fit(vae(ImportanceBound(5)), DATA, epochs=6))
    assert ends[-1].validation["loss"] < ends[0].validation["loss"] - 0.5
    assert ends[-1].train["loss"] == ends[-1].train["iwae"]
    assert "rate" in ends[-1].train
    assert "negative_elbo" not in ends[-1].train


# Multi-rate VAE: Bae et al. (2023), https://arxiv.org/abs/2212.03905


class AskedBeta(Schedule):
    """The β that each example was asked for, shape (B,)."""

    def __call__(self, step: Step) -> Tensor:
        assert step.log_beta is not None
        return step.log_beta.exp()

    def __str__(self) -> str:
        return r"\beta"


class MultiRate(Autoencoder):
    """Draws a β for every example, log-uniform in [0.01, 10]."""

    def prepare(self, step: Step) -> Step:
        u = torch.rand(len(step.input), device=step.input.device)
        return replace(step, log_beta=math.log(0.01) + u * math.log(1000))


class Asked(Condition):
    """log β itself."""

    kind, size = "log-beta", 1

    def __call__(self, step: Step) -> Tensor:
        assert step.log_beta is not None
        return step.log_beta[:, None]


def test_multi_rate_trades_distortion_for_rate_as_it_is_asked() -> None:
    model = MultiRate(
        DATA.spec,
        net=mlp(DATA.spec, 1, hidden=(64,)),
        bottleneck=DiagonalGaussian(4),
        likelihood=MSE(DATA.spec),
        objective=Reconstruction() + AskedBeta() * KL(),
        condition=Asked(),
    )
    fit(model, DATA, epochs=25, lr=3e-3)

    def at(beta: float) -> tuple[Posterior, Tensor]:
        log_beta = torch.full((len(X),), math.log(beta))
        passed = model(Step(X, X, log_beta=log_beta))
        return passed.posterior, model.likelihood.distortion(passed.raw, X).mean()

    (cheap, low), (dear, high) = at(0.01), at(10)
    assert cast(Variational, cheap).kl().sum() > 5 * cast(Variational, dear).kl().sum()
    assert low < 0.8 * high

    step = model.prepare(Step(X, X))
    passed = model(step)
    beta, kl = cast(Tensor, step.log_beta).exp(), passed.posterior.kl().sum(1)
    by_hand = (model.likelihood.distortion(passed.raw, X) + beta * kl).mean()
    assert torch.isclose(model.objective(model, step, passed).loss, by_hand)
    assert beta.unique().numel() > 60
