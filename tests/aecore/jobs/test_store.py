"""The store: many processes at once, killed ones, newer ones, damaged files, full disks."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from aecore.errors import UserError
from aecore.jobs import answers, jobs, supervisor
from aecore.jobs import job as job_of_id
from aecore.jobs import store as store_module
from aecore.jobs.link import Link
from aecore.jobs.places import Lock, is_held, owner_of, terminal_token
from aecore.jobs.records import Job, Spec, Standing
from aecore.jobs.settings import Limits, limits
from aecore.jobs.store import Store, Unwritable

SPEC = Spec("vae", "digits", {"latent_dim": 2, "hidden": [8], "net": "mlp"})


def add(
    store: Store, owner: str = "me", most: int = 1_000_000, mine: int = 1_000_000, spec: Spec = SPEC
) -> Job:
    return store.add(spec, owner, "cpu", most, mine)


def test_what_is_stored_comes_back(own_home: Path) -> None:
    standing = Standing("train", 2, 20, 15, 200, {"loss": 3.25}, 1e4, 12.5, 1e-3)
    with Store() as store:
        first, second = add(store), add(store)
        assert store.jobs() == [first, second]
        assert store.update(first.id, standing=standing, state="running", message="β ≥ 0", paused=True)
        found = store.job(first.id)
        assert (found.spec, found.standing, found.message, found.paused) == (SPEC, standing, "β ≥ 0", True)
        assert not store.update(first.id, ["queued"], state="stopped")
        assert store.update(second.id, ["queued", "failed"], state="stopped")
        assert [job.id for job in store.jobs("running")] == [first.id]
        store.update(first.id, state="queued", later=True)
        assert [job.id for job in store.jobs()] == [second.id, first.id]
        store.look(first.id)
        assert store.job(first.id).looks == 1
        said = [
            store.say(first.id, "beta", 2.5),
            store.say(first.id, "save", "x"),
            store.say(second.id, "stop", None),
        ]
        assert store.said(first.id, "waiting") == said[:2]
        store.answer(said[0].number, "refused", "no")
        assert [each.answer for each in store.said(first.id, "refused")] == ["no"]
        assert store.said(after=said[1].number) == said[2:]
        assert not store.remove(first.id, ["running"])
        assert store.remove(first.id, ["queued"])
        assert store.said(first.id) == []
        with pytest.raises(UserError, match=f"no job called '{first.id}'.*Known: {second.id}"):
            store.job(first.id)


def test_so_many_and_no_more(own_home: Path) -> None:
    with Store() as store:
        for _ in range(2):
            add(store, mine=2)
        with pytest.raises(UserError, match="2 jobs of yours wait or run already"):
            add(store, mine=2)
        add(store, "you", most=3)
        with pytest.raises(UserError, match="3 jobs in all wait or run already"):
            add(store, "her", most=3)
        store.update(store.jobs()[0].id, state="done")
        add(store, mine=2)


def test_many_at_once_lose_nothing(own_home: Path) -> None:
    def submit(_: int) -> str:
        with Store() as store:
            return add(store).id

    with ThreadPoolExecutor(8) as pool:  # the first of them make the file, all at once
        made = list(pool.map(submit, range(40)))
    with Store() as store:
        assert {job.id for job in store.jobs()} == set(made)
        assert len(set(made)) == 40


def write_until_killed(home: str) -> None:
    os.environ["AECORE_HOME"] = home
    with Store() as store:
        while True:
            store.update(add(store).id, message="x" * 5000)


def test_one_name_asked_for_by_many_at_once_is_ones(own_home: Path) -> None:
    def ask(_: int) -> str:
        with Store() as store:
            try:
                return add(store, spec=replace(SPEC, name="mine")).id
            except UserError as error:
                return str(error)

    with ThreadPoolExecutor(8) as pool:
        said = Counter(pool.map(ask, range(16)))
    refused, (made, _) = said.most_common()
    assert refused == ("digits/mine is what another job is to make: choose another name.", 15)
    with Store() as store:
        assert [job.id for job in store.jobs()] == [made]
        store.update(made, state="stopped")
        assert add(store, spec=replace(SPEC, name="mine"))
        assert add(store, spec=replace(SPEC, name="mine", replace=True))
        assert add(store, spec=replace(SPEC, name="mine", data="mnist"))


@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
def test_a_writer_killed_at_any_moment_locks_nothing_and_leaves_nothing_half(own_home: Path) -> None:
    with Store():
        pass
    for pause in (0.01, 0.03, 0.08, 0.15):
        writer = multiprocessing.get_context("fork").Process(target=write_until_killed, args=(str(own_home),))
        writer.start()
        assert writer.pid
        time.sleep(pause)
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
        started = time.monotonic()
        with Store() as store:
            add(store)
            assert {len(job.message) for job in store.jobs()} <= {0, 5000}
            assert store.database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert time.monotonic() - started < 5


@pytest.mark.parametrize(("version", "words"), [(2, "a newer version"), (-1, "an older version")])
def test_a_store_of_another_version_is_refused_and_left_as_it_is(
    own_home: Path, version: int, words: str
) -> None:
    with Store() as store:
        add(store)
        store.database.execute(f"PRAGMA user_version = {version}")
    before = (own_home / "jobs.db").read_bytes()
    with pytest.raises(UserError, match=f"written by {words} of aecore.*format {version}.*knows 1"):
        Store()
    assert (own_home / "jobs.db").read_bytes() == before


def test_a_damaged_store_is_a_sentence(own_home: Path) -> None:
    own_home.mkdir()
    (own_home / "jobs.db").write_bytes(b"no database" * 1000)
    with pytest.raises(UserError, match="jobs.db is damaged .*move it away"):
        Store()


def test_a_place_that_cannot_be_written_is_a_sentence(own_home: Path) -> None:
    own_home.write_text("a file where the folder should be")
    with pytest.raises(Unwritable, match="cannot be written"):
        Store()


def test_a_full_disk_changes_nothing(own_home: Path) -> None:
    with Store() as store:
        job = add(store)
        pages = store.database.execute("PRAGMA page_count").fetchone()[0]
        store.database.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(Unwritable, match="full.*Nothing was changed"):
            store.update(job.id, message="x" * 100_000)
        assert store.job(job.id) == job
        store.database.execute("PRAGMA max_page_count = 100000")
        assert store.update(job.id, message="x" * 100_000)


def test_a_worker_that_cannot_answer_obeys_once_and_answers_later(own_home: Path) -> None:
    with Store() as store:
        job = add(store)
        link, said = Link(store, job.id), store.say(job.id, "stop", None)
        pages = store.database.execute("PRAGMA page_count").fetchone()[0]
        store.database.execute(f"PRAGMA max_page_count = {pages}")
        assert link.commands(now=True) == [said]
        link.answer(said, "no " * 30_000)
        link.tell(message="x" * 90_000)
        assert [each.state for each in store.said(job.id)] == ["waiting"]
        assert link.commands(now=True) == []
        store.database.execute("PRAGMA max_page_count = 100000")
        assert link.commands(now=True) == []
        assert [each.state for each in store.said(job.id)] == ["refused"]


def test_one_who_keeps_the_store_is_waited_for_and_then_named(
    own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "PATIENCE", 0.1)
    with Store() as store:
        job = add(store)
        other = sqlite3.connect(own_home / "jobs.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        assert store.jobs() == [job]  # reading never waits
        with pytest.raises(Unwritable, match="locked"):
            store.update(job.id, message="x")
        other.execute("ROLLBACK")
        other.close()
        assert store.update(job.id, message="x")


def test_no_token_is_stored(own_home: Path) -> None:
    token = "a-very-secret-token"
    with Store() as store:
        add(store, owner_of(token))
    assert not any(token.encode() in path.read_bytes() for path in own_home.iterdir())
    with pytest.raises(UserError, match="the empty one is none"):
        owner_of("")


def test_the_terminals_token_is_made_once_and_is_its_users_alone(own_home: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        said = set(pool.map(lambda _: terminal_token(), range(16)))
    assert len(said) == 1
    assert len(said.pop()) > 20
    assert (own_home / "jobs.token").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in own_home.iterdir()] == ["jobs.token"]


def test_a_lock_is_one_holders(tmp_path: Path) -> None:
    one, other = Lock(tmp_path / "x" / "lock"), Lock(tmp_path / "x" / "lock")
    assert not is_held(one.path)
    assert one.take()
    assert is_held(one.path)
    assert not other.take()
    one.release()
    one.release()
    assert other.take()
    other.release()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("per_device = 0", "per_device in .* is a whole number of 1 or more; 0 is not."),
        ("live = 1.5", "live in .* is a whole number"),
        ("idle_minutes = true", "idle_minutes in .* is a number"),
        ("per_devise = 1", "no setting in jobs.toml called 'per_devise'. Did you mean per_device?"),
        ("live = ", "jobs.toml cannot be read"),
    ],
)
def test_settings(text: str, error: str, own_home: Path) -> None:
    assert limits(own_home) == Limits()
    own_home.mkdir()
    (own_home / "jobs.toml").write_text("per_device = 2\nidle_minutes = 0.5\n")
    assert limits(own_home) == Limits(per_device=2, idle_minutes=0.5)
    (own_home / "jobs.toml").write_text(text)
    with pytest.raises(UserError, match=error):
        limits(own_home)


def test_who_only_reads_sees_no_jobs_in_a_store_that_another_is_just_making(own_home: Path) -> None:
    own_home.mkdir()
    (own_home / "jobs.db").touch()  # as SQLite leaves it until the first table is written
    assert jobs() == []
    assert (own_home / "jobs.db").read_bytes() == b""
    with Store() as store:
        job = add(store)
    assert jobs() == [job]


def test_who_only_reads_makes_nothing_and_changes_nothing(own_home: Path, nobody: list[None]) -> None:
    assert jobs() == []
    assert not supervisor.wake()
    assert answers("x") == []
    with pytest.raises(UserError, match="no job called 'x'"):
        job_of_id("x")
    assert not own_home.exists()
    with Store() as store:
        job = add(store)
    before = (own_home / "jobs.db").read_bytes()
    assert jobs() == [job]
    with Store(reads=True) as store, pytest.raises(Unwritable, match="readonly"):
        store.update(job.id, message="x")
    assert (own_home / "jobs.db").read_bytes() == before
    with Store() as store:  # what is written while others read is read at the next look
        store.update(job.id, message="y")
        assert job_of_id(job.id).message == "y"


def test_a_command_to_a_job_that_is_gone_says_so(own_home: Path) -> None:
    with Store() as store:
        with pytest.raises(UserError, match="no such job any more: it has been removed"):
            store.say("0123456789", "beta", 2)
        assert store.said() == []
