"""Jobs over HTTP and WebSocket: who may do what, and what a watcher is told; a worker stands beside."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aecore.jobs import Spec, job_folder, jobs, owner_of, spare, submit, supervisor
from aecore.jobs.places import terminal_token
from aecore.jobs.store import Store
from tests.app.queued import ASKED, JOBS, MINE, OTHER, client, made, send
from tests.app.recorded import Film
from tests.app.served import Client, is_sentence

__all__ = ["client", "made"]


# Starting


def test_a_job_is_queued_and_seen_by_everybody_without_its_owner(client: Client) -> None:
    answer = send(client, JOBS, ASKED)
    assert answer.status == 201
    (job,) = jobs()
    assert answer.json() == {"id": job.id}
    assert (job.spec, job.owner, job.state) == (Spec(**ASKED), owner_of(MINE), "queued")
    listed, one = client.get(JOBS + ".json"), client.get(f"{JOBS}/{job.id}.json")
    assert listed.json() == [one.json()]
    assert one.json()["spec"] == asdict(job.spec)
    assert one.headers["cache-control"] == "no-cache"
    assert not one.json().keys() & {"owner", "pid"}
    for secret in (MINE, job.owner):
        assert secret not in listed.text + one.text
        assert all(secret.encode() not in path.read_bytes() for path in job_folder("x").parent.glob("*/*"))
    assert MINE.encode() not in (job_folder("x").parents[1] / "jobs.db").read_bytes()


def test_before_a_training_is_begun_somebody_gets_ready(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[None] = []
    monkeypatch.setattr(supervisor, "start", lambda: started.append(None))
    is_sentence(send(client, f"{JOBS}/ready", b"", None), 401, "token")
    assert not started
    assert not spare.is_wanted()
    assert send(client, f"{JOBS}/ready", b"").status == 204
    assert started
    assert spare.is_wanted()
    assert jobs() == []


@pytest.mark.parametrize(
    ("changed", "status", "words"),
    [
        ({"variant": "vea"}, 422, "vea"),
        ({"data": "nothing"}, 422, "nothing"),
        ({"options": {"latent_dim": 0}}, 422, "latent"),
        ({"options": {"colour": 1}}, 422, "colour"),
        ({"options": {"hidden": {"a": [None]}}}, 422, "hidden"),
        ({"options": [1]}, 400, "options is an object"),
        ({"variant": 7}, 400, "variant is a text"),
        ({"kind": "forever"}, 422, "live"),
        ({"name": "../x"}, 422, "does not do as a name"),
        ({"colour": "red"}, 400, "JSON object with variant, data, options, kind"),
    ],
)
def test_what_cannot_be_trained_is_refused_in_a_sentence(
    client: Client, changed: dict[str, Any], status: int, words: str
) -> None:
    is_sentence(send(client, JOBS, ASKED | changed), status, words)
    assert jobs() == []


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"variant": NaN}', b"[" * 8000, b"1" * 8000, b'"\\ud800"',
        json.dumps(ASKED | {"options": {"lr": 1e308}}).replace("1e+308", "1e999").encode(),
    ],
)  # fmt: skip
def test_what_is_no_json_is_refused(client: Client, body: bytes) -> None:
    is_sentence(send(client, JOBS, body), 400, "What is sent here is")
    assert jobs() == []


def test_a_body_is_at_most_16_kb(client: Client, made: str) -> None:
    fits = ASKED | {"data": "x" * (16 * 1024 - len(json.dumps(ASKED)) + len("digits"))}
    assert len(json.dumps(fits)) == 16 * 1024
    assert send(client, JOBS, fits).status == 422
    for path in (JOBS, f"{JOBS}/{made}/commands"):
        is_sentence(send(client, path, json.dumps(fits).encode() + b" "), 413, "at most 16,384 bytes")
        client.close()


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(
    options=st.dictionaries(
        st.sampled_from(["latent_dim", "hidden", "beta", "lr", "device", "seed", "activation", "variant"])
        | st.text(max_size=8),
        values,
        max_size=3,
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_no_options_whatever_break_the_server(client: Client, options: dict[str, Any]) -> None:
    answer = send(client, JOBS, ASKED | {"options": options})
    assert answer.status in (201, 400, 422), answer.text
    for job in jobs():
        with Store() as store:
            store.remove(job.id, ["queued"])


# Steering


@pytest.mark.parametrize(
    ("token", "status"),
    [(None, 401), ("", 401), ("short", 401), ("a" * 300, 401), (OTHER, 403), (MINE[:-1], 403)],
)
def test_only_who_started_it_steers(client: Client, made: str, token: str | None, status: int) -> None:
    named = f"{JOBS}/{made}"
    is_sentence(send(client, named + "/commands", {"name": "stop", "value": None}, token), status)
    is_sentence(send(client, named, b"", token, "DELETE"), status)
    assert client.get(named + "/answers").json() == []
    assert client.get(f"{named}.json").json()["state"] == "running"
    if status == 401:
        is_sentence(send(client, JOBS, ASKED, token), 401, "Authorization: Bearer")


@pytest.mark.parametrize("token", [MINE, "the terminal's"])
def test_a_command_is_left_for_the_worker_and_asked_about(client: Client, made: str, token: str) -> None:
    token = terminal_token() if token != MINE else token
    named = f"{JOBS}/{made}"
    answer = send(client, named + "/commands", {"name": "beta", "value": 50}, token)
    assert answer.status == 202
    number = answer.json()["number"]
    said = {"number": number, "name": "beta", "value": 50.0, "state": "waiting", "answer": ""}
    assert client.get(f"{named}/answers?after={number - 1}").json() == [said]
    assert client.get(f"{named}/answers?after={number}").json() == []
    with Store() as store:
        store.answer(number, "refused", "Not now.")
    assert client.get(f"{named}/answers").json() == [said | {"state": "refused", "answer": "Not now."}]
    for wrong in ("-1", "x", "1e3", "9" * 30):
        is_sentence(client.get(f"{named}/answers?after={wrong}"), 400, "after")


@pytest.mark.parametrize(
    ("said", "status", "words"),
    [
        ({"name": "explode", "value": None}, 422, "explode"),
        ({"name": "beta", "value": "much"}, 422, "number from 0 to 1000"),
        ({"name": "beta", "value": 1e9}, 422, "number from 0 to 1000"),
        ({"name": "pause", "value": 3}, 422, "takes no value"),
        ({"name": "save", "value": "../../x"}, 422, "does not do as a name"),
        ({"name": "beta"}, 400, "JSON object with name, value"),
        ({"name": ["beta"], "value": 1}, 400, "name is a text"),
    ],
)
def test_what_is_no_command_is_refused(
    client: Client, made: str, said: object, status: int, words: str
) -> None:
    is_sentence(send(client, f"{JOBS}/{made}/commands", said), status, words)
    assert client.get(f"{JOBS}/{made}/answers").json() == []


def test_a_job_is_removed_once_it_does_not_run(client: Client, made: str) -> None:
    film = Film(made)
    film.take()
    named = f"{JOBS}/{made}"
    is_sentence(send(client, named, b"", MINE, "DELETE"), 422, "stop it first")
    with Store() as store:
        store.update(made, state="stopped", pid=None)
    assert send(client, named, b"", MINE, "DELETE").status == 204
    assert not job_folder(made).exists()
    is_sentence(client.get(named + ".json"), 404, "no such job")
    is_sentence(client.get(named + "/frames.json"), 404, "no such job")
    is_sentence(send(client, named, b"", MINE, "DELETE"), 404, "no such job")


@pytest.mark.parametrize("id", ["0123456789", "nothing", "..", "%2e%2e", "x" * 300, "0123456789%00", "%ff"])
def test_a_job_that_is_not_there(client: Client, made: str, id: str) -> None:  # noqa: A002
    for path in (".json", "/answers", "/frames.json", "/frames/0", "/originals.png"):
        is_sentence(client.get(f"{JOBS}/{id}{path}"), 404)
    is_sentence(send(client, f"{JOBS}/{id}/commands", {"name": "stop", "value": None}), 404)


def test_a_loupe_that_trains_none_starts_and_steers_nothing(
    client: Client, made: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOUPE_TRAIN", "0")
    Film(made).take()
    named = f"{JOBS}/{made}"
    is_sentence(send(client, JOBS, ASKED), 403, "LOUPE_TRAIN=0")
    is_sentence(send(client, f"{JOBS}/ready", b""), 403, "LOUPE_TRAIN=0")
    assert not spare.is_wanted()
    is_sentence(send(client, named + "/commands", {"name": "stop", "value": None}), 403, "LOUPE_TRAIN=0")
    is_sentence(send(client, named, b"", MINE, "DELETE"), 403, "LOUPE_TRAIN=0")
    assert len(jobs()) == 1
    assert len(client.get(named + "/frames.json").json()) == 1  # what there is can be watched


FOREIGN = [{"host": "evil.example"}, {"origin": "http://evil.example"}, {"origin": "null"}]


@pytest.mark.parametrize("headers", FOREIGN)
def test_another_web_page_starts_steers_and_sees_nothing(
    client: Client, made: str, headers: dict[str, str]
) -> None:
    named = f"{JOBS}/{made}"
    assert send(client, JOBS, ASKED, **headers).status == 403
    client.close()
    assert send(client, named + "/commands", {"name": "stop", "value": None}, **headers).status == 403
    client.close()
    for path in (JOBS + ".json", named + ".json", named + "/frames.json", "/loupe/lab.json"):
        assert client.get(path, **headers).status == 403
    assert len(jobs()) == 1
    assert client.get(f"{named}/answers").json() == []


def test_jobs_that_cannot_be_read_are_said_to_be(client: Client, made: str, own_home: Path) -> None:
    with sqlite3.connect(own_home / "jobs.db") as database:
        database.execute("PRAGMA user_version = 99")
    is_sentence(client.get(f"{JOBS}.json"), 422, "newer version")
    is_sentence(client.get(f"{JOBS}/{made}.json"), 422, "newer version")


def test_the_limits_of_an_owner_hold(client: Client, own_home: Path) -> None:
    own_home.mkdir()
    (own_home / "jobs.toml").write_text("per_owner = 1")
    submit(Spec(**ASKED), MINE)
    is_sentence(send(client, JOBS, ASKED), 422, "1 jobs of yours")
    assert send(client, JOBS, ASKED, OTHER).status == 201
