"""Two servers on one folder: they share jobs and bundles, and one supervisor runs the queue."""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from aecore.bundles import Bundle
from aecore.jobs import Spec, frames, owner_of
from aecore.jobs.store import Store
from benchmarks.faults import processes
from tests.aecore.jobs.processes import until
from tests.app import make_bundle
from tests.app.queued import JOBS, MINE, OTHER, send
from tests.app.served import Client, Reply
from tests.browser import live

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="whose a process is, is read from /proc")
LONG = {"latent_dim": 2, "hidden": [8], "epochs": 100_000, "device": "cpu"}
LIVE = {"latent_dim": 2, "hidden": [8], "device": "cpu"}


class Caller(Client):
    """Hangs up after each answer: a server does so itself with who says nothing for a while."""

    def ask(self, method: str, path: str, body: bytes = b"", /, **headers: str) -> Reply:
        try:
            return super().ask(method, path, body, **headers)
        finally:
            self.close()


@pytest.fixture
def two(own_home: Path) -> Iterator[tuple[Client, Client]]:
    """Both of them, as people start them; whatever they started ends with the test."""
    ports = [live.free_port(), live.free_port()]
    with ExitStack() as stack:
        for port in ports:
            stack.enter_context(live.serve(live.app_command(port), port, env={"AECORE_HOME": str(own_home)}))
        try:
            yield Caller(ports[0]), Caller(ports[1])
        finally:
            for pid, role in processes(own_home).items():
                if role != "server":
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)


def states(client: Client) -> dict[str, str]:
    return {job["id"]: job["state"] for job in client.get("/loupe/jobs.json").json()}


def roles(home: Path) -> Counter[str]:
    return Counter(processes(home).values())


def at_once(*asks: Any) -> list[Any]:
    with ThreadPoolExecutor(len(asks)) as pool:
        return [each.result() for each in [pool.submit(ask) for ask in asks]]


def test_two_servers_share_one_folder(two: tuple[Client, Client], own_home: Path) -> None:
    one, other = two
    asked: dict[str, Any] = {"variant": "vae", "data": "digits", "options": LONG, "kind": "train"}
    answers = at_once(
        lambda: send(one, JOBS, {**asked, "name": "a"}, MINE),
        lambda: send(other, JOBS, {**asked, "name": "b"}, OTHER),
    )
    assert [answer.status for answer in answers] == [201, 201]
    mine, theirs = (answer.json()["id"] for answer in answers)
    assert send(other, JOBS, {**asked, "name": "a"}, OTHER).status == 422, "the name is the other's"

    # One at a time on the one device, whoever asked for it; both say the same.
    until(lambda: "running" in states(one).values(), 0.1)
    until(lambda: roles(own_home) == {"server": 2, "supervisor": 1, "worker": 1}, 0.1)
    assert sorted(states(one).values()) == ["queued", "running"]
    assert states(one).keys() == states(other).keys() == {mine, theirs}

    # Each is steered from either, by who started it.
    pause = {"name": "pause", "value": None}
    assert send(one, f"{JOBS}/{theirs}/commands", pause, MINE).status == 403
    assert send(one, f"{JOBS}/{theirs}/commands", pause, OTHER).status == 202
    assert send(other, f"{JOBS}/{mine}/commands", pause, MINE).status == 202
    until(lambda: set(states(other).values()) == {"paused"}, 0.1)
    assert states(one) == states(other)


def test_servers_that_are_killed_take_no_training_with_them(
    two: tuple[Client, Client], own_home: Path
) -> None:
    asked = {"variant": "beta-vae", "data": "digits", "options": LIVE, "kind": "live"}
    id = send(two[0], JOBS, asked).json()["id"]  # noqa: A001
    recording = frames(id)
    until(lambda: len(recording) > 3, 0.1)
    for pid, role in processes(own_home).items():
        if role == "server":
            os.kill(pid, signal.SIGKILL)
    until(lambda: "server" not in roles(own_home), 0.1)
    newest = recording.latest()
    assert newest
    until(lambda: recording.latest(newest.header.number), 0.1)  # it goes on
    assert roles(own_home) == {"supervisor": 1, "worker": 1}
    with Store() as store:
        assert store.database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    port = live.free_port()
    with live.serve(live.app_command(port), port, env={"AECORE_HOME": str(own_home)}):
        again = Caller(port)
        assert states(again) == {id: "running"}
        assert send(again, f"{JOBS}/{id}/commands", {"name": "stop", "value": None}).status == 202
        until(lambda: states(again) == {id: "stopped"}, 0.1)
        until(lambda: roles(own_home) <= Counter({"server": 1, "supervisor": 1}), 0.1)


def test_two_servers_at_one_bundle_do_each_thing_once(two: tuple[Client, Client], own_home: Path) -> None:
    with Store() as store:
        job = store.add(Spec("vae", "digits"), owner_of(MINE), "cpu", 9, 9).id
        store.update(job, state="done", bundle="digits/mine", run="digits/mine")
    make_bundle.write(own_home / "bundles", "mine", job=job)
    address = f"{JOBS}/{job}/bundle"
    codes = Bundle.open(own_home / "bundles" / "digits" / "mine").read("codes.npz")
    for _ in range(5):
        gone = at_once(*(lambda each=each: send(each, address, b"", MINE, "DELETE").status for each in two))
        assert sorted(gone) == [204, 422]
        back = at_once(*(lambda each=each: send(each, f"{address}/restore", {}).status for each in two))
        assert sorted(back) == [200, 422]
    names = ("red", "blue")
    said = at_once(
        *(
            lambda each=each, name=name: send(each, address, {"name": name, "note": ""}).status
            for each, name in zip(two, names, strict=True)
        )
    )
    assert set(said) <= {200, 422}
    assert 200 in said
    (folder,) = (own_home / "bundles" / "digits").glob("[a-z]*")
    assert folder.name in names
    assert Bundle.open(folder).read("codes.npz") == codes
    for each in two:
        assert each.get(f"{address}.json").json()["id"] == f"digits/{folder.name}"
