"""What the Train page asks of the server, and who may; nothing is timed or trained here."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from aecore.errors import UserError
from aecore.jobs import Spec, jobs, owner_of
from aecore.jobs.store import Store
from aecore.runs import command, complete, runs_root
from app import access, frames, train
from tests.app.queued import ASKED, CONFIG, COST, DEVICES, JOBS, MINE, TRAIN, client, made, send, time_by
from tests.app.served import Client, is_sentence

__all__ = ["client", "made"]


class Timer:
    """Stands where trainings are timed, and counts."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def cost(self, config: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(config)
        if config["latent_dim"] == 13:
            raise UserError("It diverges at once.")
        return COST

    def devices(self) -> list[dict[str, Any]]:
        return DEVICES


@pytest.fixture
def timer(monkeypatch: pytest.MonkeyPatch) -> Timer:
    found = Timer()
    time_by(found, monkeypatch)
    return found


@pytest.fixture
def settings(own_home: Path) -> Any:
    """Writes ``jobs.toml``."""

    def put(text: str) -> None:
        own_home.mkdir(exist_ok=True)
        (own_home / "jobs.toml").write_text(text)

    return put


# What there is to choose


def test_the_page_is_told_what_there_is_to_choose(client: Client) -> None:
    said = client.get(f"{TRAIN}.json")
    assert said.headers["cache-control"] == "no-store"
    found = said.json()
    assert (found["train"], found["door"], found["admitted"]) == (True, "open", True)
    assert {"digits", "mnist", "words"} <= {each["name"] for each in found["data"]}
    digits = next(each for each in found["data"] if each["name"] == "digits")
    assert (digits["title"], digits["kind"], digits["why_missing"]) == ("Digits", "image", "")
    vae = next(each for each in found["variants"] if each["name"] == "vae")
    assert vae["summary"].startswith("VAE: ")


def test_the_fields_of_a_combination(client: Client) -> None:
    plain = {each["name"]: each for each in client.get(f"{TRAIN}/digits/vae.json").json()}
    other = {each["name"]: each for each in client.get(f"{TRAIN}/digits/vae.json?net=conv").json()}
    assert plain["latent_dim"]["low"] == 1
    assert plain["net"]["default"] == other["net"]["default"] == "mlp"
    assert "channels" in other.keys() - plain.keys()
    assert {each["name"]: each for each in client.get(f"{TRAIN}/words/vae.json").json()}["net"][
        "default"
    ] == "recurrent"
    is_sentence(client.get(f"{TRAIN}/digits/vea.json"), 422, "vea", "vae")
    is_sentence(client.get(f"{TRAIN}/digit/vae.json"), 422, "digit")
    is_sentence(client.get(f"{TRAIN}/digits/vae.json?net=cnn"), 422, "cnn")
    assert "vae-gan" in client.get(f"{TRAIN}/words.json").json()
    is_sentence(client.get(f"{TRAIN}/nothing.json"), 422, "nothing")


def test_a_configuration_is_checked(client: Client) -> None:
    good = send(client, f"{TRAIN}/size", CONFIG, None).json()
    assert good["size"]["parameters"] > 1000
    assert good["size"]["compression_ratio"] == 32
    assert good["command"] == "aecore train --variant vae --data digits --latent-dim 2"
    bad = send(client, f"{TRAIN}/size", CONFIG | {"options": {"latent_dim": 0, "lr": "x"}}, None).json()
    assert bad["errors"].keys() == {"latent_dim", "lr"}
    is_sentence(send(client, f"{TRAIN}/size", CONFIG | {"variant": "vea"}, None), 422, "vea")
    is_sentence(send(client, f"{TRAIN}/size", {"variant": "vae"}, None), 400, "JSON object")
    assert jobs() == []


def test_a_name_is_checked_like_any_field(client: Client, own_home: Path) -> None:
    def said(name: str) -> dict[str, Any]:
        found: dict[str, Any] = send(client, f"{TRAIN}/size", CONFIG | {"name": name}, None).json()
        return found

    assert (said("")["name"], said("")["errors"]) == ("vae-2d-2", {})  # digits/vae-2d came with aecore
    (own_home / "runs" / "digits" / "vae-2d-2").mkdir(parents=True)
    (own_home / "bundles" / "digits" / "there").mkdir(parents=True)
    with Store() as store:
        store.add(Spec("vae", "digits", name="asked-for"), owner_of(MINE), "cpu", 99, 99)
    for name, words in (
        ("Mine!", "lower-case letters"), ("../x", "does not do as a name"), ("vae-2d", "came with aecore"),
        ("there", "there already"), ("vae-2d-2", "there already"), ("asked-for", "another job is to make"),
    ):  # fmt: skip
        found = said(name)
        assert words in found["errors"]["name"], name
        assert (found["size"]["parameters"] > 1000, "--name" in found["command"]) == (True, False)
    good = said("mine")
    assert (good["errors"], good["name"]) == ({}, "vae-2d-3")
    assert good["command"].endswith("--latent-dim 2 --name mine")
    is_sentence(send(client, f"{TRAIN}/size", CONFIG | {"name": 3}, None), 400, "name is a text")
    both = send(client, f"{TRAIN}/size", CONFIG | {"name": "X", "options": {"lr": "x"}}, None).json()
    assert both["errors"].keys() == {"name", "lr"}


def test_a_job_is_started_by_name_and_says_so(client: Client) -> None:
    asked = {**ASKED, "kind": "train", "name": "mine"}
    made = send(client, JOBS, asked).json()["id"]
    assert client.get(f"{JOBS}/{made}.json").json()["spec"]["name"] == "mine"
    said = client.get(f"{JOBS}/{made}/recipe.json").json()
    assert said["command"].endswith(" --name mine")
    assert tomllib.loads(said["toml"])["name"] == "mine"
    is_sentence(send(client, JOBS, asked), 422, "another job is to make")
    is_sentence(send(client, JOBS, asked | {"name": "vae-2d"}), 422, "came with aecore")
    assert len(jobs()) == 1


def test_a_configuration_is_timed_once(client: Client, timer: Timer) -> None:
    for _ in range(2):
        assert send(client, f"{TRAIN}/cost", CONFIG).json() == COST
    assert timer.asked == [complete({"variant": "vae", "data": "digits", "latent_dim": 2})]
    is_sentence(send(client, f"{TRAIN}/cost", CONFIG | {"options": {"latent_dim": 13}}), 422, "diverges")
    is_sentence(send(client, f"{TRAIN}/cost", CONFIG | {"options": {"latent_dim": 0}}), 422, "whole number")
    is_sentence(send(client, f"{TRAIN}/cost", CONFIG, None), 401, "token")
    assert len(timer.asked) == 2
    assert client.get(f"{TRAIN}/devices.json", authorization=f"Bearer {MINE}").json() == DEVICES
    is_sentence(client.get(f"{TRAIN}/devices.json"), 401, "token")


def test_only_so_many_wait_to_be_timed(client: Client, timer: Timer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "_timings", dict.fromkeys(range(train.WAITING)))
    is_sentence(send(client, f"{TRAIN}/cost", CONFIG), 503, "not, for now")
    assert timer.asked == []


# How it has gone


def test_the_epochs_of_a_training_are_those_it_has_written(client: Client, made: str) -> None:
    assert client.get(f"{JOBS}/{made}/history.json").json() == []
    epoch = {"epoch": 1, "stage": "train", "train": {"loss": 2.5}, "validation": {}, "best": True, "lr": 0.1,
             "seconds": 1.0, "examples_per_s": 9.0, "gradients": {}}  # fmt: skip
    state = runs_root() / "digits" / "one"
    state.mkdir(parents=True)
    (state / "run.json").write_text(json.dumps({"config": {}, "numbers": {}, "history": [epoch]}))
    with Store() as store:
        store.update(made, run="digits/one")
    (found,) = client.get(f"{JOBS}/{made}/history.json").json()
    assert found == {name: value for name, value in epoch.items() if name not in ("best", "gradients")}


def test_a_job_says_how_to_make_it_again(client: Client, made: str) -> None:
    said = client.get(f"{JOBS}/{made}/recipe.json").json()
    assert said["command"] == command(complete(Spec(**ASKED).given))
    assert 'variant = "beta-vae"' in said["toml"]
    assert "hidden = [8]" in said["toml"]
    assert "import torch" in said["code"]
    assert said["no_code"] == ""


# Who may


def tries(client: Client, made: str, **headers: str) -> set[int]:
    """The answers to whatever changes something, where it is asked for as it should be."""
    return {
        send(client, JOBS, ASKED, **headers).status,
        send(client, f"{JOBS}/{made}/commands", {"name": "pause", "value": None}, **headers).status,
        send(client, f"{TRAIN}/cost", CONFIG, **headers).status,
    }


@pytest.mark.parametrize(
    ("variable", "said"), [("LOUPE_TRAIN=0", "--no-train"), ("LOUPE_READ_ONLY=1", "--read-only")]
)
def test_a_loupe_may_be_started_without(
    client: Client, made: str, timer: Timer, monkeypatch: pytest.MonkeyPatch, variable: str, said: str
) -> None:
    monkeypatch.setenv(*variable.split("="))
    assert tries(client, made) == {403}
    is_sentence(send(client, JOBS, ASKED), 403, said)
    assert client.get(f"{TRAIN}.json").json()["train"] is False
    assert client.get("/loupe/lab.json").json()["train"] is False
    bundle = send(client, f"{JOBS}/{made}/bundle", b"", MINE, "DELETE")
    is_sentence(bundle, 403 if said == "--read-only" else 422)
    assert [job.id for job in jobs()] == [made]


def test_a_password_opens_routes_for_who_says_it(
    client: Client, made: str, timer: Timer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "WRONG", 0.0)
    settings('password = "open sesame"')
    overview = client.get(f"{TRAIN}.json")
    assert (overview.json()["door"], overview.json()["admitted"]) == ("password", False)
    assert "sesame" not in overview.text
    assert tries(client, made) == {403}
    is_sentence(send(client, JOBS, ASKED), 403, "password")
    is_sentence(send(client, f"{TRAIN}/password", {"password": "open"}), 403, "not the password")
    assert tries(client, made, cookie=f"{access.COOKIE}=open sesame") == {403}
    answer = send(client, f"{TRAIN}/password", {"password": "open sesame"}, None)
    assert answer.status == 204
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "sesame" not in cookie
    said = cookie.partition(";")[0]
    assert client.get(f"{TRAIN}.json", cookie=said).json()["admitted"] is True
    assert tries(client, made, cookie=said) == {200, 201, 202}
    settings('password = "another"')
    assert tries(client, made, cookie=said) == {403}


@pytest.mark.parametrize(
    ("header", "good", "bad"),
    [
        ("X-Forwarded-User", {"x_forwarded_user": "ada"}, {"x_forwarded_user": ""}),
        ("X-Groups: staff", {"x_groups": "students, staff"}, {"x_groups": "staffers"}),
    ],
)
def test_a_proxy_says_who_may(
    client: Client,
    made: str,
    timer: Timer,
    settings: Any,
    header: str,
    good: dict[str, str],
    bad: dict[str, str],
) -> None:
    settings(f'header = "{header}"')
    assert tries(client, made) == tries(client, made, **bad) == {403}
    assert tries(client, made, **good) == {200, 201, 202}


def test_settings_that_cannot_be_read_let_nobody_in(
    client: Client, made: str, timer: Timer, settings: Any
) -> None:
    settings("password = 7")
    assert tries(client, made) == {422}
    is_sentence(send(client, JOBS, ASKED), 422, "password", "text in quotes")


@pytest.mark.parametrize("shut", ["password", "header", "read-only"])
def test_a_watcher_who_may_not_train_keeps_nothing_going(
    client: Client, made: str, settings: Any, monkeypatch: pytest.MonkeyPatch, shut: str
) -> None:
    from tests.app.test_jobs_frames import told, watch

    monkeypatch.setattr(frames, "SEEN", 0.0)
    if shut == "read-only":
        monkeypatch.setenv("LOUPE_READ_ONLY", "1")
    else:
        settings(f'{shut} = "X-User"')
    with watch(client, made) as socket:
        assert told(socket)["job"]["id"] == made
        with pytest.raises(TimeoutError):
            socket.recv(timeout=0.6)
    with Store() as store:
        assert store.job(made).looks == 0
        assert store.job(made).owner == owner_of(MINE)
