"""What stands in a bundle is what its weights do."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

import aecore
from aecore.bottlenecks import Variational
from aecore.bundles import Bundle, open_bundle, shipped_root
from aecore.data import Dataset, load_dataset
from aecore.errors import UserError
from aecore.metrics import METRICS, evaluate
from aecore.metrics.probabilistic import importance_estimate
from aecore.model import Autoencoder
from aecore.runs import complete
from aecore.runs.finish import codes_of
from aecore.scenes.views import shown
from tests.aecore.conftest import TINY

BOTH = pytest.mark.parametrize("name", ["digits/half", "digits/full"])


@pytest.fixture
def bundle(bundles: Path, name: str) -> Bundle:
    return open_bundle(name)


@pytest.fixture(scope="module")
def data() -> Dataset:
    return load_dataset("digits")


@BOTH
def test_the_card_says_everything(bundle: Bundle, data: Dataset, name: str) -> None:
    card = bundle.card
    assert f"{card.data.name}/{card.name}" == name == bundle.id
    assert card.variant == {"digits/half": "vae", "digits/full": "denoising"}[name]
    assert card.title == {"digits/half": "VAE", "digits/full": "Denoising autoencoder"}[name]
    assert card.config == complete(card.config)
    assert card.config["latent_dim"] == card.latent.dim == TINY["latent_dim"]
    assert card.precision == name.removeprefix("digits/")
    assert card.latent.kind == {"digits/half": "gaussian", "digits/full": "point"}[name]
    assert card.views == shown(card.data.kind, card.latent)
    assert card.data.fingerprint == data.fingerprint
    assert (card.data.shape, card.data.values, len(card.data.classes)) == ((1, 8, 8), "unit", 10)
    assert card.parameters == sum(each.numel() for each in bundle.model().parameters())
    assert card.provenance.command.startswith(f"aecore train --variant {card.variant} --data digits ")
    assert card.provenance.versions.keys() >= {"aecore", "torch", "numpy", "python", "umap-learn", "openTSNE"}
    assert (card.provenance.device, card.provenance.seed) == ("cpu", 0)
    assert card.provenance.seconds > 0


@BOTH
def test_the_history_has_a_line_an_epoch(bundle: Bundle) -> None:
    assert [line["epoch"] for line in bundle.history] == [1, 2]
    terms = {"loss", "distortion"} | ({"rate"} if bundle.card.variant == "vae" else set())
    for line in bundle.history:
        assert terms <= line["train"].keys()
        assert terms <= line["validation"].keys()
        assert line["lr"] == bundle.card.config["lr"]
        assert line["examples_per_s"] > 0


@BOTH
def test_onnx_and_pytorch_agree_on_every_test_image(bundle: Bundle, data: Dataset) -> None:
    model, x = bundle.model(), data.test.x
    with torch.no_grad():
        wanted = {name: value.numpy() for name, value in model.posterior(x).tensors().items()}
        images = model.decode(model.encode(x)).numpy()
    got = bundle.encode(x.numpy())
    assert got.keys() == wanted.keys()
    for each in got:
        np.testing.assert_allclose(got[each], wanted[each], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(bundle.decode(model.encode(x).detach().numpy()), images, rtol=1e-4, atol=1e-4)


@BOTH
def test_the_metrics_are_those_of_the_stored_weights(bundle: Bundle, data: Dataset) -> None:
    again = evaluate(bundle.model(), data)
    assert again.keys() == bundle.card.metrics.keys() <= METRICS.keys()
    for each, value in again.items():
        assert bundle.card.metrics[each] == pytest.approx(value, rel=1e-6), each


@BOTH
def test_pca_stands_beside_every_reconstruction_metric(bundle: Bundle) -> None:
    prefixes = ("", "denoised_") if bundle.card.variant == "denoising" else ("",)
    for prefix in prefixes:
        for metric in ("mae", "mse", "rmse", "psnr", "ssim"):
            assert {f"{prefix}{metric}", f"pca_{prefix}{metric}"} <= bundle.card.metrics.keys()


@BOTH
def test_codes_are_those_of_the_test_examples_they_name(bundle: Bundle, data: Dataset) -> None:
    codes, model = bundle.codes, bundle.model()
    chosen = data.test.take(torch.tensor(codes.index))
    assert len(np.unique(codes.index)) == len(codes.mu) == 297
    assert codes.label is not None
    assert chosen.label is not None
    np.testing.assert_array_equal(codes.label, chosen.label.numpy())
    with torch.no_grad():
        posterior = model.posterior(chosen.x)
        images = model.decode(posterior.mean)
        error = model.likelihood.distortion(model.decode_raw(posterior.mean), chosen.x)
    np.testing.assert_allclose(codes.mu, posterior.mean.numpy(), rtol=1e-3, atol=1e-3)  # half precision
    if isinstance(posterior, Variational):
        given = normal(posterior)
        kl = kl_divergence(given, Normal(torch.tensor(0.0), torch.tensor(1.0))).sum(1)
        assert codes.kl is not None
        np.testing.assert_allclose(codes.kl, kl, rtol=1e-4, atol=1e-5)
    else:
        assert codes.kl is None
    if bundle.card.config["likelihood"] == "mse":
        error = (images - chosen.x).square().flatten(1).sum(1) / 2
    np.testing.assert_allclose(codes.error, error, rtol=1e-4)


def test_fewer_codes_are_a_fixed_choice_with_every_class_in_proportion(bundles: Path, data: Dataset) -> None:
    model = aecore.load("digits/half")
    with pytest.MonkeyPatch.context() as patch:
        from tests.aecore.conftest import flat_maps

        flat_maps(patch)
        few, again = codes_of(model, data.test, most=100), codes_of(model, data.test, most=100)
    np.testing.assert_array_equal(few.index, again.index)
    assert few.label is not None
    assert data.test.label is not None
    share = np.bincount(few.label, minlength=10) / 100
    whole = np.bincount(data.test.label.numpy(), minlength=10) / len(data.test)
    assert np.abs(share - whole).max() <= 0.011


def normal(posterior: Variational) -> Normal:
    """The same posterior as torch.distributions has it."""
    mu, logvar = posterior.tensors()["mu"], posterior.tensors()["logvar"]
    return Normal(mu, (logvar / 2).exp())


def own_bounds(model: Autoencoder, x: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """−ELBO of each example, by a sampled distortion and the KL in closed form.

    Returns:
        It, and the standard error of its difference from aecore's as many samples, shape (B,) each.
    """
    posterior = model.posterior(x)
    assert isinstance(posterior, Variational)
    q = normal(posterior)
    prior = Normal(torch.tensor(0.0), torch.tensor(1.0))
    z = q.sample((samples,))
    distortion = torch.stack([model.likelihood.nll(model.decode_raw(each), x) for each in z]).double()
    log_ratio = (q.log_prob(z) - prior.log_prob(z)).sum(-1)
    error = ((distortion.var(0) + (distortion + log_ratio).var(0)) / samples).sqrt()
    return distortion.mean(0) + kl_divergence(q, prior).sum(1), error


def check_bounds(model: Autoencoder, x: Tensor) -> None:
    """Holds what aecore estimates of 500 examples against what is computed here."""
    assert len(x) == 500
    many = importance_estimate(model, x, 100)
    assert (many.nll <= many.negative_elbo + 1e-6).all()
    bound, error = own_bounds(model, x, 100)
    off = (many.negative_elbo - bound) / error  # about N(0, 1)
    assert off.mean().abs() < 4 / math.sqrt(len(x))
    assert off.std() == pytest.approx(1, abs=0.2)
    # With one sample the estimate is the bound, on average; with more it falls towards the NLL.
    one, few = (torch.stack([importance_estimate(model, x, k).nll for _ in range(100 // k)]) for k in (1, 10))
    assert one.mean() == pytest.approx(float(bound.mean()), abs=float(4 * error.mean() / math.sqrt(len(x))))
    assert one.mean() > few.mean() > many.nll.mean()


@torch.no_grad()
def test_nll_is_at_most_the_bound_for_500_digits(data: Dataset) -> None:
    x = torch.cat([data.test.x, data.train.x])[:500]
    check_bounds(Bundle.open(shipped_root() / "digits" / "vae").model(), x)


@torch.no_grad()
def test_the_card_has_the_bound_and_the_nll_of_its_weights(bundles: Path, data: Dataset) -> None:
    bundle = open_bundle("digits/half")
    metrics, model, x = bundle.card.scalars, bundle.model(), data.test.x
    assert metrics["elbo_gap"] >= 0
    assert metrics["nll"] == pytest.approx(float(importance_estimate(model, x, 200).nll.mean()), abs=0.05)
    assert metrics["negative_elbo"] == pytest.approx(float(own_bounds(model, x, 200)[0].mean()), abs=0.05)
    assert metrics["nll"] + metrics["elbo_gap"] == pytest.approx(metrics["negative_elbo"], rel=0.01)


@torch.no_grad()
def test_nll_is_at_most_the_bound_for_500_images_of_mnist(require_data: Callable[[str], None]) -> None:
    require_data("mnist")
    bundle = Bundle.open(shipped_root() / "mnist" / "vae")
    check_bounds(bundle.model(), bundle.card.data.load().test.x[:500])


@pytest.mark.usefixtures("quick_maps")
def test_one_seed_gives_one_file_of_weights(trained: Path) -> None:
    same: dict[str, Any] = {"hidden": [32], "lr": 5e-3, "store": "half"}
    again = aecore.train("vae", name="again", **same, **TINY)
    other = aecore.train("vae", name="other", **same, seed=1, **TINY)
    weights = (trained / "bundles" / "digits" / "half" / "model.safetensors").read_bytes()
    assert again.read("model.safetensors") == weights
    assert other.read("model.safetensors") != weights
    first = Bundle.open(trained / "bundles" / "digits" / "half")
    torch.testing.assert_close(again.card.metrics, first.card.metrics, rtol=1e-6, atol=1e-9)


def listing(folder: Path) -> dict[Path, tuple[int, int]]:
    return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in folder.rglob("*")}


@pytest.mark.usefixtures("quick_maps")
def test_a_training_leaves_what_is_shipped_alone(own_home: Path) -> None:
    before = listing(shipped_root() / "digits")
    assert before
    name = next(path.stem for path in before if path.suffix == ".toml")
    if (shipped_root() / "digits" / name).exists():
        with pytest.raises(UserError, match=f"digits/{name} is a bundle that came with aecore"):
            aecore.train("vae", name=name, replace=True, hidden=[8], **TINY)
    bundle = aecore.train("vae", name=f"{name}-mine", hidden=[8], **TINY)
    assert bundle.path == own_home / "bundles" / "digits" / f"{name}-mine"
    assert listing(shipped_root() / "digits") == before
