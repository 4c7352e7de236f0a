"""A linear VAE is probabilistic PCA: its bound is tight, and its optimum has a closed form."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch

from aecore.bottlenecks import GaussianPosterior
from aecore.bundles.runtime import load_function
from aecore.likelihoods import Gaussian
from aecore.step import Step
from tests.aecore.small import digits, fit, model
from tests.aecore.variants.bundled import bundled
from tests.aecore.variants.linear import normal, solved


@torch.no_grad()
def test_without_hidden_layers_it_is_probabilistic_pca() -> None:
    """With σ = 1 the covariance is WWᵀ + I, and W keeps the variances above 1 (Tipping & Bishop 1999).

    The bound is tight there (Lucas et al. 2019, https://arxiv.org/abs/1911.02469).
    """
    variances = (6.0, 3.0, 0.5, 0.25)
    data = normal(*variances)
    with torch.enable_grad():
        made = solved(data, variant="vae", latent_dim=3)
    x = data.train.x
    report = [made.losses(Step(x, x)).report for _ in range(20)]
    negative_elbo = sum(float(each["negative_elbo"]) for each in report) / len(report)
    exact = sum(
        0.5 * (math.log(2 * math.pi * max(v, 1.0)) + v / max(v, 1.0)) for v in variances
    )  # −log p(x) of the best model
    assert negative_elbo == pytest.approx(exact, rel=5e-3)
    posterior = cast(GaussianPosterior, made.posterior(x))
    by_dimension = posterior.kl().mean(0).sort(descending=True).values
    nats = [0.5 * math.log(6.0), 0.5 * math.log(3.0), 0.0]  # ½ log of each variance that is kept
    assert float(by_dimension.sum()) == pytest.approx(sum(nats), abs=0.06)
    weights = made.decoder.get_parameter("output.weight")
    covariance = weights @ weights.T + torch.eye(4)
    kept = torch.diag(torch.tensor([max(v, 1.0) for v in variances]))
    torch.testing.assert_close(covariance, kept, atol=0.3, rtol=0.1)


def test_its_loss_is_distortion_plus_rate() -> None:
    made, x = model("vae", likelihood="mse"), digits().test.x
    losses = made.losses(Step(x, x))
    report = losses.report
    assert losses.loss.item() == pytest.approx(float(report["distortion"] + report["rate"]))
    constant = 32 * math.log(2 * math.pi)  # (D/2) log 2π of 64 pixels
    assert float(report["negative_elbo"]) == pytest.approx(losses.loss.item() + constant)


@pytest.mark.parametrize("likelihood", ["pseudo-bernoulli", "huber"])
def test_without_a_likelihood_there_is_no_elbo(likelihood: str) -> None:
    x = digits().test.x
    report = model("vae", likelihood=likelihood).losses(Step(x, x)).report
    assert "negative_elbo" not in report
    assert {"distortion", "rate"} <= report.keys()


@torch.no_grad()
def test_a_learned_sigma_is_the_root_of_the_mean_squared_error() -> None:
    """The optimum of Rybkin et al. (2021), eq. 6, found by descent. https://arxiv.org/abs/2006.13202"""
    made, data = model("vae", likelihood="gaussian"), digits()
    with torch.enable_grad():
        fit(made, data, epochs=100, lr=2e-2, keep="last", lr_schedule="linear")
    x = data.train.x
    errors = torch.stack([made.likelihood.mean(made(Step(x, x)).raw) - x for _ in range(20)])
    sigma = cast(Gaussian, made.likelihood).log_sigma.exp()
    assert float(sigma) == pytest.approx(float(errors.square().mean().sqrt()), rel=0.03)


@pytest.mark.parametrize(
    "options", [{"posterior": "iaf", "flow_steps": 2}, {"prior": "vamp", "pseudo_inputs": 6}]
)
@torch.no_grad()
def test_a_bundle_keeps_another_posterior_or_prior(options: dict[str, Any], tmp_path: Path) -> None:
    data = digits()
    made = model("vae", **options)
    bundle = bundled(tmp_path / "digits" / "other", made, data, "vae", latent_dim=4, hidden=[32], **options)
    x, latent = data.test.x, bundle.card.latent
    assert torch.equal(bundle.model().encode(x), made.encode(x))
    np.testing.assert_allclose(next(iter(bundle.encode(x.numpy()).values())), made.encode(x), atol=1e-4)
    if "prior" not in options:
        assert (latent.kind, latent.prior.kind) == ("flow", "standard-normal")
        return
    assert (latent.kind, latent.prior.kind) == ("gaussian", "function")
    torch.manual_seed(0)
    drawn = made.draw(5)
    torch.manual_seed(0)
    noise = torch.randn(5, 10).numpy()  # six to choose a component, four to go from its mean
    np.testing.assert_allclose(
        load_function(bundle.file("prior.onnx"))({"noise": noise})["z"], drawn, atol=1e-5
    )
