"""Frames over HTTP and WebSocket: any of them afterwards, and the newest while they are taken."""

from __future__ import annotations

import json
import struct
import time
import zlib
from dataclasses import asdict, replace
from socket import SO_LINGER, SOL_SOCKET
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from aecore import jobs
from aecore.jobs import Standing, job_folder
from aecore.jobs.recorder import Recorder
from aecore.jobs.store import Store
from app import frames
from tests.app.queued import JOBS, client, made
from tests.app.recorded import PNG, Film
from tests.app.served import Client, is_sentence

__all__ = ["client", "made"]


# Looking back


def test_any_frame_is_found_by_its_number(client: Client, made: str) -> None:
    named = f"{JOBS}/{made}"
    assert client.get(named + "/frames.json").json() == []
    is_sentence(client.get(named + "/originals.png"), 404, "none yet")
    film = Film(made)
    raws = [film.take(beta=k) for k in range(3)]
    told = client.get(named + "/frames.json").json()
    assert told == [
        {"number": k, "step": 10 * k, "beta": float(k), "rate": k + 0.5, "distortion": 20.0 - k}
        for k in range(3)
    ]
    assert client.get(named + "/originals.png").content == PNG
    for k, raw in enumerate(raws):
        answer = client.get(f"{named}/frames/{k}")
        assert answer.content == raw
        mark, header, body, crc = struct.unpack_from("<4sIII", raw)
        assert (mark, zlib.crc32(answer.content[16:])) == (b"LPF1", crc)
        assert len(answer.content) == 16 + header + body
        assert "immutable" in answer.headers["cache-control"]
    is_sentence(client.get(f"{named}/frames/3"), 404, "no such frame")
    raws.append(film.take(beta=9))  # what has been read is not read again
    assert client.get(f"{named}/frames/3").content == raws[3]
    film.thin()  # 0, 2 and the last are left, in another file
    assert [each["number"] for each in client.get(named + "/frames.json").json()] == film.numbers
    assert film.numbers != [0, 1, 2, 3]
    for k in range(4):
        answer = client.get(f"{named}/frames/{k}")
        assert answer.content == raws[k] if k in film.numbers else answer.status == 404


def test_originals_are_images_or_numbers(client: Client, made: str) -> None:
    film, named = Film(made), f"{JOBS}/{made}"
    is_sentence(client.get(f"{named}/originals.safetensors"), 404, "no originals.safetensors")
    rows = replace(film.recorder.manifest, kind="table", shape=(2,), legend={"columns": ["a", "b"]})
    numbers = safetensors.numpy.save({"x": np.eye(2, dtype=np.float32)})
    Recorder(job_folder(made), rows, numbers, 1e9)
    assert client.get(f"{named}/originals.safetensors").content == numbers
    is_sentence(client.get(f"{named}/originals.png"), 404, "no originals.png")
    is_sentence(client.get(f"{named}/originals.json"), 404, "no originals.json")


def test_a_damaged_frame_is_none_and_the_others_are_there(client: Client, made: str) -> None:
    film = Film(made)
    raws = [film.take() for _ in range(3)]
    path = job_folder(made) / "frames-1"
    content = bytearray(path.read_bytes())
    content[len(raws[0]) + len(raws[1]) - 1] ^= 1
    path.write_bytes(content)
    found = [client.get(f"{JOBS}/{made}/frames/{k}") for k in range(3)]
    assert [answer.status for answer in found] == [200, 404, 200]
    assert found[2].content == raws[2]


# Watching


def watch(client: Client, job: str) -> ClientConnection:
    return connect(f"ws://{client.host}{JOBS}/{job}/frames", max_size=None)


def told(socket: ClientConnection) -> Any:
    """The next thing a watcher is told: JSON, or the bytes of a frame."""
    said = socket.recv(timeout=10)
    return said if isinstance(said, bytes) else json.loads(said)


def test_a_watcher_is_told_of_the_job_the_recording_and_the_newest_frame(client: Client, made: str) -> None:
    film = Film(made)
    film.take()
    newest = film.take()
    with watch(client, made) as socket:
        assert told(socket)["job"] == client.get(f"{JOBS}/{made}.json").json()
        manifest = told(socket)["manifest"]
        assert manifest == json.loads((job_folder(made) / "frames.json").read_bytes())
        assert told(socket) == newest
        standing = Standing("train", 1, 9, 30, 99, {"loss": 1.5}, 8.0, 9.0, 0.1)
        with Store() as store:
            store.update(made, standing=standing)
        assert told(socket)["job"]["standing"] == json.loads(json.dumps(asdict(standing)))
        with Store() as store:
            store.update(made, state="paused")
        assert told(socket)["job"]["state"] == "paused"


def test_who_is_slow_misses_frames_and_never_the_newest(client: Client, made: str) -> None:
    film = Film(made)
    first = film.take()
    with watch(client, made) as slow, watch(client, made) as fast:
        for socket in (slow, fast):
            told(socket), told(socket)
            assert told(socket) == first
        fast.send("ok")
        frames_of = [first]
        for _ in range(5):
            frames_of.append(film.take())
            assert told(fast) == frames_of[-1]
            fast.send("ok")
        with pytest.raises(TimeoutError):
            slow.recv(timeout=0.2)
        slow.send("ok")
        assert told(slow) == frames_of[-1]
        slow.send("what?")
        film.take()
        with pytest.raises(TimeoutError):
            slow.recv(timeout=0.2)


def test_another_take_is_told_before_its_frames(client: Client, made: str) -> None:
    film = Film(made)
    film.take()
    with watch(client, made) as socket:
        told(socket), told(socket), told(socket)
        socket.send("ok")
        film.recorder.begin_again()
        assert told(socket)["manifest"]["take"] == 2
        raw = film.take()
        assert told(socket) == raw
        socket.send("ok")
        film.thin()
        assert told(socket)["manifest"]["generation"] == 3
        with pytest.raises(TimeoutError):  # what it has seen is not told again
            socket.recv(timeout=0.2)


def test_a_job_knows_that_it_is_watched(client: Client, made: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def looks() -> int:
        with Store() as store:
            return store.job(made).looks

    monkeypatch.setattr(frames, "SEEN", 0.0)
    assert looks() == 0
    with watch(client, made) as socket:
        told(socket)
        before = looks()
        assert before >= 1
        with pytest.raises(TimeoutError):
            socket.recv(timeout=1.0)
        assert looks() > before


def test_a_browser_that_is_killed_does_not_keep_a_training_going(
    client: Client, made: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "SEEN", 0.0)
    raw = Film(made).take()
    with Store() as store, watch(client, made) as socket:
        told(socket), told(socket)
        assert told(socket) == raw
        at_once = struct.pack("ii", 1, 0)  # no farewell, as of a process that is gone
        socket.socket.setsockopt(SOL_SOCKET, SO_LINGER, at_once)
        socket.close_socket()
        time.sleep(1.0)
        before = store.job(made).looks
        assert before > 0
        time.sleep(1.0)
        assert store.job(made).looks == before
    with watch(client, made) as again:  # and whoever comes next is served
        told(again), told(again)
        assert told(again) == raw


def test_a_watcher_of_no_job_is_sent_away_and_one_of_a_removed_job_too(client: Client, made: str) -> None:
    with watch(client, "0123456789") as socket:
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=10)
        assert closed.value.rcvd
        assert (closed.value.rcvd.code, "no such job" in closed.value.rcvd.reason) == (4404, True)
    with watch(client, made) as socket:
        told(socket)
        with Store() as store:
            store.remove(made, ["running"])
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=10)


@pytest.mark.parametrize("origin", ["http://evil.example", "http://localhost:9999", "null"])
def test_another_web_page_watches_nothing(client: Client, made: str, origin: str) -> None:
    address = f"ws://{client.host}{JOBS}/{made}/frames"
    with pytest.raises(InvalidStatus) as refused:
        connect(address, origin=Origin(origin))
    assert refused.value.response.status_code == 403
    with connect(address, origin=Origin(f"http://{client.host}")) as socket:
        assert "job" in told(socket)


def test_who_does_not_see_it_does_not_keep_it_going_and_who_does_wakes_it(
    client: Client, made: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[None] = []
    monkeypatch.setattr(jobs, "wake", lambda: woken.append(None))
    monkeypatch.setattr(frames, "SEEN", 0.0)
    with Store() as store, watch(client, made) as socket:
        told(socket)
        assert not woken
        socket.send("hidden")
        with pytest.raises(TimeoutError):
            socket.recv(timeout=0.5)
        before = store.job(made).looks
        store.update(made, state="interrupted")
        assert told(socket)["job"]["state"] == "interrupted"
        with pytest.raises(TimeoutError):
            socket.recv(timeout=1.0)
        assert (store.job(made).looks, woken) == (before, [])
        socket.send("visible")
        with pytest.raises(TimeoutError):
            socket.recv(timeout=1.0)
        assert store.job(made).looks > before
        assert woken
