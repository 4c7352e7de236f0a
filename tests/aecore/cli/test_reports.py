"""``aecore list | evaluate | data | zoo`` and every ``--help``: complete, and as JSON nothing else."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import aecore
from aecore.api import list_variants
from aecore.bundles import list_bundles, open_bundle
from aecore.cli import main
from aecore.cli.listing import sources
from aecore.runs import schema
from aecore.runs.measure import evaluated

LIGHT = """
import sys
from aecore.cli import main
try:
    main({words})
except SystemExit:
    pass
print([name for name in {heavy} if name in sys.modules], file=sys.stderr)
"""


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Any:
    """What a command prints as JSON; it prints nothing else."""

    def printed(*words: str) -> Any:
        assert main([*words, "--json"]) == 0
        out, err = capsys.readouterr()
        assert err == ""
        return json.loads(out)

    return printed


def helped(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as end:
        main([*words, "--help"])
    assert end.value.code == 0
    return " ".join(capsys.readouterr().out.split())


def test_list(bundles: Path, printed: Any) -> None:
    everything = printed("list")
    assert everything.keys() == {"variants", "datasets", "bundles"}
    assert printed("list", "--bundles").keys() == {"bundles"}
    variants = {each["name"]: each for each in everything["variants"]}
    assert variants["beta-vae"].keys() == {
        "name", "title", "summary", "source", "options", "datasets", "metrics",
    }  # fmt: skip
    of_shipped = [each for each in everything["bundles"] if each["shipped"] and each["variant"] == "vae"]
    assert variants["vae"]["datasets"] == sorted({each["data"] for each in of_shipped})
    assert variants["vae"]["metrics"] == sorted({name for each in of_shipped for name in each["metrics"]})
    assert "digits" in variants["vae"]["datasets"]
    assert "nll" in variants["vae"]["metrics"]
    assert variants["beta-vae"]["options"]["beta"] == 4
    assert all(each["source"].startswith("https://") and each["summary"] for each in variants.values())
    digits = next(each for each in everything["datasets"] if each["name"] == "digits")
    assert digits["available"] is True
    assert digits.keys() >= {"title", "shape", "values", "examples", "licence", "source", "why_missing"}
    half = next(each for each in everything["bundles"] if each["id"] == "digits/half")
    assert half.keys() == {
        "id", "name", "title", "variant", "source", "data", "latent_dim", "shipped", "path", "config",
        "metrics",
    }  # fmt: skip
    assert (half["name"], half["source"]) == ("half", variants[half["variant"]]["source"])
    assert half["metrics"] == open_bundle("digits/half").card.metrics
    assert half["shipped"] is False


def test_lists_for_people_name_everything(bundles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (bundles / "bundles" / "digits" / "broken").mkdir(exist_ok=True)
    assert main(["list"]) == 0
    out = capsys.readouterr().out
    (bundles / "bundles" / "digits" / "broken").rmdir()
    for name in ("denoising", "β-VAE", "fashion-mnist", "shapes-colour", "digits/half", "digits/full"):
        assert name in out
    assert re.search(r"left out: .*broken: .*card.json is missing", out)


def test_evaluate_gives_what_the_cards_say(bundles: Path, printed: Any) -> None:
    found = printed("evaluate", "digits/half", "digits/full")
    assert found.keys() == {"digits/half", "digits/full"}
    for each in found.values():
        assert each.keys() == {"card", "now"}
        assert each["card"].keys() == each["now"].keys()
        for name, value in each["card"].items():
            assert each["now"][name] == pytest.approx(value, rel=1e-6), name


def test_evaluate_says_units_and_whether_each_figure_agrees(
    bundles: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    card = open_bundle("digits/half").card.metrics
    mse, rate, kl = card["mse"], card["rate"], card["kl_per_dimension"]
    assert isinstance(mse, float)
    assert isinstance(rate, float)
    assert isinstance(kl, list)
    changed = {"mse": mse * 1.009, "rate": rate * 1.02, "kl_per_dimension": [*kl[:-1], 2 * max(kl)]}
    other = {**card, **changed}
    monkeypatch.setattr("aecore.runs.measure.evaluated", lambda *_: other | {"nll": 1.0})
    monkeypatch.setenv("COLUMNS", "140")
    assert main(["evaluate", "digits/half"]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    said = {line.partition(" ")[0]: line for line in lines}
    assert said["MSE"] == f"MSE the data's units, squared {mse:.5g} {mse * 1.009:.5g} yes"
    assert said["Rate"] == f"Rate nats {rate:.5g} {rate * 1.02:.5g} 2 % apart"
    assert said["KL"].endswith("% apart")
    assert ("nll" in card) or said["NLL"].endswith("not on the card")
    others = len(other | {"nll": 1.0})
    assert f"{others - 3} of {others} figures agree with the card within 1 %." in lines


def test_evaluate_loads_the_data_as_the_card_says(bundles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the seed of their splits, and without options that no data set has."""
    bundle = open_bundle("digits/half")
    data = replace(bundle.card.data, options={**bundle.card.data.options, "seed": 7, "download": True})
    chosen: list[dict[str, Any]] = []

    def load(name: str, **options: Any) -> Any:
        chosen.append({"name": name, **options})
        return aecore.load_dataset(name, **options)

    monkeypatch.setattr("aecore.bundles.parts.load_dataset", load)
    evaluated(replace(bundle, card=replace(bundle.card, data=data)))
    assert chosen == [{"name": "digits", "binarise": "none", "validation": 300, "seed": 7}]


def test_pca_stands_beside_the_error_of_every_bundle(
    bundles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["list", "--bundles"]) == 0
    lines = capsys.readouterr().out.splitlines()
    head = next(line for line in reversed(lines) if "PCA RMSE" in line)  # of the last table: ours
    for name in ("digits/half", "digits/full"):
        row = next(line for line in lines if name in line)
        scalars = open_bundle(name).card.scalars
        assert row[head.index("PCA RMSE") :].split()[0] == f"{scalars['pca_rmse']:.3f}"
        assert f" {scalars['rmse']:.3f} " in row


def test_bundles_of_words_have_their_own_figure(bundles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--bundles"]) == 0
    lines = capsys.readouterr().out.splitlines()
    words = [each for each in list_bundles() if each.shipped and each.card.data.name == "words"]
    assert words
    head = next(line for line in lines if "PCA token accuracy" in line)
    for each in words:
        row = next(line for line in lines if f"{each.id} " in line)
        assert row[head.index("PCA token") :].split()[0] == f"{each.card.scalars['pca_token_accuracy']:.3f}"
        assert f" {each.card.scalars['token_accuracy']:.3f} " in row


def test_sources_are_read_as_the_registry_has_them() -> None:
    assert sources() == {each.name: each.source for each in list_variants()}


def test_data(printed: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AECORE_DATA", str(tmp_path))
    shown = printed("data", "show", "mnist", "digits")
    assert shown["folder"] == str(tmp_path)
    found = {each["name"]: each for each in shown["datasets"]}
    assert found.keys() == {"digits", "mnist"}
    assert (found["digits"]["available"], found["mnist"]["available"]) == (True, False)
    assert "aecore data get mnist" in found["mnist"]["why_missing"]
    assert len(printed("data")["datasets"]) >= 6
    assert printed("data", "get", "digits")["datasets"][0]["available"] is True


def test_help_of_each_command_says_what_it_is_for(capsys: pytest.CaptureFixture[str]) -> None:
    whole = helped(capsys)
    for command in ("train", "list", "evaluate", "data", "zoo", "app"):
        assert f" {command} " in whole
        assert len(helped(capsys, command)) > 200
    assert "aecore train --variant beta-vae --data mnist --help" in whole
    assert "exit status 2" in whole
    train = helped(capsys, "train")
    for part in (
        "--variant",
        "--data",
        "--name",
        "--replace",
        "--resume",
        "--json",
        "Ctrl-C",
        "aecore list --variants",
    ):
        assert part in train
    assert "0.0.0.0" in helped(capsys, "app")
    assert "AECORE_DATA" in helped(capsys, "data")


def test_help_of_a_training_shows_every_option_without_its_data(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AECORE_DATA", str(tmp_path))
    shown = helped(capsys, "train", "--variant", "beta-vae", "--data", "mnist")
    for option in schema("beta-vae", "mnist").values():
        assert f"{option.flag} " in shown
        assert " ".join(option.help.split()) in shown
        assert all(choice in shown for choice in option.choices)
    for part in (
        "(0 to 1000) [4.0]",
        "(1 to 512) [10]",
        "(1e-08 to 10) [0.001]",
        "[5000]",
        "[mlp]",
        "[no]",
        "[512]",
    ):
        assert part in shown
    assert "--channels" in helped(capsys, "train", "--variant", "vae", "--data", "mnist", "--net", "conv")


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"aecore {aecore.__version__}\n"


@pytest.mark.parametrize(
    ("words", "heavy"),
    [
        (["--help"], ("torch", "numpy.linalg.lapack_lite", "sklearn", "rich", "streamlit")),
        (["list", "--datasets"], ("torch", "sklearn", "torchvision", "streamlit")),
        (["list", "--bundles", "--json"], ("torch", "sklearn", "onnxruntime", "streamlit")),
        (["list", "--bundles"], ("torch", "sklearn", "onnxruntime", "streamlit")),
        (["data", "--json"], ("torch", "torchvision")),
        (
            ["list", "--variants"],
            ("sklearn", "torchvision", "umap", "openTSNE", "onnx", "onnxruntime", "streamlit"),
        ),
    ],
)
def test_a_command_loads_no_more_than_it_needs(words: list[str], heavy: tuple[str, ...]) -> None:
    code = LIGHT.format(words=words, heavy=heavy)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"
    assert done.stdout
