"""The frame holds an objective that is no sum of a distortion and a rate, and nothing that nobody uses."""

from __future__ import annotations

import ast
import math
from dataclasses import fields
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

import aecore
from aecore.bottlenecks import DiagonalGaussian
from aecore.likelihoods import MSE
from aecore.model import Autoencoder
from aecore.nets import mlp
from aecore.objectives import KL, ImportanceBound, Objective, Reconstruction, Term
from aecore.step import Step
from tests.aecore.small import digits, epochs, fit, model

DATA = digits(1200)
X = DATA.test.x


def vae(objective: Objective | Term) -> Autoencoder:
    net, code = mlp(DATA.spec, hidden=(32,)), DiagonalGaussian(4)
    return Autoencoder(DATA.spec, net=net, bottleneck=code, likelihood=MSE(DATA.spec), objective=objective)


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
    assert ends[-1].train["loss"] == ends[-1].train["importance_bound"]
    for report in (ends[-1].train, ends[-1].validation):
        assert {"rate", "negative_elbo"} <= report.keys()
        assert report["negative_elbo"] > report["importance_bound"]  # of one code, and of five


@pytest.mark.parametrize("variant", ["iwae", "vae-gan"])
def test_where_no_term_is_the_distortion_minus_elbo_is_that_of_the_distributions(variant: str) -> None:
    made = model(variant, likelihood="mse")
    torch.manual_seed(3)
    report = made.losses(Step(X, X)).report
    assert "distortion" not in report
    assert not report["negative_elbo"].requires_grad
    torch.manual_seed(3)
    with torch.no_grad():
        said = made.posterior(X).tensors()
        q = Normal(said["mu"], said["logvar"].div(2).exp())
        p = Normal(made.decoder(q.mean + q.stddev * torch.randn_like(q.mean)).sigmoid(), 1)
        by_hand = kl_divergence(q, Normal(0.0, 1.0)).sum(1) - p.log_prob(X).sum((1, 2, 3))  # (B,)
    torch.testing.assert_close(report["negative_elbo"], by_hand.mean())


def test_a_loss_that_is_no_likelihood_bounds_nothing() -> None:
    assert "negative_elbo" not in model("vae-gan", likelihood="huber").losses(Step(X, X)).report


def test_whatever_a_step_carries_somebody_puts_there() -> None:
    given = {"input", "target"}
    for path in Path(aecore.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Step", "replace"):
                given |= {keyword.arg for keyword in node.keywords if keyword.arg}
    assert {field.name for field in fields(Step)} <= given
