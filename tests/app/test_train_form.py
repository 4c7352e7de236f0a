"""The Train page's form: what it asks for are the training's own options, and it says what they say."""

from __future__ import annotations

from typing import Any

import pytest

from aecore.data import list_datasets, spec_of
from aecore.errors import UserError
from aecore.runs import complete, schema
from aecore.runs.form import IDLE, LATER, TITLES, form, title
from aecore.variants import VARIANTS, build
from aecore.variants.registry import every_option
from app.train import checked, misfits
from tests.app.asked import asked

ALL = {
    name: option for row in VARIANTS.values() for each in every_option(row) for name, option in each.items()
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_form_of_every_variant_builds_its_model_and_counts_it(variant: str) -> None:
    fields = form(variant, "digits")
    names = [field.name for field in fields]
    assert names == [name for name in schema(variant, "digits") if name in names]
    options = {field.name: field.default for field in fields}
    found = checked(variant, "digits", options)
    assert found["errors"] == {}
    assert found["error"] == ""
    made = build(complete({"variant": variant, "data": "digits"}), spec_of("digits"))
    assert found["size"]["parameters"] == sum(weight.numel() for weight in made.parameters())
    assert found["size"]["compression_ratio"] == pytest.approx(64 / made.latent_dim)
    assert found["command"] == f"aecore train --variant {variant} --data digits"


def test_fields_say_what_the_options_say() -> None:
    fields, options = asked("beta-vae"), schema("beta-vae", "digits")
    assert fields["beta"].help == options["beta"].help
    assert (fields["beta"].low, fields["beta"].high) == (0, 1000)
    assert (fields["beta"].kind, fields["epochs"].kind, fields["hidden"].kind) == ("float", "int", "list")
    assert (fields["net"].kind, fields["batch_norm"].kind) == ("choice", "bool")
    assert fields["hidden"].default == [512]
    assert fields["lr"].title == "Learning rate"
    groups = {
        name: fields[name].group
        for name in ("beta", "net", "hidden", "likelihood", "lr", "store", "binarise")
    }
    assert groups == {
        "beta": "model", "net": "network", "hidden": "network", "likelihood": "likelihood", "lr": "training",
        "store": "bundle", "binarise": "data",
    }  # fmt: skip


def test_another_network_brings_its_own_fields() -> None:
    assert {"channels", "block"} <= asked("vae", net="conv").keys()
    assert "hidden" not in asked("vae", net="conv")
    assert asked("vae", net="transformer")["depth"].later is False
    assert asked("vae")["depth"].later is True
    assert "huber_delta" in asked("autoencoder", likelihood="huber")
    assert asked("m2")["labelled"].later is False
    assert asked("conditional-vae")["labelled"].later is True
    assert "net" not in asked("linear")


def test_nothing_is_said_of_an_option_that_is_none() -> None:
    known = ALL.keys() | {name for info in list_datasets() for name in schema("vae", info.name)}
    assert known >= LATER
    assert TITLES.keys() <= known
    assert IDLE.keys() <= known
    for other, values in IDLE.values():
        homes = [each[other] for row in VARIANTS.values() for each in every_option(row) if other in each]
        homes += [schema("vae", "shapes")[other]] if other == "antialias" else []
        allowed = {choice for home in homes for choice in home.choices or (home.default,)}
        assert set(values) <= allowed


@pytest.mark.parametrize(
    ("variant", "options", "field", "words"),
    [
        ("vae", {"latent_dim": 0}, "latent_dim", "Latent dimensions is a whole number from 1 to 512"),
        ("vae", {"lr": "fast"}, "lr", "Learning rate is a number from"),
        ("vae", {"posterior": "cauchy"}, "posterior", "gaussian"),
        ("vae", {"device": "cuda:77"}, "device", "cuda:77"),
        ("k-sparse", {"k": 9, "latent_dim": 8}, "k", "k is at most Latent dimensions, 8"),
        ("beta-vae", {"capacity": 3, "free_bits": 1}, "free_bits", "choose one of them"),
        ("vae", {"hidden": [8, 8], "depth": 3}, "depth", "starts from one width"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    variant: str, options: dict[str, Any], field: str, words: str
) -> None:
    found = checked(variant, "digits", options)
    assert words in found["errors"][field]
    assert "--" not in found["errors"][field]
    assert found["size"] is None


def test_what_cannot_be_said_beside_a_field_is_said_all_the_same() -> None:
    found = checked("vae", "shapes", {"binarise": "threshold"})
    assert "black and white already" in found["errors"]["binarise"]
    for unknown in ({"variant": "vea"}, {"data": "digit"}, {"options": {"net": "cnn"}}):
        with pytest.raises(UserError, match=r"vea|digit|cnn"):
            checked(**{"variant": "vae", "data": "digits", "options": {}, **unknown})  # type: ignore[arg-type]


def test_unwise_choices_are_worth_a_sentence() -> None:
    wide = checked("overcomplete", "digits", {"penalty": "none", "latent_dim": 128})
    assert wide["size"]["advice"]
    assert checked("overcomplete", "digits", {})["size"]["advice"] == ""


def test_a_variant_that_does_not_fit_the_data_says_why() -> None:
    assert misfits("digits") == {}
    words = misfits("words")
    assert "A discriminator looks at images" in words["vae-gan"]
    assert not {"vae", "autoencoder", "beta-vae"} & words.keys()
    for name, why in words.items():
        with pytest.raises(UserError) as refused:
            build({"variant": name}, spec_of("words"))
        assert str(refused.value) == why


def test_a_title_is_the_name_where_nothing_else_is_said() -> None:
    assert title("free_bits") == "Free bits"
