"""β-TCVAE knows how many examples it has, is the VAE at β = 1, and lowers what it pays for."""

from __future__ import annotations

import pytest
import torch

from aecore.model import Autoencoder
from aecore.objectives import AggregatePosterior, TotalCorrelation
from aecore.step import Step
from tests.aecore.small import digits, fit, model

DATA = digits(1200)
X = DATA.test.x


def counted(made: Autoencoder) -> set[int]:
    return {int(part.examples) for part in made.objective.modules() if isinstance(part, AggregatePosterior)}


def test_the_training_examples_are_counted_first_and_stored() -> None:
    made = model("beta-tc-vae")
    assert [stage.name for stage in made.stages()] == ["count", "train"]
    assert counted(made) == {0}
    fit(made, digits(250), epochs=1)
    assert counted(made) == {250}
    again = model("beta-tc-vae", seed=1)
    again.load_state_dict(made.state_dict())
    assert counted(again) == {250}


@torch.no_grad()
def test_at_beta_one_the_terms_are_the_vae_s() -> None:
    """The three parts sum to log q(z|x) − log p(z), whose expectation is the closed-form rate."""
    made = model("beta-tc-vae", beta=1.0, likelihood="mse")
    for part in made.objective.modules():
        if isinstance(part, AggregatePosterior):
            part.examples.fill_(1200)
    many = Step(X.repeat(12, 1, 1, 1), X.repeat(12, 1, 1, 1))
    losses = made.losses(many)
    assert float(losses.loss) == pytest.approx(
        float(losses.report["distortion"] + losses.report["rate"]), abs=0.12
    )


@torch.no_grad()
def test_a_dearer_total_correlation_falls_and_the_rest_may_stay() -> None:
    found = []
    for beta in (0.0, 30.0):
        made = model("beta-tc-vae", beta=beta)
        with torch.enable_grad():
            fit(made, DATA, epochs=6, lr=3e-3)
        (term,) = (t for t in made.objective.terms if isinstance(t, TotalCorrelation))
        step = Step(DATA.train.x[:400], DATA.train.x[:400])
        torch.manual_seed(0)
        found.append(float(term(made, step, made(step)).mean()))
    assert found[1] < 0.7 * found[0]


def test_the_equation_has_all_three_parts() -> None:
    latex = model("beta-tc-vae", beta=4).objective.latex
    assert "I_q(z; x) + 4\\,\\mathrm{KL}" in latex
