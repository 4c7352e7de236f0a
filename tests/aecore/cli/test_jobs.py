"""``aecore jobs``: what is queued, said and shown."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from aecore.cli import main
from aecore.jobs import Spec, Standing, owner_of, supervisor
from aecore.jobs.store import Store

START = "jobs start --variant beta-vae --data digits --latent-dim 2 --beta 3 --device cpu"


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """No supervisor is started."""
    monkeypatch.setattr(supervisor, "start", lambda: None)
    monkeypatch.setenv("COLUMNS", "140")


def said(capsys: pytest.CaptureFixture[str], words: str) -> str:
    assert main(words.split()) == 0
    return capsys.readouterr().out


def test_no_jobs_say_how_to_queue_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "jobs").startswith("No jobs. Queue one: aecore jobs start")
    assert json.loads(said(capsys, "jobs list --json")) == []


def test_a_training_is_queued_with_the_words_of_train(capsys: pytest.CaptureFixture[str]) -> None:
    first = json.loads(said(capsys, f"{START} --name mine --json"))
    assert first["spec"] == {
        "variant": "beta-vae", "data": "digits", "kind": "train", "name": "mine", "replace": False,
        "options": {"latent_dim": 2, "beta": 3.0, "device": "cpu"},
    }  # fmt: skip
    assert (first["state"], first["device"]) == ("queued", "cpu")
    assert "owner" not in first
    second = said(capsys, f"{START} --live")
    found = re.fullmatch(
        r"Job (\w+) is queued on cpu, 1 before it\. Look at it: aecore jobs show (\w+)\n", second
    )
    assert found
    assert found[1] == found[2]
    listed = json.loads(said(capsys, "jobs list --json"))
    assert [each["spec"]["kind"] for each in listed] == ["train", "live"]


def test_the_list_and_one_job(capsys: pytest.CaptureFixture[str], own_home: Path) -> None:
    with Store() as store:
        a, b = (
            store.add(Spec("vae", "digits", {"beta": 2}), owner_of("page"), "cpu", 9, 9).id for _ in range(2)
        )
        standing = Standing("train", 3, 20, 30, 200, {"loss": 12.34567, "rate": 1.5}, 98765.4, 83.0, 1e-3)
        store.update(a, state="running", standing=standing, run="digits/vae-16d", started=1.7e9)
        store.update(b, state="failed", message="The loss is no number any more.")
    table = said(capsys, "jobs list")
    assert re.search(rf"{a} +running +vae as vae-16d +digits +cpu +epoch 3 of 20, 1:23 left", table)
    assert re.search(rf"{b} +failed +vae +digits +cpu +The loss is no number any more\.", table)
    lines = said(capsys, f"jobs show {a}").splitlines()
    assert len({line.index(line.split()[1], len(line.split()[0])) for line in lines}) == 1  # aligned
    shown = {line.split()[0]: line.split(maxsplit=1)[1] for line in lines}
    assert shown["losses"] == "loss 12.35 · rate 1.5 · 98,765 examples/s · learning rate 0.001"
    assert shown["options"] == "beta=2"
    assert shown["log"] == str(own_home / "jobs" / a / "log")
    assert "ended" not in shown


def test_the_terminal_steers_every_job(capsys: pytest.CaptureFixture[str]) -> None:
    with Store() as store:
        job = store.add(Spec("vae", "digits"), owner_of("page"), "cpu", 9, 9).id
        assert said(capsys, f"jobs pause {job}") == f"Job {job} is paused.\n"
        assert said(capsys, f"jobs resume {job}") == f"Job {job} goes on when its turn comes.\n"
        assert said(capsys, f"jobs stop {job}") == f"Job {job} is stopped.\n"
        store.update(job, state="running")
        assert said(capsys, f"jobs stop {job}") == f"Job {job} is stopping.\n"
        assert [each.name for each in store.said(job)] == ["stop"]
        store.update(job, state="stopped")
        assert said(capsys, f"jobs remove {job}") == (
            f"Job {job} is removed. A bundle that it has made stays.\n"
        )
        assert store.jobs() == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("jobs show nothing", "There is no job called 'nothing'. Known: none."),
        ("jobs stop", "the following arguments are required: ID"),
        ("jobs frob", "invalid choice: 'frob'"),
        ("jobs start", "--variant is missing"),
        ("jobs start --variant vae", "--data is missing"),
        ("jobs start --beta 3", "depends on --variant and --data"),
        ("jobs start --variant vae --data digits --beta 3", "--beta belongs to --variant"),
        ("jobs start --variant vae --data digits --latent-dim 0", "--latent-dim is a whole number from 1"),
        ("jobs start --variant vae --data digits --name ../x", "'../x' does not do as a name"),
        ("jobs start --variant vae --data digits --device abacus", "no device 'abacus'"),
    ],
)
def test_a_mistake_is_one_sentence(words: str, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words.split()) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert len(error.splitlines()) == 1
    with Store() as store:
        assert store.jobs() == []


def test_help_lists_the_options_of_the_training(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(f"{START} --help".split())
    shown = capsys.readouterr().out
    assert "--beta X" in shown
    assert "--epochs N" in shown
