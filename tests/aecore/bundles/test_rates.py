"""A bundle of a multi-rate model: told β on every way, with its curve and its codes at knots of log β."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import aecore
from aecore.bundles import Bundle, Card, Codes, LatentSpec
from aecore.bundles.files import sha256, write_folder
from aecore.bundles.rates import RatePoint
from aecore.cli import main
from aecore.data import load_dataset
from aecore.errors import BundleError, UserError
from aecore.metrics.rates import rate_distortion
from aecore.model import Autoencoder
from aecore.runs.finish import KNOTS, codes_of
from aecore.runs.measure import evaluated, measure, rates
from tests.aecore.bundles import standin
from tests.aecore.small import digits, model
from tests.aecore.variants.bundled import bundled

DATA = digits()
X = DATA.test.x
CONFIG: dict[str, Any] = {"latent_dim": 4, "hidden": [32]}


@pytest.fixture(scope="module")
def made() -> Autoencoder:
    """Its conditioning away from where it starts, as after a training."""
    made = model("multi-rate-vae").eval()
    for parameter in made.parameters():
        nn.init.normal_(parameter, std=0.2)
    return made


@pytest.fixture(scope="module")
def bundle(made: Autoencoder, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """With everything that a finished training stores of β, measured on digits."""
    whole = load_dataset("digits")
    written = bundled(
        tmp_path_factory.mktemp("b") / "digits" / "rates", made, DATA, "multi-rate-vae", **CONFIG
    )
    codes = codes_of(made, DATA.test, maps=()).to_bytes()
    card = replace(
        written.card,
        data=replace(written.card.data, fingerprint=whole.fingerprint, options={}),
        rate_distortion=rate_distortion(made, whole, points=3),
        files=written.card.files | {"codes.npz": sha256(codes)},
    )
    files = {name: written.read(name) for name in card.files} | {"codes.npz": codes}
    write_folder(written.path, files | {"card.json": card.to_bytes()})
    return Bundle.open(written.path)


@pytest.mark.parametrize("beta", [0.01, 0.3, 1.0, 10.0])
@torch.no_grad()
def test_onnx_is_told_beta_as_pytorch_is(bundle: Bundle, made: Autoencoder, beta: float) -> None:
    assert all(bundle.card.onnx[name].inputs[-1] == "condition" for name in ("encoder", "decoder"))
    told = bundle.priced(beta, len(X))
    np.testing.assert_allclose(told, math.log(beta), rtol=1e-6)
    assert told.shape == (len(X), 1)
    one = made.at(beta)
    got, wanted = bundle.encode(X.numpy(), told), one.posterior(X).tensors()
    for name, value in wanted.items():
        np.testing.assert_allclose(got[name], value, rtol=1e-4, atol=1e-4)
    z = wanted["mu"]
    np.testing.assert_allclose(bundle.decode(z.numpy(), told), one.decode(z), rtol=1e-4, atol=1e-4)
    assert torch.equal(bundle.model().at(beta).encode(X), z)
    if beta == 1:  # where nothing is said
        np.testing.assert_array_equal(bundle.encode(X.numpy())["mu"], got["mu"])
    else:
        assert not np.allclose(bundle.encode(X.numpy())["mu"], got["mu"], atol=1e-3)


def test_codes_stand_at_sixteen_knots(bundle: Bundle, made: Autoencoder) -> None:
    codes = bundle.codes
    assert codes.knots is not None
    assert codes.mu_knots is not None
    assert codes.mu_knots.shape == (KNOTS, len(codes), 4) == (16, 64, 4)
    np.testing.assert_allclose(codes.knots, np.linspace(math.log(0.01), math.log(10), 16), rtol=1e-6)
    x = X[torch.from_numpy(codes.index.copy())]
    with torch.no_grad():
        for knot, mu in zip(codes.knots, codes.mu_knots, strict=True):
            wanted = made.encode(x, torch.full((len(x), 1), float(knot)))
            np.testing.assert_allclose(mu, wanted, rtol=1e-3, atol=1e-4)  # half precision
        np.testing.assert_allclose(codes.mu, made.encode(x), rtol=1e-3, atol=1e-4)
    assert codes_of(model("vae").eval(), DATA.test, maps=()).knots is None


def test_knots_that_do_not_fit_are_refused(bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"mu_knots has shape \(3, 40, 3\); it must be \(2, 40, 3\)"):
        replace(standin.codes(), knots=np.zeros(2, np.float32), mu_knots=np.zeros((3, 40, 3), np.float32))
    only = replace(bundle.codes, mu_knots=None).to_bytes()
    card = replace(bundle.card, files=bundle.card.files | {"codes.npz": sha256(only)})
    files = {name: bundle.read(name) for name in card.files} | {"codes.npz": only}
    write_folder(tmp_path / "digits" / "rates", files | {"card.json": card.to_bytes()})
    with pytest.raises(BundleError, match="holds codes at other knots than its card describes"):
        Bundle.open(tmp_path / "digits" / "rates").codes  # noqa: B018
    assert Codes.from_bytes(standin.codes().to_bytes(), "x").knots is None


def test_a_card_says_the_range_and_the_curve_and_older_ones_neither(bundle: Bundle) -> None:
    card = bundle.card
    assert card.latent.condition is not None
    assert list(card.latent.condition.range) == [0.01, 10]
    assert [point.beta for point in card.rate_distortion] == pytest.approx([0.01, 0.316228, 10])
    again = Card.from_bytes(card.to_bytes(), "x")
    assert again == card
    assert "rate_distortion" not in json.loads(standin.card().to_bytes())
    told: dict[str, Any] = {"kind": "gaussian", "dim": 3, "prior": {"kind": "standard-normal"}}
    older = LatentSpec.from_json(told | {"condition": {"kind": "log-beta", "size": 1}})
    assert older.condition is not None
    assert older.condition.range == ()
    classes = LatentSpec.from_json(told | {"condition": {"kind": "class", "size": 10}})
    assert classes.to_json()["condition"] == {"kind": "class", "size": 10}


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ({"kind": "log-beta", "size": 2}, "log β is one number"),
        ({"kind": "log-beta", "size": 1, "range": [2, 10]}, "the lowest and the highest β"),
        ({"kind": "log-beta", "size": 1, "range": [0, 10]}, "the lowest and the highest β"),
        ({"kind": "log-beta", "size": 1, "range": [1]}, "the lowest and the highest β"),
        ({"kind": "class", "size": 3, "range": [0.1, 10]}, "unknown entry"),
    ],
)
def test_a_condition_that_is_none_is_refused(condition: dict[str, Any], said: str) -> None:
    prior = {"kind": "standard-normal"}
    with pytest.raises(BundleError, match=said):
        LatentSpec.from_json({"kind": "gaussian", "dim": 3, "prior": prior, "condition": condition})


@pytest.mark.parametrize("wrong", [{"beta": 0.0}, {"active_units": 3}, {"rate": math.nan}])
def test_a_curve_that_is_none_is_refused(wrong: dict[str, Any]) -> None:
    point = replace(RatePoint(1.0, 2.0, 3.0, (1.0, 1.0), 2), **wrong)
    with pytest.raises((BundleError, ValueError)):
        Card.from_bytes(replace(standin.card(), rate_distortion=(point,)).to_bytes(), "x")


def test_what_is_asked_beyond_the_range_or_of_another_model_is_said(bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"trained for β from 0\.01 to 10; β = 20 is beyond"):
        bundle.priced(20, 1)
    with pytest.raises(UserError, match="β = 20 is beyond"):
        evaluated(bundle, 20)
    with pytest.raises(UserError, match=r"told the log-beta beside: .* \(64, 1\), not \(64, 2\)"):
        bundle.encode(X.numpy(), np.zeros((64, 2)))
    plain = Bundle("digits/plain", tmp_path, False, standin.card("plain"))
    with pytest.raises(UserError, match=r"digits/plain has the one β it was trained with"):
        plain.priced(1, 1)
    assert rates(plain) == ()


def test_an_evaluation_gives_the_curve_again(bundle: Bundle) -> None:
    assert len(rates(bundle)) == 3
    for now, card in zip(rates(bundle), bundle.card.rate_distortion, strict=True):
        assert now.beta == card.beta
        assert now.rate == pytest.approx(card.rate, rel=0.01)
        assert now.distortion == pytest.approx(card.distortion, rel=0.01)
        assert now.kl_per_dimension == pytest.approx(card.kl_per_dimension, rel=0.01)
        assert now.active_units == card.active_units
    assert [p.rate for p in rates(bundle)] == [p.rate for p in rates(bundle)]


def test_the_command_line_measures_at_a_price(
    bundle: Bundle, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(bundle.path, own_home / "bundles" / "digits" / "rates")
    assert main(["evaluate", "digits/rates", "--beta", "10", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["digits/rates"]
    assert found["now"]["rate"] == pytest.approx(bundle.card.rate_distortion[-1].rate, rel=1e-6)
    assert "rate_distortion" not in found
    assert main(["evaluate", "digits/rates"]) == 0
    assert "distortion, card" in capsys.readouterr().out
    again = measure(bundle)
    assert [point.rate for point in again.card.rate_distortion] == pytest.approx(
        [point.rate for point in bundle.card.rate_distortion]
    )


def test_a_training_stores_all_of_it(own_home: Path, quick_maps: None) -> None:
    short: dict[str, Any] = {"epochs": 2, "batch_size": 64, "device": "cpu", "store": "half"}
    made = aecore.train("multi-rate-vae", "digits", name="rates", hidden=[32], latent_dim=3, **short)
    assert made.card.config["beta_high"] == 10
    assert [point.beta for point in made.card.rate_distortion] == pytest.approx(
        [0.01 * 1000 ** (k / 19) for k in range(20)], rel=1e-5
    )
    assert made.codes.mu_knots is not None
    assert made.codes.mu_knots.shape == (16, len(made.codes), 3)
    assert all({"negative_elbo", "rate", "loss"} <= line["validation"].keys() for line in made.history)
    at_one = evaluated(made)
    assert at_one["rate"] == pytest.approx(made.card.metrics["rate"], rel=0.01)
    assert at_one["rate"] == evaluated(made, 1)["rate"]
