"""InfoVAE, WAE and AAE: codes that look like the prior, the exact weights, and who may ask for what."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from aecore.bottlenecks import HeldPoint, Ring, SwissRoll
from aecore.data import DataSpec
from aecore.errors import UserError
from aecore.metrics.aggregate import aggregate_mmd
from aecore.step import Step
from aecore.variants import build
from tests.aecore.small import digits, fit, model

DATA = digits(1200)
X = DATA.test.x


@pytest.mark.parametrize(
    ("variant", "options"), [("wae-mmd", {}), ("wae-mmd", {"kernel": "rbf"}), ("adversarial", {})]
)
@torch.no_grad()
def test_codes_come_to_the_prior_and_an_autoencoder_s_do_not(variant: str, options: dict[str, Any]) -> None:
    distances, errors = [], []
    nothing: dict[str, Any] = {}
    for name, chosen in (("autoencoder", nothing), (variant, options)):
        made = model(name, **chosen)
        with torch.enable_grad():
            fit(made, DATA, epochs=15, lr=3e-3, keep="last")
        codes = made.encode(DATA.train.x)
        distances.append(aggregate_mmd(model("wae-mmd"), codes, 0))
        errors.append(float((made.reconstruct(X) - X).square().mean()))
    assert distances[1] < 0.25 * distances[0]
    assert errors[1] < 1.3 * errors[0]


def test_a_wae_draws_from_its_prior_not_from_a_fit() -> None:
    made = model("wae-mmd")
    fit(made, DATA, epochs=1)
    assert made.bottleneck.prior_spec() == {"kind": "standard-normal"}
    torch.manual_seed(0)
    drawn = made.draw(10_000)
    torch.testing.assert_close(torch.cov(drawn.T), torch.eye(4), atol=0.06, rtol=0)


def report(**options: Any) -> tuple[float, dict[str, float]]:
    made = model("info-vae", likelihood="mse", **options)
    torch.manual_seed(0)
    losses = made.losses(Step(X, X))
    return float(losses.loss.detach()), {key: float(each) for key, each in losses.report.items()}


@pytest.mark.parametrize(("alpha", "strength"), [(0.0, 1.0), (0.5, 10.0), (1.0, 5.0), (-1.0, 3.0)])
def test_info_vae_weighs_rate_and_mmd_as_the_paper_does(alpha: float, strength: float) -> None:
    total, of = report(alpha=alpha, lambda_mmd=strength)
    by_hand = of["distortion"] + (1 - alpha) * of["rate"] + (alpha + strength - 1) * of["mmd"]
    assert total == pytest.approx(by_hand, rel=1e-5)


def test_info_vae_refuses_a_negative_weight() -> None:
    with pytest.raises(UserError, match="alpha \\+ lambda_mmd is 1 or more, not 0.7"):
        model("info-vae", alpha=0.5, lambda_mmd=0.2)


@pytest.mark.parametrize("prior", ["mixture", "swiss-roll"])
def test_each_class_comes_to_its_own_part(prior: str) -> None:
    made = model(
        "adversarial", latent_dim=2, hidden=(64,), critic_hidden=(64, 64), prior=prior, by_class=True
    )
    fit(made, DATA, epochs=40, lr=3e-3)
    bottleneck = made.bottleneck
    assert isinstance(bottleneck, HeldPoint)
    label = DATA.train.label
    assert label is not None
    codes = made.encode(DATA.train.x).detach()
    noise = torch.randn(4000, 3)
    wanted = bottleneck.prior(noise, torch.arange(10).repeat(400))
    nearest = torch.cdist(codes, wanted).topk(15, largest=False).indices % 10
    assert float((nearest.mode(1).values == label).float().mean()) > 0.4  # one in ten by chance


def test_a_prior_has_as_many_parts_as_classes() -> None:
    three = DataSpec("three", "image", (1, 8, 8), "unit", classes=("a", "b", "c"))
    options: dict[str, Any] = {"variant": "adversarial", "latent_dim": 2, "prior": "mixture"}
    for by_class, parts in ((True, 3), (False, 10)):
        bottleneck = build({**options, "by_class": by_class}, three).bottleneck
        assert isinstance(bottleneck, HeldPoint)
        assert isinstance(bottleneck.prior, Ring)
        assert bottleneck.prior.parts == parts
    roll = build({**options, "prior": "swiss-roll"}, three).bottleneck
    assert isinstance(roll, HeldPoint)
    assert isinstance(roll.prior, SwissRoll)


def test_a_code_with_a_width_has_a_rate() -> None:
    made = model("adversarial", posterior="gaussian")
    torch.manual_seed(0)
    losses = made.losses(Step(X, X))
    assert made.probabilistic
    assert "rate" in losses.report
    assert float(losses.report["adversarial"]) == pytest.approx(math.log(2), abs=0.2)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"by_class": True}, "choose another"),
        ({"posterior": "gaussian", "prior": "mixture"}, "with mixture it is a point"),
        ({"prior": "mixture", "latent_dim": 1}, "--latent-dim is 2 or more"),
    ],
)
def test_what_does_not_go_together_is_refused(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        model("adversarial", **options)


def test_classes_are_needed_to_be_told() -> None:
    none = DataSpec("none", "image", (1, 8, 8), "unit")
    with pytest.raises(UserError, match="has no classes"):
        build({"variant": "adversarial", "prior": "mixture", "by_class": True}, none)
