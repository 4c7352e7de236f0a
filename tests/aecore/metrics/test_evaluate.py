"""The whole evaluation: every number under its name, on every kind of model, the same each time."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch.nn.functional import mse_loss

from aecore.data import Dataset
from aecore.errors import UserError
from aecore.metrics import METRICS, evaluate
from aecore.metrics.evaluation import ACCURACIES as ACCURACY_SCORES
from tests.aecore.metrics.closed_form import SIZE, LinearGaussian
from tests.aecore.metrics.closed_form import dataset as ppca
from tests.aecore.small import digits, equal, model, weights

COMPARED = ("mae", "mse", "rmse", "psnr", "ssim")
ACCURACIES = {"knn5_accuracy", "probe_accuracy"}
POSTERIOR = {"rate", "kl_per_dimension", "active_units"}
EVIDENCE = {"negative_elbo", "nll", "elbo_gap", "bits_per_dim", "nll_samples", "nll_images"}
SAMPLES = {f"sample_{name}" for name in ("precision", "recall", "density", "coverage", "frechet", "count")}
ALWAYS = (
    {f"{p}{c}" for p in ("", "pca_") for c in COMPARED}
    | {"compression_ratio", "distortion", "sharpness", "train_frechet"}
    | ACCURACIES
    | SAMPLES
)
HELD = {"aggregate_mmd"}
DENOISED = {f"{p}{c}" for p in ("denoised_", "pca_denoised_", "corrupted_") for c in COMPARED}


def measure(name: str, data: Dataset | None = None, **options: Any) -> dict[str, Any]:
    """The metrics of a fresh small model."""
    data = data or digits()
    return evaluate(model(name, data=data, **options), data, nll_samples=5, nll_images=20)


@pytest.mark.parametrize(
    ("variant", "options", "names"),
    [
        ("autoencoder", {"likelihood": "mse"}, ALWAYS),
        ("denoising", {"likelihood": "mse"}, ALWAYS | DENOISED),
        ("vae", {"likelihood": "mse"}, ALWAYS | POSTERIOR | EVIDENCE | HELD),
        ("vae", {"likelihood": "pseudo-bernoulli"}, ALWAYS | POSTERIOR | HELD),
    ],
)
def test_what_applies_is_there_and_nothing_else(
    variant: str, options: dict[str, Any], names: set[str]
) -> None:
    values = measure(variant, **options)
    assert values.keys() == names
    for value in values.values():
        assert all(math.isfinite(number) for number in (value if isinstance(value, list) else [value]))


def test_the_table_names_what_an_evaluation_gives() -> None:
    """What only some kinds of models or data have is tested beside them."""
    assert METRICS.keys() >= ALWAYS | DENOISED | POSTERIOR | EVIDENCE | HELD
    assert {"mig", "sap", "modularity"} <= METRICS.keys()
    for metric in METRICS.values():
        assert metric.help.endswith(".")
        assert metric.better in ("lower", "higher", "neither")


def test_without_labels_there_are_no_accuracies() -> None:
    data = digits()
    assert not ACCURACIES & measure("vae", replace(data, test=replace(data.test, label=None))).keys()


def test_against_the_closed_form() -> None:
    data, linear = ppca(), LinearGaussian(shift=0.3, widen=1.5)
    values: dict[str, Any] = evaluate(linear, data, nll_samples=300, nll_images=10_000)
    x = data.test.x
    assert "psnr" not in values
    assert values["nll_images"] == len(x)
    assert values["negative_elbo"] == pytest.approx(linear.exact_negative_elbo(x).mean().item(), abs=0.1)
    assert values["nll"] == pytest.approx(linear.exact_nll(x).mean().item(), abs=0.02)
    assert values["bits_per_dim"] == pytest.approx(values["nll"] / SIZE / math.log(2))
    gap = (linear.exact_negative_elbo(x) - linear.exact_nll(x)).mean().item()
    assert values["elbo_gap"] == pytest.approx(gap, abs=0.05)
    # The constant of a Gaussian with σ = 1 is what stands between the optimised term and the bound.
    constant = SIZE / 2 * math.log(2 * math.pi)
    assert values["negative_elbo"] == pytest.approx(values["distortion"] + constant + values["rate"])
    assert sum(values["kl_per_dimension"]) == pytest.approx(values["rate"])
    assert values["compression_ratio"] == 3
    assert values["mse"] == pytest.approx(mse_loss(linear.decode(linear.posterior(x).mean), x).item())


def test_nll_is_at_most_the_bound_on_the_same_images() -> None:
    values = measure("vae", likelihood="mse")
    assert values["elbo_gap"] >= 0
    assert values["nll_images"] == 20


def test_it_repeats_and_a_seed_changes_what_is_drawn() -> None:
    data, vae = digits(), model("vae")
    first, again, other = (evaluate(vae, data, nll_samples=3, seed=seed) for seed in (0, 0, 1))
    assert first == again
    drawn = {name for name in first if first[name] != other[name]}
    assert drawn >= {"distortion", "negative_elbo", "nll", "elbo_gap", "bits_per_dim"} | HELD
    assert drawn <= {"distortion", "train_frechet"} | EVIDENCE | HELD | SAMPLES


@pytest.mark.parametrize("training", [True, False])
def test_it_leaves_no_trace(training: bool) -> None:
    data, vae = digits(), model("vae", batch_norm=True, dropout=0.2).train(training)
    before, state = weights(vae), torch.get_rng_state()
    evaluate(vae, data, nll_samples=2)
    assert vae.training is training
    assert equal(before, weights(vae))
    assert torch.equal(torch.get_rng_state(), state)
    assert all(parameter.grad is None for parameter in vae.parameters())


def test_dropout_is_off() -> None:
    data, vae = digits(), model("vae", dropout=0.5).train()
    expected = mse_loss(vae.eval().reconstruct(data.test.x), data.test.x).item()
    assert evaluate(vae.train(), data, nll_samples=1)["mse"] == pytest.approx(expected)


def test_a_larger_batch_gives_the_same_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    data, ae = digits(), model("autoencoder")
    whole = evaluate(ae, data)
    monkeypatch.setattr("aecore.metrics.evaluation._BATCH", 7)
    assert evaluate(ae, data) == pytest.approx(whole, rel=1e-4)


def test_dynamic_pixels_are_drawn_before_anything_is_fitted_to_them() -> None:
    data = digits(binarise="dynamic")
    assert data.dynamic
    vae = model("vae", data=data)
    values = evaluate(vae, data, nll_samples=1, seed=5)
    torch.manual_seed(5)
    drawn = replace(data, train=replace(data.train, x=torch.bernoulli(data.train.x)), dynamic=False)
    expected = evaluate(vae, drawn, nll_samples=1, seed=5)
    for name in ("pca_mse", "knn5_accuracy", "probe_accuracy", "nll_images", "rate"):
        assert values[name] == expected[name], name


def test_pca_stands_beside_the_model_at_its_own_dimension() -> None:
    narrow, wide = measure("autoencoder", latent_dim=2), measure("autoencoder", latent_dim=20)
    assert wide["pca_mse"] < narrow["pca_mse"]
    assert wide["pca_psnr"] > narrow["pca_psnr"]
    assert narrow["compression_ratio"] == 32


def test_what_cannot_be_measured_is_refused() -> None:
    data, vae = digits(), model("vae")
    nothing = data.test.take(torch.arange(0))
    for empty in (replace(data, test=nothing), replace(data, train=nothing)):
        with pytest.raises(UserError, match="digits lacks them"):
            evaluate(vae, empty)
    with pytest.raises(UserError, match="at least 1 sample and 1 image; got 0 and 500"):
        evaluate(vae, data, nll_samples=0)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_gives_the_same_numbers_and_leaves_no_trace() -> None:
    data, vae = digits(), model("vae")
    ours = evaluate(vae, data)
    state = torch.cuda.get_rng_state()
    theirs = evaluate(vae, data, device="cuda")
    assert torch.equal(torch.cuda.get_rng_state(), state)
    assert theirs == evaluate(vae, data, device="cuda")
    # Other random numbers, the same quantities.
    for name in ("mse", "ssim", "pca_mse", "rate", "nll", "knn5_accuracy"):
        assert theirs[name] == pytest.approx(ours[name], rel=0.01), name


def test_the_table_needs_no_torch() -> None:
    code = "import sys; from aecore.metrics import METRICS; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("variant", "only"),
    [
        ("denoising", {"mse", "denoised_mse"}),
        ("denoising", {"pca_denoised_mse"}),
        ("vae", {"nll", "knn5_accuracy"}),
        ("vae", {"rate", "distortion", "active_units", "pca_mse"}),
        ("vae", {"aggregate_mmd", "sample_recall", "sharpness", "compression_ratio"}),
        ("sparse", {"zero_share", "mse"}),
    ],
)
def test_only_what_is_asked_for_is_given_with_the_same_numbers(variant: str, only: set[str]) -> None:
    data, made = digits(), model(variant, likelihood="mse")
    whole = evaluate(made, data, nll_samples=3)
    assert evaluate(made, data, nll_samples=3, only=only) == {name: whole[name] for name in only}


def test_what_is_not_asked_for_is_not_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    for part in ("fit_pca", "importance_estimate", "sample_metrics", "factor_metrics", "prior_metrics"):
        monkeypatch.setattr(f"aecore.metrics.evaluation.{part}", None)
    monkeypatch.setitem(ACCURACY_SCORES, "probe_accuracy", None)
    assert evaluate(model("vae"), digits(), only=["mse", "knn5_accuracy"]).keys() == {"mse", "knn5_accuracy"}
    with pytest.raises(TypeError):  # the rest would have been
        evaluate(model("vae"), digits())


def test_what_does_not_apply_is_absent_when_asked_for_and_an_unknown_name_is_refused() -> None:
    assert evaluate(model("autoencoder"), digits(), only=["rate"]) == {}
    with pytest.raises(UserError, match="no metric called 'nil'. Did you mean nll"):
        evaluate(model("vae"), digits(), only=["nil"])
