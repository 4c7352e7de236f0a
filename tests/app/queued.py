"""A job of ours without a worker behind our routes, and how to talk to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from aecore.jobs import Spec, owner_of, supervisor
from aecore.jobs.store import Store
from app import routes, server, train
from tests.app.served import Client, Reply, served

MINE, OTHER = "a" * 64, "b" * 64
SMALL = {"latent_dim": 2, "hidden": [8]}
ASKED: dict[str, Any] = {"variant": "beta-vae", "data": "digits", "options": SMALL, "kind": "live"}
JOBS = "/loupe/jobs"
TRAIN = "/loupe/train"
CONFIG: dict[str, Any] = {"variant": "vae", "data": "digits", "options": {"latent_dim": 2}}
COST = {"device": "cpu", "seconds": 3.5, "memory": 10**9, "examples_per_s": 1e4, "steps": 200}
DEVICES = [{"name": "cpu", "title": "CPU, 2 cores", "free": 2**30}]


def time_by(stopwatch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has the Train page's questions answered by a stopwatch of ours; nothing is too long for it."""
    train._timed.cache_clear()
    train._free.cache_clear()
    monkeypatch.setattr(train, "_stopwatch", lambda _: stopwatch)
    monkeypatch.setattr(train, "BUSY", 1e12)


@pytest.fixture
def client(dist: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """Our routes; nobody runs the queue."""
    monkeypatch.setattr(supervisor, "start", lambda: None)
    with served(Starlette(routes=server.guarded(routes.routes(dist)))) as client:
        yield client


@pytest.fixture
def made(own_home: Path) -> str:
    """The id of a live job of ours that runs."""
    with Store() as store:
        job = store.add(Spec(**ASKED), owner_of(MINE), "cpu", 99, 99)
        store.update(job.id, state="running", started=1.0, pid=12345)
    return job.id


def send(
    client: Client, path: str, said: object, token: str | None = MINE, method: str = "POST", **headers: str
) -> Reply:
    """What is answered to a JSON value, or to bytes as they are."""
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    named = {"authorization": f"Bearer {token}"} if token is not None else {}
    return client.ask(method, path, body, **named, **headers)
