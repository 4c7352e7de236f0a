"""A real training behind our routes: started, watched, steered by who started it alone, found again."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.applications import Starlette
from websockets.sync.client import ClientConnection, connect

from aecore import jobs
from aecore.jobs import Frame, supervisor
from aecore.jobs.recording import decode
from aecore.scenes.sweep import describe
from aecore.sweeps import open_sweep
from app import lab, routes, server
from tests.aecore.jobs.processes import Nursery
from tests.app.queued import JOBS, OTHER, send
from tests.app.served import Client, apart, is_sentence, served

PATIENCE = 120  # seconds
OPTIONS = lab.LIVE | {"hidden": [8], "batch_size": 64, "device": "cpu", "binarise": "threshold"}


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    made = Nursery()
    made.start(tmp_path_factory.mktemp("warm"))  # it answers once everything is imported
    yield made
    made.close()


@pytest.fixture
def serve(
    nursery: Nursery, own_home: Path, dist: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Any]]:
    """Our routes; whoever submits starts a real supervisor."""
    monkeypatch.setattr(supervisor, "start", lambda: nursery.start(own_home))
    yield lambda: served(Starlette(routes=server.guarded(routes.routes(dist))))
    nursery.clear(own_home)


def follow(socket: ClientConnection, until: Callable[[dict[str, Any], Frame | None], bool]) -> Frame | None:
    """Takes what a watcher is told until it is as wanted; the newest frame then."""
    said: dict[str, Any] = {}
    frame: Frame | None = None
    end = time.monotonic() + PATIENCE
    while not until(said, frame):
        assert time.monotonic() < end, said
        message = socket.recv(timeout=PATIENCE)
        if isinstance(message, bytes):
            frame = decode(message)
            assert frame
            socket.send("ok")
        else:
            said |= json.loads(message)
    return frame


def answered(client: Client, named: str, number: int) -> str:
    """What became of a command."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        (found,) = client.get(f"{named}/answers?after={number - 1}").json()[:1]
        if found["state"] != "waiting":
            return str(found["state"])
        time.sleep(0.02)
    raise AssertionError("It was never answered.")


def test_a_training_is_started_watched_steered_and_found_again(serve: Callable[[], Any]) -> None:
    with serve() as client:
        asked = {"variant": "beta-vae", "data": "digits", "options": OPTIONS, "kind": "live"}
        id = send(client, JOBS, asked).json()["id"]  # noqa: A001
        named = f"{JOBS}/{id}"
        with connect(
            f"ws://{client.host}{named}/frames", max_size=None
        ) as socket:  # who watches has no token
            frame = follow(
                socket, lambda said, frame: "manifest" in said and frame is not None and frame.header.step > 5
            )
            assert frame
            assert frame.arrays["mu"].shape == (297, 2)
            assert np.isfinite(frame.arrays["mu"].astype(np.float32)).all()
            assert {"grid.png", "reconstructions.png", "traversals.png"} <= frame.pictures.keys()
            assert frame.header.traversed == (0, 1)
            told = jobs.frames(id).manifest
            assert told
            dedicated = describe(open_sweep("digits/vae-2d"))  # its dots share the rate–distortion plot
            assert told.basis == {name: dedicated[name] for name in ("examples", "likelihood", "binarise")}
            beta = {"name": "beta", "value": 50}
            is_sentence(send(client, named + "/commands", beta, OTHER), 403, "started by somebody else")
            number = send(client, named + "/commands", beta).json()["number"]
            assert answered(client, named, number) == "done"
            frame = follow(socket, lambda _, frame: frame is not None and frame.header.dials.beta == 50)
            assert send(client, named + "/commands", {"name": "pause", "value": None}).status == 202
            follow(socket, lambda said, _: said.get("job", {}).get("state") == "paused")
    with serve() as again:  # the server was started anew, and the page loaded again
        (found,) = [each for each in again.get(JOBS + ".json").json() if each["id"] == id]
        assert (found["state"], found["spec"]["data"]) == ("paused", "digits")
        passed = again.get(named + "/frames.json").json()
        assert [each["number"] for each in passed] == sorted({each["number"] for each in passed})
        assert (passed[0]["step"], passed[0]["beta"], passed[-1]["beta"]) == (0, 1.0, 50.0)
        assert again.get(named + "/originals.png").content.startswith(b"\x89PNG")
        middle = passed[len(passed) // 2]
        scrubbed = decode(again.get(f"{named}/frames/{middle['number']}").content)
        assert scrubbed
        assert (scrubbed.header.step, scrubbed.header.rate) == (middle["step"], middle["rate"])
        with connect(f"ws://{again.host}{named}/frames", max_size=None) as socket:
            last = follow(socket, lambda _, frame: frame is not None)
            assert last
            assert last.header.number == passed[-1]["number"]
            assert send(again, named + "/commands", {"name": "step", "value": None}).status == 202
            one = follow(
                socket, lambda _, frame: frame is not None and frame.header.number > last.header.number
            )
            assert one
            assert one.header.step == last.header.step + 1
        assert send(again, named + "/commands", {"name": "stop", "value": None}).status == 202
        end = time.monotonic() + PATIENCE
        while again.get(named + ".json").json()["state"] != "stopped":
            assert time.monotonic() < end
            time.sleep(0.05)


# What was interrupted goes on when the server starts


def test_a_server_wakes_what_was_interrupted_and_does_not_wait_for_it(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    begun, go = threading.Event(), threading.Event()

    def slow() -> bool:
        begun.set()
        assert go.wait(PATIENCE)
        raise jobs.NotYours("The store cannot be read.")

    async def start() -> None:
        async with server.awake(server.app):
            assert await asyncio.to_thread(begun.wait, 10)
            assert not go.is_set()  # and yet the server serves
            go.set()

    monkeypatch.setattr(jobs, "wake", slow)
    apart(start())
    end, said = time.monotonic() + 10, ""
    while not said and time.monotonic() < end:
        said = capfd.readouterr().err
    assert said == "The store cannot be read.\n"
    begun.clear()
    monkeypatch.setenv("LOUPE_TRAIN", "0")

    async def without() -> None:
        async with server.awake(server.app):
            assert not await asyncio.to_thread(begun.wait, 0.2)

    apart(without())
    assert server.app._user_lifespan is server.awake
