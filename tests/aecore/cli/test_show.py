"""``aecore show``: the command, the recipe and the code of a bundle or a recipe."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from aecore.bundles import list_bundles, open_bundle
from aecore.cli import main
from aecore.runs import complete
from aecore.runs.recipe import config_of, from_toml

SHIPPED = "digits/vae"


def config_by(command: str) -> dict[str, Any]:
    """The configuration that a command trains."""
    words = shlex.split(command)
    assert words[:2] == ["aecore", "train"]
    pairs = dict(zip(words[2::2], words[3::2], strict=True))
    return complete({name[2:].replace("-", "_"): value for name, value in pairs.items() if name != "--name"})


def test_the_command_is_the_one_that_made_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", SHIPPED, "--command"]) == 0
    assert config_by(capsys.readouterr().out) == config_of(open_bundle(SHIPPED))


def test_the_recipe_makes_it_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", SHIPPED, "--toml"]) == 0
    path = tmp_path / "run.toml"
    path.write_text(capsys.readouterr().out, encoding="utf-8")
    assert from_toml(path, {}) == config_of(open_bundle(SHIPPED))


@pytest.mark.usefixtures("quick_maps")
def test_a_training_from_either_makes_the_same_weights(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = ["--variant", "beta-vae", "--data", "digits", "--hidden", "16,8", "--batch-norm", "yes"]
    said += ["--annealing", "cyclical", "--binarise", "dynamic", "--lr-schedule", "cosine", "--lr", "0.003"]
    said += ["--epochs", "2", "--latent-dim", "3", "--seed", "7", "--device", "cpu", "--store", "half"]
    assert main(["train", *said, "--name", "mine"]) == 0
    capsys.readouterr()
    assert main(["show", "digits/mine", "--toml"]) == 0
    path = tmp_path / "run.toml"
    path.write_text(capsys.readouterr().out, encoding="utf-8")
    assert main(["train", str(path), "--name", "from-toml"]) == 0
    capsys.readouterr()
    assert main(["show", "digits/mine", "--command"]) == 0
    _, *words = shlex.split(capsys.readouterr().out)
    assert main([*words, "--name", "from-command"]) == 0
    made, *again = (open_bundle(f"digits/{name}") for name in ("mine", "from-toml", "from-command"))
    for each in again:
        assert each.read("model.safetensors") == made.read("model.safetensors")
        assert config_of(each) == config_of(made)
        assert each.card.metrics == made.card.metrics


def test_without_a_flag_both_and_as_json_all_that_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", SHIPPED]) == 0
    command, _, toml = capsys.readouterr().out.partition("\n\n")
    assert command.startswith("aecore train --variant vae --data digits")
    assert toml.startswith('variant = "vae"\ndata = "digits"\n')
    assert main(["show", SHIPPED, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said == {"id": SHIPPED, "command": f"{command}\n", "toml": toml}


def test_code_of_a_bundle_and_of_a_recipe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", SHIPPED, "--code"]) == 0
    code = capsys.readouterr().out
    compile(code, "script", "exec")
    assert "class VAE(nn.Module):" in code
    path = tmp_path / "run.toml"
    path.write_text('variant = "k-sparse"\ndata = "digits"\nk = 5\n')
    assert main(["show", str(path), "--code"]) == 0
    code = capsys.readouterr().out
    compile(code, "script", "exec")
    assert "k = 5" in code


def test_every_bundle_that_comes_with_loupe_has_its_command() -> None:
    from aecore.runs import command

    for bundle in list_bundles():
        if bundle.shipped:
            now, then = command(config_of(bundle)), bundle.card.provenance.command
            assert config_by(now) == config_by(then) == config_of(bundle)


def test_every_bundle_that_comes_with_loupe_has_its_code() -> None:
    from aecore.scripts import script

    for bundle in list_bundles():
        if bundle.shipped:
            code = script(config_of(bundle), bundle.card.data.spec)
            compile(code, bundle.id, "exec")
            assert max(map(len, code.splitlines())) <= 130, bundle.id


def test_what_is_not_there_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["show", "digits/vea"]) == 2
    assert "no bundle called 'digits/vea'" in capsys.readouterr().err
    assert main(["show", str(tmp_path / "none.toml")]) == 2
    assert "There is no file" in capsys.readouterr().err
    assert main(["show", SHIPPED, "--toml", "--code"]) == 2
    assert "not allowed with" in capsys.readouterr().err
