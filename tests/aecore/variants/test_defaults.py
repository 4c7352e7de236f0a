"""Defaults by kind of data: what is usual for images is not for series and words."""

from __future__ import annotations

from typing import get_args

import pytest
import torch

from aecore.data import load_dataset
from aecore.data.dataset import Kind
from aecore.errors import UserError
from aecore.likelihoods import MSE, Categorical, Gaussian
from aecore.nets import NETS
from aecore.options import options_of
from aecore.runs import command, complete, data_options
from aecore.step import Step
from aecore.variants import VARIANTS, build, check_collisions, find, schema
from aecore.variants.registry import USUAL
from tests.aecore.small import head

IMAGES_AND_TABLES: tuple[Kind, ...] = ("image", "table")


def test_every_kind_is_thought_of_and_names_what_there_is() -> None:
    assert USUAL.keys() == set(get_args(Kind))
    own = schema("autoencoder")
    for swaps in USUAL.values():
        for option, by_default in swaps.items():
            assert set(by_default) | set(by_default.values()) <= set(own[option].choices)


@pytest.mark.parametrize("variant", VARIANTS)
def test_images_and_tables_have_the_defaults_of_the_signature(variant: str) -> None:
    signature = options_of(find(variant).make)
    for kind in IMAGES_AND_TABLES:
        options = schema(variant, kind=kind)
        assert {name: options[name] for name in signature} == signature


@pytest.mark.parametrize("variant", ["autoencoder", "vae", "beta-vae"])
def test_sequences_are_read_by_a_recurrent_net(variant: str) -> None:
    for kind in ("series", "tokens"):
        options = schema(variant, kind=kind)
        assert options["net"].default == "recurrent"
        assert "units" in options
        assert "hidden" not in options
        assert schema(variant, {"net": "mlp"}, kind)["net"].default == "recurrent"
    assert schema("autoencoder", kind="series")["likelihood"].default == "mse"
    assert schema("autoencoder", kind="tokens")["likelihood"].default == "natural"


@pytest.mark.parametrize(
    ("data", "likelihoods"), [("waves", (MSE, Gaussian)), ("words", (Categorical, Categorical))]
)
def test_a_model_of_sequences_is_built_by_its_defaults_and_learns(
    data: str, likelihoods: tuple[type, type]
) -> None:
    spec = load_dataset(data).spec
    for variant, likelihood in zip(("autoencoder", "vae"), likelihoods, strict=True):
        torch.manual_seed(0)
        made = build({"variant": variant, "latent_dim": 4, "units": 16, "embedding": 8}, spec)
        assert isinstance(made.likelihood, likelihood)
        x = head(load_dataset(data).train, 16).x
        step = Step(x, x)
        optimiser = torch.optim.Adam(made.parameters(), lr=0.02)
        before = float(made.losses(step).loss.detach())
        for _ in range(10):
            optimiser.zero_grad()
            made.losses(step).loss.backward()
            optimiser.step()
        assert float(made.losses(step).loss.detach()) < 0.95 * before
        assert made.sample(3).shape == ((3, *spec.shape) if data == "waves" else (3, *spec.shape, 27))


def test_a_configuration_says_what_it_took_and_its_command_leaves_it_out() -> None:
    config = complete({"variant": "autoencoder", "data": "words"})
    assert (config["net"], config["likelihood"]) == ("recurrent", "natural")
    assert command(config) == "aecore train --variant autoencoder --data words"
    other = complete({"variant": "autoencoder", "data": "waves", "net": "mlp", "hidden": "64"})
    assert command(other) == "aecore train --variant autoencoder --data waves --net mlp --hidden 64"
    assert complete({"variant": "autoencoder", "data": "digits"})["net"] == "mlp"


@pytest.mark.parametrize("data", ["waves", "words", "breast-cancer"])
def test_black_and_white_is_an_option_of_images_alone(data: str) -> None:
    with pytest.raises(UserError, match=rf"--binarise belongs to --data digits .*vae on {data} .* lacks it"):
        complete({"variant": "vae", "data": data, "binarise": "threshold"})


@pytest.mark.parametrize("data", ["digits", "shapes", "waves", "words", "breast-cancer"])
def test_no_option_of_a_data_set_is_one_of_a_variant(data: str) -> None:
    check_collisions(data_options(data))


@pytest.mark.parametrize("net", sorted(NETS))
def test_a_net_that_cannot_read_words_says_which_can(net: str) -> None:
    spec = load_dataset("words").spec
    if net in ("recurrent", "transformer"):
        assert build({"variant": "vae", "latent_dim": 4, "net": net}, spec).encode(
            torch.ones(2, 12).long()
        ).shape == (2, 4)
        return
    with pytest.raises(UserError, match=rf"{net} .*words.*Use --net recurrent or transformer"):
        build({"variant": "vae", "net": net}, spec)
