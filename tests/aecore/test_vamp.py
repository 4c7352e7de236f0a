"""The VampPrior against `torch.distributions`, and the model that learns it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, cast

import pytest
import torch
from torch import Tensor
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from aecore.bottlenecks import GaussianPosterior
from aecore.bottlenecks.vamp import MixtureDraw, VampPosterior, mixture_moments
from aecore.errors import UserError
from aecore.metrics.probabilistic import importance_estimate
from aecore.stages.vamp_prior import VampPrior
from aecore.step import Step
from aecore.training import Fit
from aecore.variants import build
from tests.aecore.small import digits, fit, model, weights

DATA = digits(600)
X = DATA.test.x


def gaussians(n: int, dim: int) -> GaussianPosterior:
    return GaussianPosterior(torch.randn(n, dim).double(), torch.randn(n, dim).double())


def mixture(of: GaussianPosterior) -> MixtureSameFamily:
    return MixtureSameFamily(
        Categorical(torch.ones(len(of.mu), dtype=of.mu.dtype)),
        Independent(Normal(of.mu, (0.5 * of.logvar).exp()), 1),
    )


def vamp(**options: Any) -> VampPrior:
    made = model("vae", prior="vamp", data=DATA, **{"pseudo_inputs": 7, "likelihood": "mse", **options})
    assert isinstance(made, VampPrior)
    return made


def test_the_prior_is_the_mixture_of_its_components() -> None:
    parts = gaussians(6, 3)
    q = VampPosterior(gaussians(4, 3), lambda: parts)
    z = torch.randn(5, 4, 3).double()
    torch.testing.assert_close(q.log_prior(z), mixture(parts).log_prob(z))
    drawn = q.sample()
    torch.testing.assert_close(q.kl()[:, 0], q.q.log_prob(drawn) - mixture(parts).log_prob(drawn))


def test_a_prior_of_standard_normals_is_the_standard_normal() -> None:
    zero = torch.zeros(5, 2).double()
    q = VampPosterior(gaussians(3, 2), lambda: GaussianPosterior(zero, zero))
    z = torch.randn(3, 2).double()
    torch.testing.assert_close(q.log_prior(z), Normal(0.0, 1.0).log_prob(z).sum(1).double())


def test_draws_have_the_moments_of_the_mixture_whatever_the_number_of_components() -> None:
    torch.manual_seed(0)
    parts = gaussians(5, 2)
    drawn = MixtureDraw(parts)(torch.randn(100_000, 7).double())[0]
    theirs = mixture(parts)
    spec = cast(dict[str, Any], mixture_moments(parts))
    factor = torch.tensor(spec["cholesky"]).double()
    torch.testing.assert_close(torch.tensor(spec["mean"]).double(), theirs.mean)
    torch.testing.assert_close((factor @ factor.T).diagonal(), theirs.variance)
    torch.testing.assert_close(drawn.mean(0), theirs.mean, atol=0.03, rtol=0)
    torch.testing.assert_close(torch.cov(drawn.T), factor @ factor.T, atol=0.05, rtol=0.03)


def test_noise_chooses_each_component_as_often_at_any_temperature() -> None:
    torch.manual_seed(0)
    parts = GaussianPosterior(torch.arange(4.0)[:, None] * 100, torch.zeros(4, 1))
    for temperature in (0.1, 1.0):
        drawn = MixtureDraw(parts)(temperature * torch.randn(40_000, 5))[0]
        component = (drawn / 100).round()
        counts = torch.histc(component, 4, 0, 3)
        assert bool(((counts / 40_000 - 0.25).abs() < 0.015).all())
        assert float((drawn - 100 * component).std()) == pytest.approx(temperature, rel=0.02)


def test_pseudo_inputs_start_as_different_training_examples() -> None:
    made = vamp(pseudo_inputs=40)
    torch.manual_seed(3)
    made.start_from(DATA.train)
    distance = torch.cdist(made.pseudo_inputs.flatten(1), DATA.train.x.flatten(1))
    assert bool((distance.amin(1) < 1e-4).all())
    assert distance.argmin(1).unique().numel() > 35  # a few digits are pixel-equal
    with pytest.raises(UserError, match="--pseudo-inputs 601 is more than the 600"):
        vamp(pseudo_inputs=601).start_from(DATA.train)


def test_components_are_what_the_encoder_says_and_grey_values_stay_grey() -> None:
    made = vamp().eval()
    with torch.no_grad():
        made.pseudo_inputs.copy_(3 * torch.randn(7, 1, 8, 8))
        said = made.posterior(made.pseudo_inputs.clamp(0, 1)).q
    torch.testing.assert_close(made.components().mu, said.mu)
    torch.testing.assert_close(made.components().logvar, said.logvar)


def test_the_rate_moves_the_pseudo_inputs_and_the_distortion_does_not() -> None:
    made = vamp()
    step = Step(X, X)
    passed = made(step)
    distortion, rate = (term(made, step, passed).mean() for term in made.objective.terms)

    def pulled(value: Tensor) -> Tensor | None:
        return torch.autograd.grad(value, made.pseudo_inputs, retain_graph=True, allow_unused=True)[0]

    assert pulled(distortion) is None
    moved = pulled(rate)
    assert moved is not None
    assert float(moved.abs().sum()) > 0


def test_training_starts_from_examples_and_lowers_both_terms_and_is_repeatable() -> None:
    def trained() -> VampPrior:
        made = vamp(pseudo_inputs=20)
        fit(made, DATA, epochs=6, lr=5e-3)
        return made

    start = vamp(pseudo_inputs=20)
    start.start_from(DATA.train)
    before = start.losses(Step(X, X)).report
    made, again = trained(), trained()
    after = made.losses(Step(X, X)).report
    assert float(after["distortion"]) < float(before["distortion"])
    assert float(after["negative_elbo"]) < float(before["negative_elbo"])
    assert all(torch.equal(value, weights(again)[name]) for name, value in weights(made).items())


def test_a_training_goes_on_where_it_was_without_choosing_pseudo_inputs_anew() -> None:
    options: dict[str, Any] = {"epochs": 3, "batch_size": 64, "device": "cpu"}
    whole = vamp()
    for _ in Fit(whole, DATA, **options):
        pass
    first = Fit(vamp(), DATA, **options)
    for event in first:
        if first.epoch == 1 and type(event).__name__ == "EpochEnd":
            tensors = {name: value.clone() for name, value in first.tensors().items()}
            numbers = first.numbers()
            break
    second = Fit(vamp(seed=5), DATA, **options)
    second.restore(tensors, numbers)
    for _ in second:
        pass
    assert all(torch.equal(value, weights(second.model)[name]) for name, value in weights(whole).items())


@torch.no_grad()
def test_nll_reads_the_learned_prior() -> None:
    """Importance weights by hand with the mixture's density, on the very same draws."""
    made = vamp()
    with torch.enable_grad():
        fit(made, DATA, epochs=3, lr=5e-3)
    torch.manual_seed(1)
    ours = importance_estimate(made, X, 6).nll
    torch.manual_seed(1)
    q, log_w = made.posterior(X).q, []
    prior = mixture(made.components())
    for _ in range(6):
        z = q.sample()
        log_w.append(prior.log_prob(z) - q.log_prob(z) - made.likelihood.nll(made.decode_raw(z), X))
    torch.testing.assert_close(
        ours, math.log(6) - torch.stack(log_w).logsumexp(0), check_dtype=False, rtol=1e-4, atol=1e-3
    )


def test_the_card_and_the_function_describe_the_prior() -> None:
    made = vamp().eval()
    spec = cast(dict[str, Any], made.latent_spec())
    assert (spec["kind"], spec["prior"]["kind"]) == ("gaussian", "function")
    prior = made.functions()["prior"]
    assert [each.name for each in prior.inputs] == ["noise"]
    torch.manual_seed(2)
    drawn = made.draw(3, 0.5)
    torch.manual_seed(2)
    noise = torch.randn(3, *prior.inputs[0].shape)
    assert torch.equal(prior.module(0.5 * noise)[0], drawn)


def test_what_no_gradient_can_change_is_refused() -> None:
    words = replace(DATA.spec, name="words", kind="tokens")
    with pytest.raises(UserError, match=r"those of words are tokens.* Use --prior normal"):
        build({"variant": "vae", "prior": "vamp", "likelihood": "mse"}, words)
    with pytest.raises(UserError, match=r"--posterior gaussian with --prior vamp"):
        vamp(posterior="iaf")
    others: list[dict[str, Any]] = [{"prior": "vamp"}, {"posterior": "iaf"}]
    for options in others:
        with pytest.raises(UserError, match="free_bits counts nats by dimension"):
            model("beta-vae", free_bits=0.1, **options)
