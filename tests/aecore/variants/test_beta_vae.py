"""β moves a linear VAE along its rate–distortion curve; the other options do what they say."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from aecore.errors import UserError
from aecore.step import Step
from tests.aecore.small import digits, equal, fit, model, weights
from tests.aecore.variants.linear import normal, solved

VARIANCES = (8.0, 4.0, 0.5)
X = digits().test.x


@pytest.mark.parametrize("beta", [0.25, 1.0, 5.0])
@torch.no_grad()
def test_rate_and_distortion_are_those_of_reverse_water_filling(beta: float) -> None:
    """At the optimum variance v > β costs a rate ½ log(v/β) and a distortion β/2, the others 0 and v/2."""
    data = normal(*VARIANCES)
    with torch.enable_grad():
        made = solved(data, variant="beta-vae", latent_dim=3, beta=beta)
    x = data.train.x
    reports = [made.losses(Step(x, x)).report for _ in range(20)]
    rate, distortion = (sum(float(r[name]) for r in reports) / 20 for name in ("rate", "distortion"))
    assert rate == pytest.approx(sum(0.5 * math.log(max(v / beta, 1)) for v in VARIANCES), rel=0.04)
    assert distortion == pytest.approx(sum(0.5 * min(v, beta) for v in VARIANCES), rel=0.05)


def test_beta_of_one_is_the_vae() -> None:
    one, plain = model("beta-vae", beta=1.0), model("vae")
    fit(one)
    fit(plain)
    assert equal(weights(one), weights(plain))


def loss(progress: float, **options: Any) -> tuple[float, dict[str, float]]:
    made = model("beta-vae", likelihood="mse", **options)
    torch.manual_seed(0)
    losses = made.losses(Step(X, X, progress=progress))
    return losses.loss.item(), {name: float(value) for name, value in losses.report.items()}


@pytest.mark.parametrize(
    ("annealing", "progress", "share"),
    [
        ("constant", 0.0, 1.0),
        ("linear", 0.0, 0.0),
        ("linear", 0.25, 0.5),
        ("linear", 0.6, 1.0),
        ("cyclical", 0.25, 0.0),
        ("cyclical", 0.3125, 0.5),
        ("cyclical", 1.0, 1.0),
    ],
)
def test_annealing_lets_beta_rise(annealing: str, progress: float, share: float) -> None:
    total, report = loss(progress, beta=8.0, annealing=annealing, annealing_share=0.5, cycles=4)
    assert total == pytest.approx(report["distortion"] + 8 * share * report["rate"], rel=1e-5)


def test_capacity_pulls_the_rate_to_its_target() -> None:
    total, report = loss(0.5, beta=8.0, capacity=6.0)
    assert total == pytest.approx(report["distortion"] + 8 * abs(report["rate"] - 3), rel=1e-5)
    made = model("beta-vae", beta=50.0, capacity=3.0, likelihood="mse")
    fit(made, digits(1200), epochs=15, lr=3e-3, keep="last")
    rate = float(made.losses(Step(X, X)).report["rate"])
    assert rate == pytest.approx(3.0, abs=0.4)


def test_free_bits_keep_dimensions_alive() -> None:
    rates = []
    for free_bits in (0.0, 0.5):
        made = model("beta-vae", beta=1.0, free_bits=free_bits, likelihood="mse")
        fit(made, digits(1200), epochs=10, lr=3e-3, keep="last")
        rates.append(float(made.losses(Step(X, X)).report["rate"]))
    assert rates[0] < 0.3  # σ = 1 on pixels in [0, 1]: next to nothing is worth its price
    assert 1.0 < rates[1] < 2.5  # about half a nat in each of four dimensions


def test_capacity_and_free_bits_exclude_each_other() -> None:
    with pytest.raises(UserError, match=r"capacity sets a target .* choose one"):
        model("beta-vae", capacity=1.0, free_bits=0.5)


def test_the_equation_shows_the_weights() -> None:
    assert r"4\,\mathrm{KL}" in model("beta-vae").objective.latex
    assert r"(0 \to 2)\,\mathrm{KL}" in model("beta-vae", beta=2, annealing="linear").objective.latex
