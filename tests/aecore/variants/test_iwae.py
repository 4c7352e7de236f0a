"""IWAE: with one code it is the VAE, with more its bound is tighter, and it needs a density."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from aecore.errors import UserError
from aecore.metrics.probabilistic import importance_estimate
from aecore.step import Step
from tests.aecore.small import digits, fit, model

DATA = digits(600, binarise="threshold")
X = DATA.test.x


@torch.no_grad()
def test_with_one_code_the_loss_is_the_vae_s_in_expectation() -> None:
    many = Step(X.repeat(60, 1, 1, 1), X.repeat(60, 1, 1, 1))
    one, plain = model("iwae", data=DATA, samples=1), model("vae", data=DATA)
    losses = [made.losses(many).loss for made in (one, plain)]
    assert float(losses[0]) == pytest.approx(float(losses[1]), rel=2e-3)


@torch.no_grad()
def test_the_bound_falls_with_every_code_to_the_importance_estimate() -> None:
    trained = model("iwae", data=DATA)
    with torch.enable_grad():
        fit(trained, DATA, epochs=4)
    bounds = []
    for samples in (1, 5, 50):
        made = model("iwae", data=DATA, samples=samples)
        made.load_state_dict(trained.state_dict())
        torch.manual_seed(0)
        bounds.append(float(made.losses(Step(X, X)).loss))
    assert all(more > less for more, less in pairwise(bounds))
    torch.manual_seed(1)
    assert bounds[-1] == pytest.approx(float(importance_estimate(trained, X, 50).nll.mean()), abs=0.1)


@pytest.mark.parametrize("gradient", ["standard", "dreg"])
def test_it_learns_with_either_gradient(gradient: str) -> None:
    made = model("iwae", data=DATA, gradient=gradient)
    step = Step(X, X)
    with torch.no_grad():
        before = float(made.losses(step).loss)
    fit(made, DATA, epochs=4, lr=3e-3)
    with torch.no_grad():
        assert float(made.losses(step).loss) < before - 5


def test_a_loss_that_is_no_likelihood_is_refused() -> None:
    with pytest.raises(UserError, match="bounds a density"):
        model("iwae", likelihood="pseudo-bernoulli")
