"""The linear autoencoder against scikit-learn's PCA, and through the training that has no epochs."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from aecore.bottlenecks import Point
from aecore.bottlenecks.principal import principal
from aecore.data import Dataset, DataSpec, load_dataset
from aecore.errors import UserError
from aecore.model import Autoencoder
from aecore.step import Step
from aecore.training import EpochEnd, Finished
from aecore.variants import build
from tests.aecore.small import digits, epochs, equal, fit, head, weights
from tests.aecore.variants.linear import normal

DATA = digits(1200)


def solved(data: Dataset = DATA, **options: object) -> Autoencoder:
    made = build({"variant": "linear", "latent_dim": 6, **options}, data.spec)
    fit(made, data)
    return made


def double(of: Autoencoder) -> tuple[torch.Tensor, torch.Tensor]:
    """The decoder's weight and bias."""
    return tuple(of.decoder.get_parameter(f"output.{name}").detach().double() for name in ("weight", "bias"))  # type: ignore[return-value]


@pytest.mark.parametrize("n", [1200, 40])  # more and fewer examples than the 64 numbers of each
@torch.no_grad()
def test_it_is_the_pca_of_scikit_learn(n: int) -> None:
    data = replace(DATA, train=head(DATA.train, n))
    made, theirs = solved(data), PCA(6, svd_solver="full").fit(data.train.x.flatten(1).double().numpy())
    v, mean = double(made)
    np.testing.assert_allclose(mean.numpy(), theirs.mean_, atol=1e-6)
    np.testing.assert_allclose((v.T @ v).numpy(), np.eye(6), atol=1e-5)
    sign = np.sign(np.sum(v.T.numpy() * theirs.components_, axis=1))
    np.testing.assert_allclose(v.T.numpy() * sign[:, None], theirs.components_, atol=2e-4)
    x = DATA.test.x
    flat = x.flatten(1).double().numpy()
    np.testing.assert_allclose(made.encode(x).numpy() * sign, theirs.transform(flat), atol=1e-3)
    theirs_again = theirs.inverse_transform(theirs.transform(flat)).reshape(x.shape)
    np.testing.assert_allclose(made.reconstruct(x).numpy(), theirs_again, atol=1e-4)
    codes = made.encode(data.train.x).double()
    variances = torch.cov(codes.T, correction=0)
    np.testing.assert_allclose(
        variances.numpy(), np.diag(theirs.explained_variance_ * (n - 1) / n), atol=1e-5
    )
    assert not codes.mean(0).abs().max() > 1e-4


@torch.no_grad()
def test_the_fitted_prior_is_the_diagonal_of_the_eigenvalues() -> None:
    made = solved()
    bottleneck = cast(Point, made.bottleneck)
    values = principal(DATA.train.x, 6).variances
    factor = bottleneck.prior_cholesky.double()
    torch.testing.assert_close(factor @ factor.T, torch.diag(values), atol=2e-5, rtol=1e-4)
    assert bool((values.diff() < 0).all())


@torch.no_grad()
def test_whitened_codes_have_variance_one_and_decode_to_the_same() -> None:
    made, plain = solved(whiten=True), solved()
    codes = made.encode(DATA.train.x).double()
    torch.testing.assert_close(torch.cov(codes.T, correction=0), torch.eye(6).double(), atol=1e-3, rtol=0)
    torch.testing.assert_close(
        made.reconstruct(DATA.test.x), plain.reconstruct(DATA.test.x), atol=1e-5, rtol=0
    )


@torch.no_grad()
def test_directions_without_variance_are_not_blown_up() -> None:
    data = replace(DATA, train=head(DATA.train, 3))  # two directions have all the variance
    codes = solved(data, whiten=True).encode(DATA.test.x)
    assert codes.isfinite().all()
    assert float(codes.abs().max()) < 1e3


@torch.no_grad()
def test_signs_do_not_depend_on_the_solver() -> None:
    v, _ = double(solved())
    largest = v.gather(0, v.abs().argmax(0, keepdim=True))
    assert bool((largest > 0).all())


@torch.no_grad()
def test_large_examples_take_a_randomised_decomposition_that_agrees() -> None:
    x = normal(9.0, 5.0, 3.0, *[0.1] * 9).train.x
    exact, randomised = principal(x, 3), principal(x, 3, exact_size=4)
    torch.testing.assert_close(randomised.variances, exact.variances, rtol=1e-4, atol=0)
    planes = [each.components.T @ each.components for each in (exact, randomised)]
    torch.testing.assert_close(*planes, atol=1e-4, rtol=0)
    assert len(principal(x[:2], 3, exact_size=4).components) == 2


@torch.no_grad()
def test_nothing_linear_that_descends_does_better() -> None:
    made = solved()
    descended = build(
        {"variant": "autoencoder", "latent_dim": 6, "hidden": (), "likelihood": "mse"},
        replace(DATA.spec, values="real"),
    )
    with torch.enable_grad():
        fit(descended, DATA, epochs=15, lr=1e-2, lr_schedule="cosine")
    errors = [
        float((each.reconstruct(DATA.train.x) - DATA.train.x).square().mean()) for each in (made, descended)
    ]
    assert errors[0] < errors[1] < 1.3 * errors[0]


def test_a_closed_form_is_one_epoch_of_history() -> None:
    made = build({"variant": "linear", "latent_dim": 6}, DATA.spec)
    events = fit(made, DATA, epochs=50)
    (end,) = epochs(events)
    finished = events[-1]
    assert isinstance(end, EpochEnd)
    assert isinstance(finished, Finished)
    assert (end.epoch, end.stage, end.best) == (1, "solve", True)
    assert (finished.why, finished.epoch, finished.epochs) == ("done", 1, 1)
    assert end.seconds == finished.seconds > 0
    x = DATA.validation.x
    with torch.no_grad():
        lost = 0.5 * (made.reconstruct(x) - x).square().sum((1, 2, 3)).mean()
    assert end.validation["distortion"] == end.validation["loss"] == pytest.approx(float(lost), rel=1e-5)
    assert end.train["loss"] < float(DATA.train.x.flatten(1).var(0).sum()) / 2
    assert equal(weights(made), weights(solved()))


def test_dynamic_pixels_are_drawn_before_they_are_decomposed() -> None:
    data = digits(256, binarise="dynamic")
    counts = 256 * double(solved(data))[1]  # of 256 coins for each pixel
    torch.testing.assert_close(counts, counts.round(), atol=1e-4, rtol=0)
    expected = 256 * data.train.x.double().mean(0).flatten()
    assert not torch.allclose(expected, expected.round(), atol=1e-4)
    assert float((counts - expected).abs().max()) < 5 * 8  # five deviations of a count are at most that


@torch.no_grad()
def test_of_a_series_it_rebuilds_the_length_and_leaves_the_eigenvalues_left_out() -> None:
    data = load_dataset("waves")
    data = replace(data, train=head(data.train, 2000), validation=head(data.validation, 0))
    made, x = solved(data, latent_dim=8), data.train.x
    values = torch.linalg.eigvalsh(torch.cov(x.flatten(1).double().T, correction=0))
    lost = float(made.losses(Step(x, x)).report["distortion"])
    assert lost == pytest.approx(0.5 * float(values[:-8].sum()), rel=1e-4)
    rebuilt = made.reconstruct(x)
    assert torch.equal(rebuilt, made.decode_raw(made.encode(x)))
    length = (rebuilt[..., -1] >= 0.5).cumprod(1).sum(1)
    assert float((length - x[..., -1].sum(1)).abs().mean()) < 2


def test_what_it_cannot_do_is_said() -> None:
    with pytest.raises(UserError, match="has 64 components; latent_dim is 65"):
        build({"variant": "linear", "latent_dim": 65}, DATA.spec)
    words = DataSpec("words", "tokens", (8,), "token", vocabulary=("", "a"))
    with pytest.raises(UserError, match="holds tokens"):
        build({"variant": "linear", "latent_dim": 2}, words)
