"""One model for every β: its loss, its training, and what it is at each price."""

from __future__ import annotations

import math
from functools import cache
from typing import cast

import pytest
import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from aecore.bottlenecks import GaussianPosterior
from aecore.data import load_dataset
from aecore.errors import UserError
from aecore.metrics.rates import rate_distortion
from aecore.model import Autoencoder
from aecore.step import Step
from aecore.training.optimisers import Descent
from aecore.variants import build
from tests.aecore.small import digits, epochs, fit, model

DATA = digits(1200)
X = DATA.test.x
WAYS = pytest.mark.parametrize("conditioning", ["film", "gates"])


@cache
def trained(conditioning: str = "film") -> Autoencoder:
    made = model("multi-rate-vae", hidden=(64,), conditioning=conditioning, activation="gelu")
    ends = epochs(fit(made, DATA, epochs=25, lr=5e-3, lr_schedule="cosine"))
    assert all(math.isfinite(end.validation["loss"]) for end in ends)
    assert ends[-1].validation["negative_elbo"] < ends[0].validation["negative_elbo"]
    return made


@WAYS
@torch.no_grad()
def test_the_loss_is_the_sum_of_distortion_and_beta_times_kl(conditioning: str) -> None:
    data = digits(binarise="threshold")
    x = data.test.x
    made = model("multi-rate-vae", data=data, conditioning=conditioning, likelihood="bernoulli").eval()
    step = made.prepare(Step(x, x))
    assert step.log_beta is not None
    assert step.log_beta.unique().numel() == len(x)
    torch.manual_seed(3)
    losses = made.losses(step)
    torch.manual_seed(3)
    passed = made(step)
    q = cast(GaussianPosterior, passed.posterior)
    distortion = -Bernoulli(logits=passed.raw).log_prob(x).flatten(1).sum(1)
    kl = kl_divergence(Normal(q.mu, (0.5 * q.logvar).exp()), Normal(0, 1)).sum(1)
    torch.testing.assert_close(losses.loss, (distortion + step.log_beta.exp() * kl).mean())
    torch.testing.assert_close(losses.report["rate"], kl.mean())
    torch.testing.assert_close(losses.report["distortion"], distortion.mean())


@torch.no_grad()
def test_the_elbo_that_is_reported_is_that_at_beta_one() -> None:
    made = model("multi-rate-vae").eval()
    step = made.prepare(Step(X, X))
    torch.manual_seed(3)
    reported = made.losses(step).report["negative_elbo"]
    torch.manual_seed(3)
    torch.randn(len(X), 4)  # what the pass at the step's own prices draws
    q = cast(GaussianPosterior, made.posterior(X, torch.zeros(len(X), 1)))
    z = q.mu + (0.5 * q.logvar).exp() * torch.randn(len(X), 4)
    nll = made.likelihood.nll(made.decode_raw(z, torch.zeros(len(X), 1)), X)
    by_hand = nll + kl_divergence(Normal(q.mu, (0.5 * q.logvar).exp()), Normal(0, 1)).sum(1)
    torch.testing.assert_close(reported, by_hand.mean())
    made.train()
    assert "negative_elbo" not in made.losses(made.prepare(Step(X, X))).report  # it would cost a pass a step


@WAYS
@pytest.mark.parametrize("net", ["mlp", "conv"])
def test_a_gradient_reaches_every_parameter_once_the_conditioning_has_moved(
    conditioning: str, net: str
) -> None:
    made = model("multi-rate-vae", net=net, conditioning=conditioning)
    descent = Descent(made.players()[0], "adam", 1e-3, 0, 0, "constant", 0)
    for _ in range(2):
        step = made.prepare(Step(X, X))
        descent(made.losses(step).loss, 0)
    for name, parameter in made.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().sum() > 0, name


@WAYS
def test_a_higher_price_buys_fewer_nats_and_more_distortion(conditioning: str) -> None:
    curve = rate_distortion(trained(conditioning), DATA, points=6)
    assert [point.beta for point in curve] == pytest.approx(
        [0.01 * 1000 ** (k / 5) for k in range(6)], rel=1e-4
    )
    rates, distortions = ([getattr(point, name) for point in curve] for name in ("rate", "distortion"))
    assert rates == sorted(rates, reverse=True)
    assert rates[0] > 5 * rates[-1]
    assert distortions[0] < 0.8 * distortions[-1]
    for point in curve:
        assert sum(point.kl_per_dimension) == pytest.approx(point.rate)
    assert curve[0].active_units >= curve[-1].active_units
    assert rate_distortion(model("vae"), DATA) == ()


@torch.no_grad()
def test_a_model_at_a_price_is_the_model_told_that_price() -> None:
    made = trained()
    four = made.at(4)
    condition = torch.full((len(X), 1), math.log(4))
    z = made.encode(X, condition)
    assert torch.equal(four.encode(X), z)
    assert torch.equal(four.decode(z), made.decode(z, condition))
    assert torch.equal(made.encode(X), made.encode(X, torch.zeros(len(X), 1)))
    assert not torch.equal(four.encode(X), made.encode(X))
    assert four.sample(3).shape == made.sample(3).shape == (3, *DATA.spec.shape)
    assert all(a is b for a, b in zip(four.parameters(), made.parameters(), strict=True))
    with pytest.raises(UserError, match=r"from 0\.01 to 10; β = 11 is beyond"):
        made.at(11)
    with pytest.raises(UserError, match="has the one β it was trained with"):
        model("vae").at(1)
    with pytest.raises(UserError, match="told the class, not β"):
        model("conditional-vae").at(1)


def test_each_example_may_be_tried_with_several_prices() -> None:
    made = model("multi-rate-vae", betas_per_example=3).train()
    label = DATA.test.label
    step = made.prepare(Step(X, X, label=label))
    assert torch.equal(step.input, torch.cat([X, X, X]))
    assert torch.equal(step.target, step.input)
    assert step.label is not None
    assert label is not None
    assert torch.equal(step.label, torch.cat([label] * 3))
    assert step.log_beta is not None
    assert step.log_beta.unique().numel() == 3 * len(X)
    assert made.losses(step).loss.isfinite()
    assert len(made.eval().prepare(Step(X, X)).input) == len(X)


@torch.no_grad()
def test_film_goes_a_little_beyond_the_range_and_the_published_way_does_not() -> None:
    for conditioning, beyond in (("film", 0.35), ("gates", 0.0)):
        made = model("multi-rate-vae", conditioning=conditioning, beta_low=0.1, beta_high=2)
        drawn = made.prepare(Step(X.repeat(100, 1, 1, 1), X)).log_beta
        assert drawn is not None
        assert float(drawn.min()) == pytest.approx(math.log(0.1) - beyond, abs=0.01)
        assert float(drawn.max()) == pytest.approx(math.log(2) + beyond, abs=0.01)
        assert made.latent_spec()["condition"] == {"kind": "log-beta", "size": 1, "range": [0.1, 2]}


def test_what_cannot_be_told_a_price_is_said() -> None:
    with pytest.raises(UserError, match="use --variant beta-vae"):
        model("multi-rate-vae", beta_low=1, beta_high=1)
    with pytest.raises(UserError, match=r"--beta-high is a number from 1 to 1000; 0\.5 is not"):
        model("multi-rate-vae", beta_high=0.5)
    with pytest.raises(UserError, match="no net called 'recurrent'.*conv, mlp"):
        build({"variant": "multi-rate-vae", "net": "recurrent"}, DATA.spec)
    with pytest.raises(UserError, match="words is made of tokens"):
        build({"variant": "multi-rate-vae"}, load_dataset("words").spec)
