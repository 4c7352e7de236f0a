"""A training as a TOML file: the same configuration again, and what does not fit by name."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from aecore.bundles import list_bundles
from aecore.cli import main
from aecore.errors import UserError
from aecore.runs import Run, command, complete
from aecore.runs.recipe import config_of, from_toml, name_in, read_toml, to_toml
from tests.aecore.runs.test_config import Asked, choices

Refused = Callable[..., str]


@settings(max_examples=60)
@given(chosen=choices())
def test_the_recipe_of_a_configuration_gives_it_again(
    chosen: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    config = complete(chosen)
    path = tmp_path_factory.mktemp("recipe") / "run.toml"
    path.write_text(to_toml(config), encoding="utf-8")
    assert from_toml(path, {}) == config


def test_a_recipe_says_what_is_not_default_and_nothing_else() -> None:
    config = complete({"variant": "VAE", "data": "digits", "net": "conv", "channels": [8, 16], "lr": 1e-5})
    said = to_toml(config)
    assert said == 'variant = "vae"\ndata = "digits"\nnet = "conv"\nchannels = [8, 16]\nlr = 1e-05\n'
    assert tomllib.loads(said)["lr"] == 1e-5


def test_a_recipe_may_say_what_its_bundle_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = complete({"variant": "autoencoder", "data": "digits", "hidden": [4], "epochs": 1})
    path = tmp_path / "run.toml"
    path.write_text(to_toml(config, "mine"), encoding="utf-8")
    assert tomllib.loads(path.read_text())["name"] == name_in(path) == "mine"
    assert from_toml(path, {}) == config
    assert main(["show", str(path)]) == 0
    assert capsys.readouterr().out == f"{command(config)} --name mine\n\n{path.read_text()}"
    begun: list[str] = []

    def begin(_: object, name: str, **__: object) -> None:
        begun.append(name)
        raise UserError("Enough.")

    monkeypatch.setattr(Run, "begin", begin)
    for words in ([], ["--name", "other"]):
        assert main(["train", str(path), *words]) == 2
    assert begun == ["mine", "other"]


def test_what_a_name_holds_stays_a_name() -> None:
    odd = 'a"b\\c\n\x7f\x00é𝛽'
    config = complete({"variant": "vae", "data": "digits", "device": odd})
    assert tomllib.loads(to_toml(config))["device"] == odd


def test_every_bundle_that_comes_with_loupe_has_its_recipe(tmp_path: Path) -> None:
    shipped = [bundle for bundle in list_bundles() if bundle.shipped]
    assert shipped
    path = tmp_path / "run.toml"
    for bundle in shipped:
        config = config_of(bundle)
        path.write_text(to_toml(config), encoding="utf-8")
        assert from_toml(path, {}) == config


@pytest.mark.parametrize(
    ("made", "job", "how"),
    [
        ("", "", "was made of data that were handed over in Python: no recipe makes it again."),
        ("", "0123456789", "was made by hand, in a live training: no recipe makes it again."),
        ("aecore sweep --variant vae", "", "was made by `aecore sweep --variant vae`: no recipe"),
    ],
)
def test_what_no_recipe_makes_again_is_said(made: str, job: str, how: str) -> None:
    bundle = next(each for each in list_bundles() if each.shipped)
    provenance = replace(bundle.card.provenance, command=made)
    with pytest.raises(UserError, match=re.escape(how)):
        config_of(replace(bundle, card=replace(bundle.card, provenance=provenance, job=job)))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """What ``aecore train`` would train, by a recipe and words beside it."""

    def begin(given: dict[str, Any], name: str = "", replace: bool = False) -> None:
        raise Asked(given, name)

    monkeypatch.setattr(Run, "begin", begin)

    def ask(recipe: str, *words: str) -> dict[str, Any]:
        path = tmp_path / "run.toml"
        path.write_text(recipe, encoding="utf-8")
        with pytest.raises(Asked) as asked:
            main(["train", *(str(path) if word == "RECIPE" else word for word in words or ("RECIPE",))])
        return complete(asked.value.args[0])

    return ask


RECIPE = 'variant = "beta-vae"\ndata = "digits"\nbeta = 6\nhidden = [64, 32]\n'


def test_the_command_line_trains_what_the_file_says(asked: Callable[..., dict[str, Any]]) -> None:
    wanted = {"variant": "beta-vae", "data": "digits", "beta": 6, "hidden": [64, 32]}
    assert asked(RECIPE) == complete(wanted)


def test_options_beside_the_file_count_more(asked: Callable[..., dict[str, Any]]) -> None:
    config = asked(RECIPE, "RECIPE", "--beta", "2", "--epochs", "3")
    assert (config["beta"], config["epochs"], config["hidden"]) == (2.0, 3, [64, 32])
    config = asked(RECIPE, "--epochs", "3", "--replace", "RECIPE")
    assert (config["beta"], config["epochs"]) == (6.0, 3)
    assert asked('variant = "vae"\n', "RECIPE", "--data", "digits")["data"] == "digits"
    assert asked('data = "digits"\nlatent_dim = 3\n', "RECIPE", "--variant", "vae")["latent_dim"] == 3


@pytest.fixture
def refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Refused:
    """What is said of a recipe that does not fit; nothing is written."""

    def refuse(recipe: str, *words: str) -> str:
        path = tmp_path / "run.toml"
        path.write_text(recipe, encoding="utf-8")
        assert main(["train", str(path), *words]) == 2
        assert not (tmp_path / "home").exists()
        return capsys.readouterr().err

    return refuse


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("bta = 3", "no option of beta-vae on digits called 'bta'. Did you mean beta?"),
        ("beta = -1", "--beta is a number from 0 to 1000; -1 is not."),
        ('beta = "much"', "--beta is a number from 0 to 1000, not 'much'."),
        ("latent_dim = 2.5", "--latent-dim is a whole number from 1 to 512; 2.5 is not."),
        ("channels = [8]", "--channels belongs to --net conv;"),
        ('net = "cnv"', "no net called 'cnv'. Did you mean conv?"),
        ("[fit]\nepochs = 3", "fit is a table; a recipe's keys stand by themselves, as in beta = 4."),
        ("epochs 3", "is not TOML"),
        ("epochs = 2026-01-01", "--epochs is a whole number"),
        ("name = 3", 'name is a text, as in name = "mine", not 3.'),
        ('name = "Mine"', "'Mine' does not do as a name"),
    ],
)
def test_a_wrong_key_is_named_with_what_would_be_right(wrong: str, message: str, refused: Refused) -> None:
    assert message in refused(f'variant = "beta-vae"\ndata = "digits"\n{wrong}\n')


def test_what_is_missing_is_named(refused: Refused, tmp_path: Path) -> None:
    assert 'does not say data: add data = "digits", or give --data digits.' in refused('variant = "vae"\n')
    assert "does not say variant" in refused('data = "digits"\n')
    assert "no variant called 'vea'" in refused('variant = "vea"\ndata = "digits"\n')
    assert "leave out the recipe" in refused(RECIPE, "--resume")
    with pytest.raises(UserError, match="There is no file"):
        read_toml(tmp_path / "none.toml")
    large = tmp_path / "large.toml"
    large.write_text("#" * 200_000)
    with pytest.raises(UserError, match="is no recipe"):
        read_toml(large)
    large.write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="is not TOML"):
        read_toml(large)
