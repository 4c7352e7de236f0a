"""A name that two people's trainings have had, one after the other: neither reaches what is the other's."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aecore.bundles import list_bundles, open_bundle
from aecore.errors import UserError
from aecore.jobs import Spec, job, made, owner_of, remove, service
from aecore.jobs.store import Store, Unwritable
from aecore.jobs.training import _run as begun
from aecore.runs import Run, interrupted, keeping, runs_root
from aecore.runs.claim import Claim
from aecore.training import EpochEnd, Event
from tests.app import make_bundle
from tests.app.queued import JOBS, MINE, OTHER, client, send
from tests.app.served import Client, is_sentence

__all__ = ["client"]

SMALL: dict[str, Any] = {"latent_dim": 2, "hidden": [8], "epochs": 3, "device": "cpu"}


@pytest.fixture
def home(own_home: Path, on_shelf: Callable[[Path], None]) -> Path:
    on_shelf(own_home / "bundles")
    return own_home


def add(token: str, state: str, name: str = "x", bundle: bool = True) -> str:
    """A job of somebody's that had that name."""
    with Store() as store:
        id = store.add(Spec("vae", "digits", SMALL), owner_of(token), "cpu", 99, 99).id  # noqa: A001
        said = f"digits/{name}"
        store.update(id, state=state, run=said, bundle=said if bundle else "")
    return id


def leave(id: str, name: str = "x") -> Path:  # noqa: A002
    """What a training of that job leaves to go on from: it has done one epoch."""
    run = Run.begin({"variant": "vae", "data": "digits", **SMALL}, name, replace=True)
    run.job = id

    def crash(event: Event) -> None:
        if isinstance(event, EpochEnd):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.train(crash)
    return runs_root() / "digits" / name


def ids() -> list[str]:
    return [each.id for each in list_bundles()]


def test_a_name_that_is_used_again_gives_nobody_anothers_bundle(client: Client, home: Path) -> None:
    mine, theirs = add(MINE, "done"), add(OTHER, "done")
    make_bundle.write(home / "bundles", "x", job=mine)
    assert send(client, f"{JOBS}/{mine}/bundle", b"", MINE, "DELETE").status == 204
    make_bundle.write(home / "bundles", "x", job=theirs)
    before = open_bundle("digits/x").card
    said = {"name": "mine-now", "note": "ha"}
    is_sentence(send(client, f"{JOBS}/{mine}/bundle", said, MINE), 422, "another training's by now")
    is_sentence(send(client, f"{JOBS}/{mine}/bundle", b"", MINE, "DELETE"), 422, "another training's by now")
    is_sentence(send(client, f"{JOBS}/{mine}/bundle/restore", {}, MINE), 422, "there already")
    assert (ids(), open_bundle("digits/x").card) == (["digits/x"], before)
    assert client.get(f"{JOBS}/{mine}/bundle.json").json() == {"state": "bin", "id": "digits/x"}
    assert client.get(f"{JOBS}/{theirs}/bundle.json").json()["state"] == "here"


def test_each_brings_back_their_own(client: Client, home: Path) -> None:
    mine, theirs = add(MINE, "done"), add(OTHER, "done")
    for id, token in ((mine, MINE), (theirs, OTHER)):  # noqa: A001
        make_bundle.write(home / "bundles", "x", job=id)
        assert send(client, f"{JOBS}/{id}/bundle", b"", token, "DELETE").status == 204
    assert send(client, f"{JOBS}/{mine}/bundle/restore", {}, MINE).status == 200
    assert open_bundle("digits/x").card.job == mine
    made.discard(mine, MINE)
    assert send(client, f"{JOBS}/{theirs}/bundle/restore", {}, OTHER).status == 200
    assert open_bundle("digits/x").card.job == theirs


def test_what_is_stopped_is_deleted_and_comes_back(home: Path) -> None:
    mine = add(MINE, "stopped")
    leave(mine)
    make_bundle.write(home / "bundles", "x", job=mine)
    made.discard(mine, MINE)
    assert ids() == []
    assert made.restore(mine, MINE).id == "digits/x"
    made.discard(mine, MINE)
    with Store() as store:
        store.remove(mine, ["stopped"])
    theirs = add(OTHER, "paused", bundle=False)
    leave(theirs)
    with pytest.raises(UserError, match="there already"):  # their training would replace it
        keeping.restore("digits/x", mine)


def test_removing_a_job_leaves_the_run_of_another_alone(home: Path) -> None:
    mine, theirs = add(MINE, "failed", bundle=False), add(OTHER, "paused", bundle=False)
    state = leave(theirs)
    remove(mine, MINE)
    assert state.is_dir()
    remove(theirs, OTHER)
    assert not state.exists()


def test_a_job_goes_on_with_its_own_run_alone(home: Path) -> None:
    mine, theirs = add(MINE, "failed", bundle=False), add(OTHER, "paused", bundle=False)
    leave(theirs)
    fresh = begun(job(mine))
    assert (fresh.id != "digits/x", fresh.fit.epoch, fresh.job) == (True, 0, mine)
    again = begun(job(theirs))
    assert (again.id, again.fit.epoch, again.job) == ("digits/x", 1, theirs)


def test_a_run_that_is_held_just_now_is_not_begun_anew(home: Path) -> None:
    mine = add(MINE, "stopped")
    with Claim(leave(mine)), pytest.raises(UserError, match="digits/x is being trained by another process"):
        begun(job(mine))  # as while its bundle is given another name
    assert list(interrupted()) == ["digits/x"]
    assert begun(job(mine)).fit.epoch == 1


def test_a_run_of_the_command_line_is_no_jobs(home: Path) -> None:
    mine = add(MINE, "failed", bundle=False)
    state = leave("")
    assert begun(job(mine)).fit.epoch == 0
    remove(mine, MINE)
    assert state.is_dir()


def test_a_stopped_training_goes_on_under_its_new_name(home: Path) -> None:
    mine = add(MINE, "stopped")
    leave(mine)
    make_bundle.write(home / "bundles", "x", job=mine)
    assert made.change(mine, MINE, "y", "so far").id == "digits/y"
    assert (job(mine).bundle, job(mine).run, ids()) == ("digits/y", "digits/y", ["digits/y"])
    assert list(interrupted()) == ["digits/y"]
    again = begun(job(mine))
    assert (again.id, again.fit.epoch, again.folder) == ("digits/y", 1, home / "bundles" / "digits" / "y")


def test_a_name_of_which_nobody_can_be_told_is_not_given(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = add(MINE, "stopped")
    state = leave(mine)
    make_bundle.write(home / "bundles", "x", job=mine)
    saved = (state / "run.json").read_bytes()

    def full(*_: Any, **__: Any) -> bool:
        raise Unwritable("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "update", full)
        with pytest.raises(Unwritable):
            made.change(mine, MINE, "y", "")
    assert (job(mine).bundle, ids(), list(interrupted())) == ("digits/x", ["digits/x"], ["digits/x"])
    assert (state / "run.json").read_bytes() == saved


def test_at_every_moment_a_job_has_a_bundle_that_is_there(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = add(MINE, "done")
    make_bundle.write(home / "bundles", "x", job=mine)
    update, seen = Store.update, []

    def look(store: Store, *given: Any, **columns: Any) -> bool:
        seen.append(ids())
        done = update(store, *given, **columns)
        seen.append(ids())
        return done

    monkeypatch.setattr(Store, "update", look)
    made.change(mine, MINE, "y", "")
    assert seen == [["digits/x", "digits/y"]] * 2
    assert ids() == ["digits/y"]


def test_a_bundle_that_a_job_has_made_says_so(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aecore.runs.finish.MAPS", ("pca",))
    mine = add(MINE, "running", bundle=False)
    bundle = begun(job(mine)).train()
    assert json.loads((bundle.path / "card.json").read_bytes())["job"] == mine
    assert service.job(mine).id == bundle.card.job
    command_line = Run.begin({"variant": "vae", "data": "digits", **SMALL}).train()
    assert "job" not in json.loads((command_line.path / "card.json").read_bytes())
