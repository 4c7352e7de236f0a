"""The frame holds an objective that is no sum of a distortion and a rate, and nothing that nobody uses."""

from __future__ import annotations

import ast
import math
from dataclasses import fields
from pathlib import Path

import torch
from torch import Tensor

import aecore
from aecore.bottlenecks import DiagonalGaussian
from aecore.likelihoods import MSE
from aecore.model import Autoencoder
from aecore.nets import mlp
from aecore.objectives import KL, ImportanceBound, Objective, Reconstruction, Term
from aecore.step import Step
from tests.aecore.small import digits, epochs, fit

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
    assert "rate" in ends[-1].train
    assert "negative_elbo" not in ends[-1].train


def test_whatever_a_step_carries_somebody_puts_there() -> None:
    given = {"input", "target"}
    for path in Path(aecore.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Step", "replace"):
                given |= {keyword.arg for keyword in node.keywords if keyword.arg}
    assert {field.name for field in fields(Step)} <= given
