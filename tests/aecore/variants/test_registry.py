"""The table of variants: what cannot be registered, and what a config builds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pytest

from aecore import variants
from aecore.data import DataSpec
from aecore.errors import UserError
from aecore.likelihoods import LIKELIHOODS
from aecore.model import Autoencoder
from aecore.nets import NETS, Net, mlp
from aecore.options import options_of
from aecore.training import Fit
from aecore.variants import VARIANTS, build, check_collisions, schema, variant
from tests.aecore.small import digits

SPEC = digits().spec
URL = "https://example.org"


def test_every_file_is_a_row_of_the_table() -> None:
    folder = Path(variants.__file__).parent
    files = {file.stem for file in folder.glob("*.py")} - {"__init__", "registry"}
    assert files == {name.replace("-", "_") for name in VARIANTS}
    assert all(row.make.__module__ == f"aecore.variants.{row.make.__name__}" for row in VARIANTS.values())


def vae(data: DataSpec) -> Autoencoder:
    raise NotImplementedError


def undescribed(data: DataSpec, *, width: int = 3) -> Autoencoder:
    raise NotImplementedError


def colliding(
    data: DataSpec, *, hidden: Annotated[int, "The net has one of that name."] = 3, net: Net = mlp
) -> Autoencoder:
    raise NotImplementedError


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (vae, "Two variants are called 'vae'"),
        (undescribed, "undescribed's option 'width' wants a default and Annotated"),
        (colliding, "'hidden' is declared by two parts"),
    ],
)
def test_what_would_confuse_fails_at_import(make: object, said: str) -> None:
    before = dict(VARIANTS)
    with pytest.raises(TypeError, match=said):
        variant(title="It", source=URL)(make)  # type: ignore[arg-type]
    assert before == VARIANTS


def test_no_option_of_the_fit_is_one_of_a_variant() -> None:
    check_collisions(options_of(Fit))
    with pytest.raises(TypeError, match="'beta'"):
        check_collisions({"beta": schema("beta-vae")["beta"]})
    with pytest.raises(TypeError, match="'channels'"):  # of a net that is not the default
        check_collisions({"channels": schema("vae", {"net": "conv"})["channels"]})


def test_a_schema_holds_the_options_of_the_parts_that_are_chosen() -> None:
    assert {"latent_dim", "net", "likelihood", "hidden"} <= schema("vae").keys()
    assert "channels" in schema("vae", {"net": "conv"})
    assert "hidden" not in schema("vae", {"net": "conv"})
    assert "huber_delta" in schema("vae", {"likelihood": "huber"})
    assert schema("vae")["net"].choices == tuple(sorted(NETS))
    assert schema("vae")["likelihood"].choices == tuple(sorted(LIKELIHOODS))


def test_a_config_builds_what_it_says() -> None:
    made = build(
        {"variant": "Beta_VAE", "latent_dim": "3", "hidden": "20,10", "activation": "tanh", "epochs": 5}, SPEC
    )
    assert made.latent_dim == 3
    assert made.encoder.widths == (20, 10)
    huber = build({"variant": "vae", "likelihood": "huber", "huber_delta": 0.5}, SPEC).likelihood
    assert vars(huber)["delta"] == 0.5


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"variant": "vea"}, "no variant called 'vea'. Did you mean vae"),
        ({"variant": "vae", "latent_dim": 0}, "--latent-dim is a whole number from 1 to 512; 0 is not"),
        ({"variant": "beta-vae", "beta": -1}, "--beta is a number from 0 to 1000; -1 is not"),
        ({"variant": "vae", "likelihood": "bernoulli"}, "bernoulli is a likelihood of binary data; digits's"),
    ],
)
def test_a_config_that_does_not_fit_is_refused(config: dict[str, object], said: str) -> None:
    with pytest.raises(UserError, match=said):
        build(config, SPEC)
