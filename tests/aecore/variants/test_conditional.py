"""Told the class, a model writes the class it is told, and its code need not say it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from aecore.data import Split
from aecore.errors import UserError
from aecore.metrics.codes import knn_accuracy
from aecore.model import Autoencoder
from aecore.step import Step
from tests.aecore.small import digits, epochs, fit, model
from tests.aecore.variants.bundled import bundled

DATA = digits(1200)
X = DATA.test.x
BOTH = pytest.mark.parametrize("variant", ["conditional-autoencoder", "conditional-vae"])


def labels(split: Split) -> Tensor:
    assert split.label is not None
    return split.label


Y = one_hot(labels(DATA.test), 10).float()
OTHER = Y.roll(3, 1)


@cache
def trained(variant: str) -> Autoencoder:
    """Told or not, of one size and one training."""
    size = {"latent_dim": 8, "likelihood": "gaussian"} if "vae" in variant else {"latent_dim": 2}
    made = model(variant, hidden=(64,), **size)
    ends = epochs(fit(made, DATA, epochs=25, lr=5e-3))
    assert ends[-1].validation["distortion"] < ends[0].validation["distortion"]
    return made


@torch.no_grad()
def neighbours(made: Autoencoder) -> float:
    codes = (made.codes(DATA.train).numpy(), labels(DATA.train).numpy())
    return knn_accuracy(*codes, made.codes(DATA.test).numpy(), labels(DATA.test).numpy())


@BOTH
def test_its_code_tells_less_of_the_class_than_that_of_a_model_that_is_not_told(variant: str) -> None:
    told, plain = (neighbours(trained(name)) for name in (variant, variant.removeprefix("conditional-")))
    assert told < plain - 0.1


@BOTH
@torch.no_grad()
def test_the_class_comes_free(variant: str) -> None:
    told, plain = trained(variant), trained(variant.removeprefix("conditional-"))

    def error(made: Autoencoder) -> float:
        y = Y if made.condition else None
        return float((made.reconstruct(X, y) - X).square().mean())

    assert error(told) < error(plain)


def test_a_conditional_point_gets_a_prior_fitted_to_its_codes() -> None:
    made = trained("conditional-autoencoder")
    mean = made.codes(DATA.train).mean(0)
    torch.testing.assert_close(made.bottleneck.get_buffer("prior_mean"), mean, atol=1e-3, rtol=1e-3)


@torch.no_grad()
def test_one_code_under_every_class_is_every_digit() -> None:
    made = trained("conditional-vae")
    classes = labels(DATA.train)
    means = torch.stack([DATA.train.x[classes == k].mean(0) for k in range(10)])
    written = made.decode(torch.zeros(10, 8), torch.eye(10))
    nearest = torch.cdist(written.flatten(1), means.flatten(1)).argmin(1)
    assert int((nearest == torch.arange(10)).sum()) >= 9
    torch.manual_seed(0)
    sampled = made.sample(200, condition=torch.eye(10).repeat(20, 1))
    nearest = torch.cdist(sampled.flatten(1), means.flatten(1)).argmin(1)
    assert float((nearest == torch.arange(10).repeat(20)).float().mean()) > 0.7


@torch.no_grad()
def test_another_class_changes_the_picture_and_keeps_the_code() -> None:
    """Read back with the class it now has, a transferred picture lies near the code it came from."""
    made = trained("conditional-vae")
    z = made.encode(X, Y)
    transferred = made.decode(z, OTHER)
    assert float((transferred - made.decode(z, Y)).square().mean()) > 0.02
    back = made.encode(transferred, OTHER)
    away = float((back - z).square().sum(1).mean())
    assert away < 0.5 * float((z[torch.randperm(len(z))] - z).square().sum(1).mean())


@BOTH
@pytest.mark.parametrize("tell_encoder", [True, False])
def test_the_condition_reaches_the_decoder_and_the_encoder_if_it_is_told(
    variant: str, tell_encoder: bool
) -> None:
    made = model(variant, tell_encoder=tell_encoder)
    y = Y.clone().requires_grad_()
    z = made.encode(X, y)
    heard = torch.autograd.grad(z.sum(), y, allow_unused=True, materialize_grads=True)[0]
    assert bool(heard.any()) == tell_encoder
    assert torch.equal(made.encode(X, Y), made.encode(X, OTHER)) != tell_encoder
    read = torch.autograd.grad(made.decode(z.detach(), y).sum(), y)[0]
    assert bool(read.any(0).all())


@BOTH
def test_what_cannot_be_told_is_said(variant: str) -> None:
    spec = replace(DATA.spec, name="plain", classes=())
    with pytest.raises(UserError, match="plain has no classes"):
        model(variant, data=replace(DATA, spec=spec))
    made = model(variant)
    with pytest.raises(UserError, match="these examples have no labels"):
        made.losses(Step(X, X))
    for use in (made.encode, made.reconstruct, lambda *_: made.sample(3)):
        with pytest.raises(UserError, match=r"is told the class beside .* \(B, 10\); it got nothing"):
            use(X)
    with pytest.raises(UserError, match=r"it got shape \(64, 3\)"):
        made.encode(X, Y[:, :3])


@BOTH
def test_an_unknown_class_is_told_as_zeros(variant: str) -> None:
    made = model(variant)
    label = labels(DATA.test).clone()
    label[::2] = -1
    told = made.told(Step(X, X, label=label))
    assert told is not None
    assert not told[::2].any()
    assert torch.equal(told[1::2], Y[1::2])
    half = replace(DATA.train, label=labels(DATA.train).where(torch.arange(len(DATA.train)) % 2 == 0, -1))
    ends = epochs(fit(made, replace(DATA, train=half), epochs=3))
    assert ends[-1].train["loss"] < ends[0].train["loss"]


@pytest.mark.parametrize(
    ("variant", "tell_encoder"), [("conditional-vae", True), ("conditional-autoencoder", False)]
)
@torch.no_grad()
def test_a_bundle_is_told_too(variant: str, tell_encoder: bool, tmp_path: Path) -> None:
    config: dict[str, Any] = {"latent_dim": 4, "hidden": [32], "tell_encoder": tell_encoder}
    made = model(variant, tell_encoder=tell_encoder)
    bundle = bundled(tmp_path / "digits" / "told", made, DATA, variant, **config)
    condition = bundle.card.latent.condition
    assert condition is not None
    assert (condition.kind, condition.size) == ("class", 10)
    assert all(function.inputs[1:] == ("condition",) for function in bundle.card.onnx.values())
    x, y, other = X.numpy(), Y.numpy(), OTHER.numpy()
    z = made.encode(X, Y)
    first = next(iter(bundle.encode(x, y).values()))
    np.testing.assert_allclose(first, z, atol=1e-4)
    np.testing.assert_allclose(bundle.decode(z.numpy(), other), made.decode(z, OTHER), atol=1e-4)
    assert torch.equal(bundle.model().encode(X, Y), z)
    with pytest.raises(UserError, match=r"is told the class beside: .* \(64, 10\), not nothing"):
        bundle.encode(x)
    with pytest.raises(UserError, match=r"not \(64, 9\)"):
        bundle.decode(z.numpy(), y[:, :9])
