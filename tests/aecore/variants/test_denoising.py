"""The target is the clean example, and what is learned is its expectation given the corrupted one."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from aecore.step import Step
from tests.aecore.small import digits, epochs, fit, model
from tests.aecore.variants.linear import normal, solved

X = digits().test.x


@pytest.mark.parametrize("corruption", ["gaussian", "salt-and-pepper", "masking"])
def test_only_the_input_is_corrupted_and_only_in_training(corruption: str) -> None:
    made = model("denoising", corruption=corruption, level=0.5)
    step = made.prepare(Step(X, X))
    assert torch.equal(step.target, X)
    assert not torch.equal(step.input, X)
    assert torch.equal(made.reconstruct(X), made.decode(made.posterior(X).mean))


@torch.no_grad()
def test_gaussian_noise_is_shrunk_as_the_posterior_mean_says() -> None:
    """For x ~ N(0, s²) and x̃ = x + σε, E[x|x̃] = s²/(s² + σ²) x̃, and (x̂ − x̃)/σ² is the score of x̃."""
    data, level = normal(1.0), 0.6
    data = replace(data, train=data.train.take(torch.arange(512).repeat(8)))  # more noise for each example
    with torch.enable_grad():
        made = solved(data, variant="denoising", latent_dim=1, level=level, epochs=60)
    noisy = torch.linspace(-2, 2, 9)[:, None, None, None]
    cleaned = made.reconstruct(noisy)
    torch.testing.assert_close(cleaned, noisy / (1 + level**2), atol=0.06, rtol=0)
    score = (cleaned - noisy) / level**2
    torch.testing.assert_close(score, -noisy / (1 + level**2), atol=0.06 / level**2, rtol=0)


@torch.no_grad()
def test_it_cleans_better_than_a_plain_autoencoder() -> None:
    torch.manual_seed(0)
    noisy = X + 0.5 * torch.randn_like(X)
    errors = []
    for made in (model("autoencoder", latent_dim=16), model("denoising", latent_dim=16, level=0.5)):
        with torch.enable_grad():
            fit(made, digits(1200), epochs=25, lr=3e-3)
        errors.append(float((made.reconstruct(noisy) - X).square().mean()))
    assert errors[1] < 0.85 * errors[0]


def test_a_line_of_levels_reaches_training_and_the_choice_of_the_best_epoch() -> None:
    made = model("denoising", levels="linear", start_level=0.0, level=1.0)
    assert torch.equal(made.prepare(Step(X, X, progress=0.0)).input, X)
    half = made.prepare(Step(X, X, progress=0.5)).input - X
    assert float(half.std()) == pytest.approx(0.5, rel=0.05)
    (player,) = made.players()
    assert player.scheduled  # the validation loss of the choice is that at the last level
    (player,) = model("denoising", level=1.0).players()
    assert not player.scheduled
    ends = epochs(fit(made, digits(1200), epochs=6, lr=3e-3))
    best = [end.epoch for end in ends if end.best][-1]
    assert best > 3  # at noise 1 an epoch trained without noise is a bad one, though its own loss is low


def test_a_range_of_levels_goes_down() -> None:
    made = model("denoising", levels="range", level=0.6, start_level=0.1)
    ends = epochs(fit(made, digits(1200), epochs=8, lr=3e-3))
    assert ends[-1].validation["distortion"] < 0.8 * ends[0].train["distortion"]
