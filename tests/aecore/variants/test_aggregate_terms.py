"""Variants whose objective looks at all codes together: every term can be lowered, by whom it should be."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from aecore.model import Autoencoder
from aecore.objectives import Reconstruction, Term
from aecore.step import Step
from aecore.training import Finished
from aecore.training.optimisers import Descent
from tests.aecore.small import digits, epochs, fit, model

DATA = digits(600)
STEP = Step(DATA.train.x[:256], DATA.train.x[:256], label=DATA.train.label[:256])  # type: ignore[index]

TERMS = [
    (variant, term.name, options)
    for variant, options in (
        ("beta-tc-vae", {}),
        ("factor-vae", {}),
        ("dip-vae", {}),
        ("dip-vae", {"dip": "i"}),
        ("info-vae", {}),
        ("wae-mmd", {}),
        ("iwae", {}),
        ("iwae", {"gradient": "dreg"}),
        ("adversarial", {}),
        ("adversarial", {"prior": "mixture", "by_class": True}),
    )
    for term in model(variant, **options).objective.terms
]


def value(made: Autoencoder, term: Term) -> float:
    """A term's mean on real digits, the same random numbers each time."""
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(0)
        return float(term(made, STEP, made(STEP)).mean())


def lower(made: Autoencoder, term: Term, steps: int) -> None:
    """Some steps of the autoencoder down one term alone."""
    own = made.players()[0]
    descent = Descent(own, "adam", 3e-3, 0, 0, "constant", 0)
    for _ in range(steps):
        descent(term(made, STEP, made(STEP)).mean(), 0.5)


@pytest.mark.parametrize(("variant", "name", "options"), TERMS)
def test_each_term_goes_down_on_digits(variant: str, name: str, options: dict[str, Any]) -> None:
    """From codes that were learned for the reconstruction alone, and so are far from any prior."""
    made = model(variant, likelihood="mse", **options)
    (term,) = (each for each in made.objective.terms if isinstance(each, Term) and each.name == name)
    if name not in ("distortion", "importance_bound"):
        lower(made, Reconstruction(), 60)
    before = value(made, term)
    lower(made, term, 30)
    assert value(made, term) < before - 0.02 * abs(before) - 1e-3


LATENT = ("mutual_information", "total_correlation", "dimensionwise_kl", "off_diagonal", "diagonal", "mmd",
          "adversarial", "rate")  # fmt: skip


@pytest.mark.parametrize(("variant", "name", "options"), [case for case in TERMS if case[1] in LATENT])
def test_what_is_asked_of_codes_reaches_the_encoder_alone(
    variant: str, name: str, options: dict[str, Any]
) -> None:
    made = model(variant, **options)
    (term,) = (each for each in made.objective.terms if isinstance(each, Term) and each.name == name)
    term(made, STEP, made(STEP)).mean().backward()
    reached = {key.split(".")[0] for key, p in made.named_parameters() if p.grad is not None and p.grad.any()}
    assert reached == {"encoder", "bottleneck"}


@pytest.mark.parametrize("variant", ["factor-vae", "adversarial"])
def test_the_critic_moves_itself_alone_and_the_last_epoch_is_kept(variant: str) -> None:
    made = model(variant)
    own, critic = made.players()
    assert [own.name, critic.name] == ["autoencoder", "critic"]
    assert own.relative
    made.zero_grad()
    critic.loss(STEP).loss.backward()
    assert all(p.grad is None for p in own.parameters)
    assert all(p.grad is not None and p.grad.any() for p in critic.parameters)
    events = fit(made, DATA, epochs=4)
    (finished,) = (event for event in events if isinstance(event, Finished))
    assert finished.epoch == finished.epochs == 4
    ends = epochs(events)
    assert {"critic_loss", "critic_accuracy"} <= ends[-1].train.keys()
    assert ends[-1].validation["distortion"] < ends[0].validation["distortion"]
    assert ends[-1].train["critic_loss"] < 2 * math.log(2)
