"""Who waits for what on the Train page: guesses at a password, timings, devices."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from app import access, train
from tests.app.queued import CONFIG, COST, DEVICES, MINE, TRAIN, client, send, time_by
from tests.app.served import Client, apart, is_sentence

__all__ = ["client"]


# Passwords


@pytest.fixture
def shut(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Writes ``jobs.toml``; nobody guesses yet."""
    monkeypatch.setattr(access, "_one_guess", asyncio.Lock())
    monkeypatch.setattr(access, "_guessing", [])
    own_home.mkdir()

    def write(text: str) -> None:
        (own_home / "jobs.toml").write_text(text, encoding="utf-8")

    return write


def said(words: list[tuple[str, str]]) -> list[tuple[int, float]]:
    """Status of each guess, (address, password), all said at once, and seconds until it was answered."""

    async def guess(address: str, password: str) -> tuple[int, float]:
        scope = {"type": "http", "headers": [], "scheme": "http", "path": "/", "query_string": b""}
        request = Request(scope | {"client": (address, 1), "server": ("x", 80)})
        began = time.monotonic()
        try:
            status = (await access.let_in(request, password)).status_code
        except HTTPException as error:
            status = error.status_code
        return status, time.monotonic() - began

    async def all_at_once() -> list[tuple[int, float]]:
        return await asyncio.gather(*(guess(*each) for each in words))

    return apart(all_at_once())


def test_who_guesses_often_learns_one_guess_at_a_time(
    shut: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "WRONG", 0.05)
    shut('password = "open sesame"')
    found = said([*((f"10.0.0.{k}", f"guess {k}") for k in range(9)), ("10.0.0.9", "open sesame")])
    assert [status for status, _ in found] == [403] * 9 + [204]
    assert found[-1][1] > 9 * 0.05 * 0.9  # after every guess before it
    assert said([("10.0.0.9", "open sesame")])[0][1] < 0.05


def test_one_address_has_few_guesses_wait(
    shut: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "WRONG", 0.01)
    shut('password = "open sesame"')
    found = said([*(("10.0.0.1", f"guess {k}") for k in range(8)), ("10.0.0.2", "open sesame")])
    assert [status for status, _ in found] == [403] * access.GUESSES + [429] * (8 - access.GUESSES) + [204]
    assert access._guessing == []


def test_of_both_settings_the_page_asks_for_the_one_that_is_lacking(
    client: Client, shut: Callable[[str], None]
) -> None:
    shut('password = "open sesame"\nheader = "X-User"')
    assert client.get(f"{TRAIN}.json").json()["door"] == "password"
    assert client.get(f"{TRAIN}.json", x_user="ada").json()["door"] == "password"
    answer = send(client, f"{TRAIN}/password", {"password": "open sesame"}, None)
    cookie = answer.headers["set-cookie"].partition(";")[0]
    found = client.get(f"{TRAIN}.json", cookie=cookie).json()
    assert (found["door"], found["admitted"]) == ("header", False)
    is_sentence(send(client, f"{TRAIN}/cost", CONFIG, cookie=cookie), 403, "sign in first")
    assert client.get(f"{TRAIN}.json", cookie=cookie, x_user="ada").json()["admitted"] is True


# Timings


class Slow:
    """A stopwatch that answers when it is told to."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.go = threading.Event()

    def cost(self, config: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(config["latent_dim"])
        assert self.go.wait(20)
        return COST

    def devices(self) -> list[dict[str, Any]]:
        return DEVICES


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    found = Slow()
    time_by(found, monkeypatch)
    return found


def post(client: Client, dim: int = 2) -> int:
    """What is answered to who wants it timed, from a connection of their own."""
    own = Client(int(client.host.partition(":")[2]))
    try:
        return send(own, f"{TRAIN}/cost", CONFIG | {"options": {"latent_dim": dim}}).status
    finally:
        own.close()


def test_devices_are_said_while_a_training_is_timed(client: Client, slow: Slow) -> None:
    with ThreadPoolExecutor(1) as pool:
        timed = pool.submit(post, client)
        while not slow.asked:
            time.sleep(0.01)
        try:
            said = client.get(f"{TRAIN}/devices.json", authorization=f"Bearer {MINE}")
            assert said.json() == DEVICES
            assert not timed.done()
        finally:
            slow.go.set()
        assert timed.result() == 200


def test_the_process_that_looks_at_devices_is_not_the_one_that_times() -> None:
    assert train._stopwatch("devices") is not train._stopwatch("timing")
    assert train._stopwatch("devices") is train._stopwatch("devices")


def test_who_wants_the_same_timed_shares_it_and_takes_one_place(client: Client, slow: Slow) -> None:
    everybody = 3 * train.WAITING
    with ThreadPoolExecutor(everybody + train.WAITING) as pool:
        same = [pool.submit(post, client) for _ in range(everybody)]
        try:
            while not slow.asked:
                time.sleep(0.01)
            others = [pool.submit(post, client, 3 + k) for k in range(train.WAITING)]
            while not any(each.done() for each in others):  # the first that finds no place
                time.sleep(0.01)
        finally:
            slow.go.set()
        assert {each.result() for each in same} == {200}
        assert sorted(each.result() for each in others) == [200] * (train.WAITING - 1) + [503]
    assert slow.asked.count(2) == 1
    assert len(slow.asked) == train.WAITING
    assert train._timings == {}


def test_what_was_timed_is_timed_again_once_the_machine_may_have_changed(
    client: Client, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow.go.set()
    assert [post(client) for _ in range(2)] == [200, 200]
    assert slow.asked == [2]
    monkeypatch.setattr(train, "BUSY", 1e-9)
    assert [post(client) for _ in range(2)] == [200, 200]
    assert slow.asked == [2, 2, 2]


def test_a_read_only_loupe_makes_no_folder(
    client: Client, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOUPE_READ_ONLY", "1")
    assert client.get("/loupe/jobs.json").json() == []
    assert client.get("/loupe/jobs/0123456789.json").status == 404
    assert client.get(f"{TRAIN}.json").json()["train"] is False
    assert send(client, f"{TRAIN}/size", CONFIG | {"name": "mine"}, None).json()["errors"] == {}
    assert not own_home.exists()
