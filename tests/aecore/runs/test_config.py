"""A run's configuration: complete, checked, and the same again from its command line."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aecore.cli import main
from aecore.data import list_datasets
from aecore.errors import UserError
from aecore.options import Option
from aecore.runs import Run, command, complete, schema
from aecore.variants import VARIANTS

DATA = [info.name for info in list_datasets()]


def values(option: Option) -> st.SearchStrategy[Any]:
    """What may be given for an option."""
    low, high = (option.range.low, option.range.high) if option.range else (0, 1000)
    if option.choices:
        return st.sampled_from(option.choices)
    if option.type is bool:
        return st.booleans()
    if option.type is tuple:
        return st.lists(st.integers(int(low), int(high)), max_size=3)
    if option.type is int:
        return st.integers(int(low), int(high))
    if option.type is float:
        return st.floats(low, high) | st.just(high)
    return st.sampled_from(["auto", "cpu", "cuda:1"])


@st.composite
def choices(draw: st.DrawFn) -> dict[str, Any]:
    """A variant, a data set and some of their options."""
    picked = {"variant": draw(st.sampled_from(sorted(VARIANTS))), "data": draw(st.sampled_from(DATA))}
    parts = {
        name: draw(st.sampled_from(option.choices))
        for name, option in schema(picked["variant"], picked["data"]).items()
        if option.slot and draw(st.booleans())
    }
    options = schema(picked["variant"], picked["data"], parts)
    some = draw(
        st.lists(st.sampled_from(sorted(options.keys() - parts.keys() - {"net", "likelihood"})), unique=True)
    )
    return picked | parts | {name: draw(values(options[name])) for name in some}


class Asked(Exception):
    """What the command line asked for."""


@settings(max_examples=60)
@given(chosen=choices())
def test_the_command_of_a_configuration_gives_it_again(chosen: dict[str, Any]) -> None:
    config = complete(chosen)

    def begin(given: dict[str, Any], name: str = "", replace: bool = False) -> None:
        raise Asked(given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "begin", begin)
        with pytest.raises(Asked) as asked:
            main(shlex.split(command(config))[1:])
    assert complete(asked.value.args[0]) == config


@settings(max_examples=60)
@given(chosen=choices())
def test_a_configuration_is_complete_and_survives_json(chosen: dict[str, Any]) -> None:
    config = complete(chosen)
    assert complete(config) == config
    assert complete(json.loads(json.dumps(config))) == config
    assert config.keys() >= chosen.keys() | {"epochs", "seed", "store", "latent_dim"}


def test_what_is_default_is_left_out_of_the_command() -> None:
    assert (
        command(complete({"variant": "vae", "data": "digits"})) == "aecore train --variant vae --data digits"
    )
    config = complete({"variant": "VAE", "data": "digits", "net": "conv", "channels": [8, 16]})
    assert command(config) == "aecore train --variant vae --data digits --net conv --channels 8,16"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"variant": "bta-vae"}, "no variant called 'bta-vae'. Did you mean beta-vae?"),
        ({"variant": ""}, "no variant called ''"),
        ({"data": "minst"}, "no data set called 'minst'. Did you mean mnist?"),
        ({"latentdim": 3}, "no option of vae on digits called 'latentdim'. Did you mean latent_dim?"),
        ({"net": "cnv"}, "no net called 'cnv'. Did you mean conv?"),
        ({"likelihood": "gausian"}, "no likelihood called 'gausian'. Did you mean gaussian?"),
        ({"latent_dim": 0}, "--latent-dim is a whole number from 1 to 512; 0 is not."),
        ({"latent_dim": 2.5}, "--latent-dim is a whole number from 1 to 512; 2.5 is not."),
        ({"variant": "beta-vae", "beta": -1}, "--beta is a number from 0 to 1000; -1 is not."),
        ({"variant": "beta-vae", "beta": "inf"}, "--beta is a number from 0 to 1000; inf is not."),
        ({"lr": 0}, "--lr is a number from 1e-08 to 10; 0 is not."),
        ({"lr": float("nan")}, "--lr is a number from 1e-08 to 10; nan is not."),
        ({"epochs": "many"}, "--epochs is a whole number from 1 to 100000, not 'many'."),
        ({"hidden": [64, 0]}, "--hidden is a whole number from 1 to 16384; 0 is not."),
        ({"batch_norm": "perhaps"}, "--batch-norm is yes or no, not 'perhaps'."),
    ],
)
def test_what_does_not_fit_is_named_with_what_would(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as error:
        complete({"variant": "vae", "data": "digits", **wrong})
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("wrong", "home", "has"),
    [
        ({"channels": [8]}, "--channels belongs to --net conv;", "has --net mlp"),
        ({"net": "conv", "hidden": [8]}, "--hidden belongs to --net mlp;", "has --net conv"),
        ({"beta": 2}, "--beta belongs to --variant beta-tc-vae or --variant beta-vae or ", "lacks it"),
        ({"antialias": True}, "--antialias belongs to --data shapes or", "lacks it"),
    ],
)
def test_an_option_of_another_part_says_where_it_belongs(wrong: dict[str, Any], home: str, has: str) -> None:
    with pytest.raises(UserError) as error:
        complete({"variant": "vae", "data": "digits", **wrong})
    assert str(error.value).startswith(home)
    assert str(error.value).endswith(f"vae on digits as chosen {has}.")
