"""The frame holds the hardest variants: sketches of them, written only here.

Ladder, importance-weighted, conditional and multi-rate VAE; the ones with several stages or
players are in `test_frame_players.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import cast

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Normal, kl_divergence

from aecore.bottlenecks import Bottleneck, DiagonalGaussian, GaussianPosterior, Point, Posterior, Variational
from aecore.bottlenecks import bound_softly as bound
from aecore.conditions import ByClass, Condition
from aecore.likelihoods import MSE
from aecore.model import Autoencoder
from aecore.nets import Network, mlp
from aecore.objectives import KL, Model, Objective, Reconstruction, Schedule, Term
from aecore.step import Pass, Step
from tests.aecore.small import digits, epochs, fit

DATA = digits(1200)
X = DATA.test.x


def vae(objective: Objective | Term) -> Autoencoder:
    net, code = mlp(DATA.spec, hidden=(32,)), DiagonalGaussian(4)
    return Autoencoder(DATA.spec, net=net, bottleneck=code, likelihood=MSE(DATA.spec), objective=objective)


# Ladder VAE: Sønderby et al. (2016), https://arxiv.org/abs/1602.02282


@dataclass(frozen=True)
class LadderPosterior(Variational):
    """q(z₂|x) q(z₁|x, z₂), codes written as z = (z₁, z₂)."""

    top: GaussianPosterior
    z2: Tensor
    below: Callable[[Tensor], tuple[GaussianPosterior, GaussianPosterior]]  # z₂ to q(z₁|x, z₂) and p(z₁|z₂)

    @property
    def mean(self) -> Tensor:
        return torch.cat([self.below(self.top.mean)[0].mean, self.top.mean], 1)

    def sample(self) -> Tensor:
        return torch.cat([self.below(self.z2)[0].sample(), self.z2], 1)

    def tensors(self) -> dict[str, Tensor]:
        return {"mu": self.mean}

    def kl(self) -> Tensor:
        q, p = (Normal(g.mu, (0.5 * g.logvar).exp()) for g in self.below(self.z2))
        return torch.cat([kl_divergence(q, p), self.top.kl()], 1)

    def log_prob(self, z: Tensor) -> Tensor:
        z1, z2 = z.split([z.shape[1] - self.z2.shape[1], self.z2.shape[1]], 1)
        return self.top.log_prob(z2) + self.below(z2)[0].log_prob(z1)


class Ladder(Bottleneck):
    """Two levels; the lower posterior is the precision-weighted mean of what comes up and down."""

    kind, probabilistic, outputs = "ladder", True, ("mu",)

    def __init__(self, lower: int, upper: int) -> None:
        super().__init__(lower + upper)
        self.lower, self.upper = lower, upper

    def connect(self, widths: Sequence[int]) -> None:
        self.up1 = nn.Linear(widths[-2], 2 * self.lower)
        self.up2 = nn.Linear(widths[-1], 2 * self.upper)
        self.down = nn.Linear(self.upper, 2 * self.lower)

    def gaussian(self, head: nn.Linear, h: Tensor) -> GaussianPosterior:
        mu, logvar = head(h).chunk(2, 1)
        return GaussianPosterior(mu, bound(logvar))

    def forward(self, features: list[Tensor]) -> LadderPosterior:
        up = self.gaussian(self.up1, features[-2])
        top = self.gaussian(self.up2, features[-1])

        def below(z2: Tensor) -> tuple[GaussianPosterior, GaussianPosterior]:
            prior = self.gaussian(self.down, z2)
            a, b = (-up.logvar).exp(), (-prior.logvar).exp()
            return GaussianPosterior((up.mu * a + prior.mu * b) / (a + b), -(a + b).log()), prior

        return LadderPosterior(top, top.sample(), below)

    def draw(self, n: int, temperature: float = 1.0) -> Tensor:
        z2 = temperature * torch.randn(n, self.upper)
        prior = self.gaussian(self.down, z2)
        z1 = prior.mu + temperature * (0.5 * prior.logvar).exp() * torch.randn_like(prior.mu)
        return torch.cat([z1, z2], 1)

    def prior_spec(self) -> dict[str, object]:
        return {"kind": "ladder"}


class Lowest(nn.Module):
    """p(x|z₁): the decoder reads the lowest level alone."""

    def __init__(self, decoder: nn.Module, lower: int) -> None:
        super().__init__()
        self.decoder, self.lower = decoder, lower

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        return cast(Tensor, self.decoder(z[:, : self.lower], condition))


def ladder() -> Autoencoder:
    net = mlp(DATA.spec, hidden=(32, 16))
    return Autoencoder(
        DATA.spec,
        net=Network(net.encoder, lambda _: Lowest(net.decoder(4), 4)),
        bottleneck=Ladder(4, 2),
        likelihood=MSE(DATA.spec),
        objective=Reconstruction() + 0.01 * KL(),
    )


def test_ladder_trains_both_levels() -> None:
    model = ladder()
    ends = epochs(fit(model, DATA, epochs=12, lr=3e-3))
    assert ends[-1].validation["loss"] < 0.8 * ends[0].validation["loss"]
    by_level = cast(Variational, model.posterior(X)).kl().mean(0).split([4, 2])
    assert all(level.sum() > 0.01 for level in by_level)
    assert model.encode(X).shape == (len(X), 6)
    assert model.sample(5).shape == (5, *DATA.spec.shape)


@torch.no_grad()
def test_ladder_kl_is_the_expected_log_ratio() -> None:
    model = ladder()
    posterior = cast(Variational, model.posterior(X[:1].expand(20_000, 1, 8, 8)))
    z = posterior.sample()
    prior = cast(Ladder, model.bottleneck).gaussian(cast(Ladder, model.bottleneck).down, z[:, 4:])
    log_p = prior.log_prob(z[:, :4]) + Normal(0, 1).log_prob(z[:, 4:]).sum(1)
    ratio = posterior.log_prob(z) - log_p
    assert float(ratio.mean()) == pytest.approx(float(posterior.kl().sum(1).mean()), abs=0.03)


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


# Conditional VAE: Sohn et al. (2015)


def conditional(bottleneck: Bottleneck, objective: Objective | Term) -> Autoencoder:
    net = mlp(DATA.spec, 10, hidden=(32,))
    return Autoencoder(
        DATA.spec,
        net=net,
        bottleneck=bottleneck,
        likelihood=MSE(DATA.spec),
        objective=objective,
        condition=ByClass(DATA.spec),
    )


@torch.no_grad()
def test_conditional_vae_writes_the_digit_it_is_told() -> None:
    model = conditional(DiagonalGaussian(4), Reconstruction() + KL())
    with torch.enable_grad():
        fit(model, DATA, epochs=20, lr=3e-3)
    assert DATA.train.label is not None
    means = torch.stack([DATA.train.x[DATA.train.label == k].mean(0) for k in range(10)])
    written = model.decode(torch.zeros(10, 4), torch.eye(10))
    nearest = torch.cdist(written.flatten(1), means.flatten(1)).argmin(1)
    assert int((nearest == torch.arange(10)).sum()) >= 9
    assert model.sample(10, condition=torch.eye(10)).shape == (10, 1, 8, 8)
    assert model.reconstruct(X[:10], torch.eye(10)).shape == (10, 1, 8, 8)


def test_a_conditional_point_gets_its_prior_too() -> None:
    model = conditional(Point(4), Reconstruction())
    fit(model, DATA, epochs=1)
    assert not torch.equal(cast(Point, model.bottleneck).prior_mean, torch.zeros(4))


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
