"""What is measured of series, words and tables: by hand, on models that are no networks."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from torch import Tensor, nn
from torch.nn.functional import one_hot

from aecore.bottlenecks import GaussianPosterior, Posterior
from aecore.data import Dataset, DataSpec, Split, load_dataset
from aecore.likelihoods import Gaussian, Likelihood, natural
from aecore.metrics import METRICS, evaluate
from aecore.metrics.kinds import compared, numbers, plain
from aecore.step import Step
from aecore.variants import build
from tests.aecore.small import fit, head

SERIES = DataSpec("toy", "series", (4, 2), "real")
TOKENS = DataSpec("toy", "tokens", (4,), "token", vocabulary=("", "a", "b"))
WORDS = torch.tensor([[1, 2, 0, 0], [2, 0, 0, 0], [1, 1, 2, 2]])


def made_of(spec: DataSpec, x: Tensor) -> Dataset:
    return Dataset(spec, "Toy", "none", "here", Split(x), Split(x[:0]), Split(x))


class Parrot(nn.Module):
    """Decodes what it is told to, whatever the code; its posterior is the prior."""

    probabilistic, latent_dim, class_nats, corruption = True, 2, 0.0, None

    def __init__(self, spec: DataSpec, raw: Tensor) -> None:
        super().__init__()
        self.likelihood: Likelihood = natural(spec)
        self.register_buffer("raw", raw)
        self.raw: Tensor

    def told(self, step: Step) -> None:
        return None

    def posterior(self, x: Tensor, condition: Tensor | None = None) -> Posterior:
        return GaussianPosterior(torch.zeros(len(x), 2), torch.zeros(len(x), 2))

    def decode_raw(self, z: Tensor, condition: Tensor | None = None, given: Tensor | None = None) -> Tensor:
        return self.raw[: len(z)]

    def decode(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.likelihood.mean(self.decode_raw(z))

    def latent_spec(self) -> dict[str, object]:
        return {"prior": {"kind": "standard-normal"}}

    def draw(self, n: int, temperature: float = 1.0) -> Tensor:
        return temperature * torch.randn(n, 2)

    def sample(self, n: int, temperature: float = 1.0, condition: Tensor | None = None) -> Tensor:
        return self.decode(self.draw(n, temperature))

    def diagnostics(self, test: Split) -> dict[str, float | list[float]]:
        return {}


def measure(spec: DataSpec, x: Tensor, raw: Tensor) -> dict[str, Any]:
    return evaluate(Parrot(spec, raw), made_of(spec, x), nll_samples=3)


def test_a_series_counts_where_it_is() -> None:
    x = torch.tensor([[[1.0, 1], [2, 1], [0, 0], [0, 0]], [[3, 1], [1, 1], [1, 1], [1, 1]]])
    raw = torch.tensor(
        [[[2.0, 9], [2, 9], [50, -9], [50, 9]], [[3, 9], [1, 9], [-2, 9], [1, -9]]]
    )  # the second stops one step too early; what the first says after its end does not count
    values = measure(SERIES, x, raw)
    assert values["mae"] == pytest.approx((1 / 2 + 3 / 4) / 2)
    assert values["mse"] == pytest.approx((1 / 2 + 9 / 4) / 2)
    assert values["rmse"] == pytest.approx(math.sqrt(values["mse"]))
    assert values["length_mae"] == pytest.approx((0 + 1) / 2)
    assert values["compression_ratio"] == pytest.approx((2 + 4) / 2 / 2)
    assert values["rate"] == pytest.approx(0, abs=1e-6)
    end = [2 * math.log1p(math.exp(-9)), 3 * math.log1p(math.exp(-9)) + math.log1p(math.exp(9))]
    end[0] += math.log1p(math.exp(-9))  # the step at which it ends
    squares = [0.5 * (1 + 0), 0.5 * 9]
    constants = [n * 0.5 * math.log(2 * math.pi) for n in (2, 4)]
    likelihood = natural(SERIES)
    assert isinstance(likelihood, Gaussian)
    sigma = float(likelihood.log_sigma.exp().detach())
    nll = [
        s / sigma**2 + n * math.log(sigma) + c + e
        for s, n, c, e in zip(squares, (2, 4), constants, end, strict=True)
    ]
    assert values["nll"] == pytest.approx(sum(nll) / 2, rel=1e-5)
    assert values["negative_elbo"] == pytest.approx(values["nll"], rel=1e-5)
    assert values["bits_per_dim"] == pytest.approx(values["nll"] / (3 * math.log(2)))
    assert not {"psnr", "ssim", "token_accuracy"} & values.keys()
    assert values.keys() <= METRICS.keys()


def test_words_are_right_or_wrong_letter_by_letter() -> None:
    said = torch.tensor([[1, 2, 0, 1], [2, 2, 0, 0], [1, 0, 2, 2]])
    raw = 5.0 * one_hot(said, 3).float()
    values = measure(TOKENS, WORDS, raw)
    # right: a b end | b, no end | a, an end too early and all after it lost
    assert values["token_accuracy"] == pytest.approx((3 / 3 + 1 / 2 + 1 / 4) / 3)
    assert values["word_accuracy"] == pytest.approx(1 / 3)
    right, wrong = (-math.log(math.exp(each) / (math.exp(5) + 2)) for each in (5, 0))
    nats = [3 * right, right + wrong, 3 * right + wrong]
    assert values["perplexity"] == pytest.approx(math.exp(sum(nats) / (3 + 2 + 4)), rel=1e-5)
    assert values["distortion"] == pytest.approx(sum(nats) / 3, rel=1e-5)
    assert values["nll"] == pytest.approx(sum(nats) / 3, rel=1e-5)
    assert values["compression_ratio"] == pytest.approx((3 + 2 + 4) / 3 / 2)
    assert not {"mae", "mse", "rmse", "psnr", "length_mae"} & values.keys()
    assert values.keys() <= METRICS.keys()


def test_a_uniform_guess_has_the_perplexity_of_its_vocabulary() -> None:
    assert measure(TOKENS, WORDS, torch.zeros(3, 4, 3))["perplexity"] == pytest.approx(3)


def test_pca_of_words_is_that_of_one_hot_letters() -> None:
    data = load_dataset("words")
    data = replace(data, train=head(data.train, 300), test=head(data.test, 40))
    v = len(data.spec.vocabulary)
    flat = one_hot(data.train.x, v).numpy().reshape(300, -1).astype(float)
    theirs = PCA(8, svd_solver="full").fit(flat)
    test = one_hot(data.test.x, v).numpy().reshape(40, -1).astype(float)
    best = theirs.inverse_transform(theirs.transform(test)).reshape(40, -1, v).argmax(-1)
    ended = np.cumprod(best > 0, 1) * best
    model = build({"variant": "vae", "latent_dim": 8, "units": 8, "embedding": 4}, data.spec)
    values = evaluate(model, data, nll_samples=1, nll_images=5)
    assert values["pca_word_accuracy"] == pytest.approx((ended == data.test.x.numpy()).all(1).mean())


def test_pca_of_series_is_held_against_the_steps_that_are_there() -> None:
    data = load_dataset("waves")
    data = replace(data, train=head(data.train, 300), test=head(data.test, 40))
    theirs = PCA(6, svd_solver="full").fit(data.train.x[..., 0].numpy())
    made = theirs.inverse_transform(theirs.transform(data.test.x[..., 0].numpy()))
    x, lasts = data.test.x.numpy()[..., 0], data.test.x.numpy()[..., 1]
    by_hand = (((made - x) ** 2 * lasts).sum(1) / lasts.sum(1)).mean()
    model = build({"variant": "autoencoder", "latent_dim": 6, "units": 8}, data.spec)
    values = evaluate(model, data)
    assert values["pca_mse"] == pytest.approx(by_hand, rel=1e-3)
    assert "pca_length_mae" not in values


def test_a_table_is_measured_by_column() -> None:
    data = load_dataset("breast-cancer")
    model = build({"variant": "vae", "latent_dim": 3, "hidden": (16,)}, data.spec)
    fit(model, data, epochs=2)
    values: dict[str, Any] = evaluate(model, data, nll_samples=3, nll_images=20)
    theirs = PCA(3, svd_solver="full").fit(data.train.x.numpy())
    made = theirs.inverse_transform(theirs.transform(data.test.x.numpy()))
    assert values["pca_mse"] == pytest.approx(float(np.mean((made - data.test.x.numpy()) ** 2)), rel=1e-3)
    error = model.reconstruct(data.test.x) - data.test.x
    assert values["mse"] == pytest.approx(float(error.square().mean().detach()), rel=1e-4)
    assert values["compression_ratio"] == 10
    assert not {"psnr", "ssim", "pca_psnr"} & values.keys()
    assert values["elbo_gap"] >= 0


def test_numbers_are_those_that_are_there() -> None:
    x = torch.tensor([[[1.0, 2, 1], [0, 0, 0]], [[1, 1, 1], [1, 1, 1]]])
    assert numbers(DataSpec("toy", "series", (2, 3), "real"), x).tolist() == [2, 4]
    assert numbers(TOKENS, WORDS).tolist() == [3, 2, 4]
    assert numbers(DataSpec("toy", "table", (4,), "real"), WORDS).tolist() == [4, 4, 4]
    assert plain(TOKENS, WORDS).shape == (3, 4, 3)
    assert torch.equal(plain(SERIES, x[..., 1:]), x[..., 1:2])


def test_unit_values_that_are_no_image_have_no_structural_similarity() -> None:
    spec = DataSpec("toy", "table", (4,), "unit")
    assert compared(spec, torch.rand(2, 4), torch.rand(2, 4)).keys() == {"mae", "mse"}
