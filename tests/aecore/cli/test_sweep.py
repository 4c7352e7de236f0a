"""``aecore sweep``: trained, killed, gone on with, listed and shown."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aecore.cli import main
from aecore.sweeps import Sweep, damaged, list_sweeps, open_sweep
from aecore.sweeps.run import interrupted
from tests.aecore.cli.test_processes import until, until_said
from tests.aecore.cli.zygote import Zygote
from tests.aecore.conftest import flat_maps
from tests.aecore.sweeps.conftest import sweep, trained_sweep

__all__ = ["sweep", "trained_sweep"]

Said = pytest.CaptureFixture[str]
TINY = (
    "--variant", "vae", "--data", "digits", "--beta", "0.1:4:log3", "--latent-dim", "2", "--hidden", "8",
    "--device", "cpu",
)  # fmt: skip


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    server = Zygote()
    yield server
    server.close()


def test_killed_at_any_moment_it_goes_on_to_the_same_end(zygote: Zygote, own_home: Path) -> None:
    options = (*TINY, "--with-zero", "--epochs", "10", "--further-epochs", "6")
    assert zygote.start(own_home, "sweep", *options, "--name", "whole").wait() == 0
    moments = random.Random(0)
    command = zygote.start(own_home, "sweep", *options, "--name", "killed")
    until((own_home / "sweep-runs" / "digits" / "killed" / "sweep-run.json").exists)
    for leg in range(1, 5):
        until_said((f"leg {leg} of 4", "exporting"), command)
        time.sleep(moments.uniform(0, 0.2))
        os.kill(command.pid, signal.SIGKILL)
        if command.wait() == 0:
            break
        assert damaged() == []
        assert list(interrupted()) == ["digits/killed"]
        assert {each.id for each in list_sweeps() if not each.shipped} == {"digits/whole"}
        command = zygote.start(own_home, "sweep", "--resume", "digits/killed")
    assert command.wait() == 0
    assert interrupted() == {}
    assert not (own_home / "sweep-runs").exists()
    whole, killed = open_sweep("digits/whole"), open_sweep("digits/killed")
    for file in whole.card.files:
        assert killed.read(file) == whole.read(file)
    assert [each.objective for each in killed.card.members] == [each.objective for each in whole.card.members]


def test_ctrl_c_says_how_to_go_on_and_a_held_name_is_taken(
    zygote: Zygote, own_home: Path, capsys: Said
) -> None:
    command = zygote.start(own_home, "sweep", *TINY, "--epochs", "100000", "--name", "long")
    until((own_home / "sweep-runs" / "digits" / "long" / "sweep-run.json").exists)
    assert main(["sweep", *TINY, "--name", "long"]) == 2
    assert "being trained by another process" in capsys.readouterr().err
    assert main(["sweep", "--resume", "digits/long"]) == 2
    assert "being trained by another process" in capsys.readouterr().err
    os.kill(command.pid, signal.SIGINT)
    assert command.wait() == 130
    assert "Go on with: aecore sweep --resume digits/long" in command.err.read_text()
    assert main(["sweep", *TINY, "--name", "long"]) == 2
    assert "--resume digits/long" in capsys.readouterr().err


def test_trained_it_is_told_in_a_table_and_as_json(
    capsys: Said, monkeypatch: pytest.MonkeyPatch, own_home: Path
) -> None:
    flat_maps(monkeypatch)  # vae-2d came with aecore
    assert main(["sweep", *TINY, "--epochs", "2"]) == 0
    out, err = capsys.readouterr()
    assert "digits/vae-2d-2: VAE, 2 dimensions" in out
    assert f"Sweep: {own_home / 'sweeps' / 'digits' / 'vae-2d-2'}" in out
    assert "leg 1 of 3 · β = 0.1: " in err
    assert main(["sweep", *TINY, "--epochs", "2", "--order", "branch", "--stacked", "yes", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["id"] == "digits/vae-2d-3"
    assert [each["beta"] for each in said["members"]] == [0.1, 0.632456, 4]
    command = open_sweep("digits/vae-2d-3").card.provenance.command
    assert command.startswith("aecore sweep --variant vae --data digits --beta 0.1,0.632456,4 --order branch")
    assert main(["sweep", *TINY, "--name", "vae-2d-2"]) == 2
    assert "choose another --name, or --replace it." in capsys.readouterr().err
    assert main(["sweep", *TINY, "--epochs", "1", "--name", "vae-2d-2", "--replace", "--json"]) == 0


def printed(said: Said, *words: str) -> Any:
    said.readouterr()
    assert main([*words, "--json"]) == 0
    return json.loads(said.readouterr().out)


def test_list_and_show(sweep: Sweep, capsys: Said) -> None:
    own = [each for each in printed(capsys, "sweep", "list") if not each["shipped"]]
    assert [each["id"] for each in own] == ["digits/small"]
    assert own[0]["betas"] == [0, 0.1, 0.4, 1.6, 6.4]
    shown = printed(capsys, "sweep", "show", "digits/small")
    assert [each["metrics"]["rate"] for each in shown["members"]] == [
        each.rate for each in sweep.card.members
    ]
    assert shown["between"][0]["excess"] == sweep.card.between[0].excess
    assert shown["plan"] == sweep.card.plan
    assert main(["sweep", "list"]) == 0
    assert "digits/small" in capsys.readouterr().out
    assert main(["sweep", "show", "digits/small"]) == 0
    assert "excess" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("lst",), "no command of aecore sweep called 'lst'"),
        (("show",), "Name one sweep"),
        (("show", "digits/none"), "There is no sweep called 'digits/none'"),
        (("build", "digits/none"), "There is no recipe of a sweep called 'digits/none'"),
        ((), "--variant is missing"),
        (("--beta", "1,2"), "--variant"),
        (("--variant", "vae", "--data", "digits", "--beta", "x"), "'x' is no number"),
        (("--variant", "vae", "--data", "digits", "--annealing", "linear"), "--variant beta-vae"),
        (("--variant", "autoencoder", "--data", "digits"), "A sweep is of vae or beta-vae"),
        (("--resume",), "no interrupted sweep"),
        (("--resume", "--name", "x"), "leave out --name"),
        (("train", "digits/x", "--variant", "vae", "--data", "digits"), "name the new sweep with --name"),
    ],
)
def test_what_is_wrong_is_said(words: tuple[str, ...], sentence: str, capsys: Said, own_home: Path) -> None:
    assert main(["sweep", *words]) == 2
    assert sentence in capsys.readouterr().err
    assert not own_home.exists()


def test_help_shows_every_option(capsys: Said) -> None:
    with pytest.raises(SystemExit):
        main(["sweep", "--variant", "vae", "--data", "digits", "--help"])
    out = capsys.readouterr().out
    for flag in (
        "--beta TEXT",
        "--with-zero",
        "--order NAME",
        "--further-epochs N",
        "--latent-dim N",
        "[cosine]",
    ):
        assert flag in out
