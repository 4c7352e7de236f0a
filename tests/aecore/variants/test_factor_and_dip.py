"""FactorVAE and DIP-VAE weigh their terms as written, and what they pay for goes down."""

from __future__ import annotations

import pytest
import torch

from aecore.objectives.total_correlation import AggregatePosterior, TotalCorrelation
from aecore.step import Step
from tests.aecore.small import digits, fit, model

DATA, BINARY = digits(1200), digits(1200, binarise="threshold")
X = DATA.train.x
STEP = Step(X, X)


@torch.no_grad()
def test_factor_vae_lowers_the_total_correlation_that_another_estimate_sees() -> None:
    """Trained against a critic, measured by stratified sampling."""
    found = []
    for gamma in (0.0, 40.0):
        made = model("factor-vae", gamma=gamma)
        with torch.enable_grad():
            fit(made, DATA, epochs=8, lr=3e-3)
        torch.manual_seed(0)
        found.append(float(TotalCorrelation(AggregatePosterior())(made, STEP, made(STEP)).mean()))
    assert found[1] < 0.7 * found[0]


@torch.no_grad()
def test_factor_vae_is_its_equation() -> None:
    losses = model("factor-vae", gamma=3.0, likelihood="mse").losses(STEP)
    of = losses.report
    by_hand = of["distortion"] + of["rate"] + 3 * of["total_correlation"]
    assert float(losses.loss) == pytest.approx(float(by_hand), rel=1e-5)


@torch.no_grad()
def test_dip_vae_is_its_equation() -> None:
    losses = model("dip-vae", lambda_od=3.0, lambda_d=5.0, likelihood="mse").losses(STEP)
    of = losses.report
    by_hand = of["distortion"] + of["rate"] + 3 * of["off_diagonal"] + 5 * of["diagonal"]
    assert float(losses.loss) == pytest.approx(float(by_hand), rel=1e-5)


@pytest.mark.parametrize("dip", ["i", "ii"])
@torch.no_grad()
def test_dearer_covariances_come_to_the_identity(dip: str) -> None:
    off = []
    for weight in (0.0, 100.0):
        made = model("dip-vae", dip=dip, lambda_od=weight, lambda_d=weight, data=BINARY)
        with torch.enable_grad():
            fit(made, BINARY, epochs=8, lr=3e-3)
        torch.manual_seed(0)
        codes = made.encode(BINARY.train.x) if dip == "i" else made(Step(BINARY.train.x, BINARY.train.x)).z
        off.append(float((torch.cov(codes.T) - torch.eye(4)).square().sum()))
    assert off[1] < off[0] / 2
