"""A bundle that a job has made: named, noted, deleted and brought back by who started it, and nobody else."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from aecore.bundles import Bundle, list_bundles, open_bundle
from aecore.errors import UserError
from aecore.jobs.store import Store
from aecore.runs import command, complete, keeping, runs_root
from aecore.runs.claim import Claim
from tests.app import make_bundle
from tests.app.queued import JOBS, MINE, OTHER, client, made, send
from tests.app.served import Client, is_sentence

__all__ = ["client", "made"]


@pytest.fixture
def bundle(own_home: Path, made: str, on_shelf: Callable[[Path], None]) -> Bundle:
    """The bundle that the job has made, ``digits/mine``."""
    on_shelf(own_home / "bundles")
    make_bundle.write(own_home / "bundles", "mine", job=made)
    with Store() as store:
        store.update(made, state="done", bundle="digits/mine", run="digits/mine", pid=None)
    return open_bundle("digits/mine")


def ids() -> list[str]:
    return [each.id for each in list_bundles()]


def test_a_bundle_is_described(client: Client, made: str, bundle: Bundle) -> None:
    said = client.get(f"{JOBS}/{made}/bundle.json").json()
    assert (said["state"], said["id"], said["note"]) == ("here", "digits/mine", "")
    assert said["parameters"] == bundle.card.parameters
    assert client.get(f"{JOBS}/{made}/history.json").json()[0]["train"] == {"loss": 1.0}


def test_a_collapsed_bundle_says_what_helps_in_the_words_of_the_page(
    client: Client, made: str, bundle: Bundle
) -> None:
    assert client.get(f"{JOBS}/{made}/bundle.json").json()["advice"] == ""  # its rate is 4.2 nats
    card = replace(bundle.card, metrics={**bundle.card.metrics, "rate": 0.03})
    (bundle.path / "card.json").write_bytes(card.to_bytes())
    said = client.get(f"{JOBS}/{made}/bundle.json").json()["advice"]
    assert said.startswith("A code carries 0.03 nats: the posterior has collapsed")
    assert "more Epochs" in said
    assert "Free bits 0.1" in said
    assert "--" not in said


def test_what_made_a_bundle_is_said_though_defaults_have_changed(
    client: Client, made: str, bundle: Bundle
) -> None:
    config = complete({"variant": "beta-vae", "data": "digits", "epochs": 7})
    by = replace(bundle.card.provenance, command=command(config))
    card = replace(bundle.card, variant="beta-vae", config=config, provenance=by)
    (bundle.path / "card.json").write_bytes(card.to_bytes())
    said = client.get(f"{JOBS}/{made}/recipe.json").json()
    assert "--epochs 7" in said["command"]  # of which the job says nothing
    assert "epochs = 7" in said["toml"]


def test_what_was_steered_by_hand_has_no_recipe(client: Client, made: str, bundle: Bundle) -> None:
    card = replace(bundle.card, provenance=replace(bundle.card.provenance, command=""))
    (bundle.path / "card.json").write_bytes(card.to_bytes())
    is_sentence(client.get(f"{JOBS}/{made}/recipe.json"), 422, "by hand, in a live training")
    keeping.discard("digits/mine", made)
    assert "beta-vae" in client.get(f"{JOBS}/{made}/recipe.json").json()["command"]  # as it was begun


def test_a_bundle_gets_another_name_and_a_note(client: Client, made: str, bundle: Bundle) -> None:
    before = {name: bundle.read(name) for name in bundle.card.files}
    answer = send(client, f"{JOBS}/{made}/bundle", {"name": "ours", "note": " <b>For the lecture.</b> "})
    assert answer.status == 200, answer.text
    assert ids() == ["digits/ours"]
    renamed = open_bundle("digits/ours")
    assert (renamed.card.name, renamed.card.note) == ("ours", "<b>For the lecture.</b>")
    assert {name: renamed.read(name) for name in renamed.card.files} == before
    assert client.get(f"{JOBS}/{made}.json").json()["bundle"] == "digits/ours"
    assert client.get(f"{JOBS}/{made}/bundle.json").json()["note"] == "<b>For the lecture.</b>"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"name": "../x", "note": "changed"}, "does not do as a name"),
        ({"name": "Mine", "note": ""}, "does not do as a name"),
        ({"name": "taken", "note": "changed"}, "there already"),
        ({"name": "begun", "note": ""}, "there already"),
        ({"name": "other", "note": "x" * 501}, "at most 500"),
    ],
)
def test_what_is_no_name_changes_nothing(
    client: Client, made: str, bundle: Bundle, own_home: Path, said: dict[str, str], words: str
) -> None:
    make_bundle.write(own_home / "bundles", "taken")
    (runs_root() / "digits" / "begun").mkdir(parents=True)
    is_sentence(send(client, f"{JOBS}/{made}/bundle", said), 422, words)
    assert ids() == ["digits/mine", "digits/taken"]
    assert open_bundle("digits/mine").card == bundle.card


def test_what_is_deleted_comes_back_whole(client: Client, made: str, bundle: Bundle, own_home: Path) -> None:
    content = {path.name: path.read_bytes() for path in bundle.path.iterdir()}
    assert send(client, f"{JOBS}/{made}/bundle", b"", MINE, "DELETE").status == 204
    assert ids() == []
    assert client.get(f"{JOBS}/{made}/bundle.json").json() == {"state": "bin", "id": "digits/mine"}
    make_bundle.write(own_home / "bundles", "mine", job=made)  # as by a resume of a stopped training
    is_sentence(send(client, f"{JOBS}/{made}/bundle/restore", {}), 422, "there already")
    keeping.discard("digits/mine", made)
    # The later one comes back first.
    assert send(client, f"{JOBS}/{made}/bundle/restore", {}).status == 200
    assert keeping.in_bin("digits/mine", made)
    keeping.change("digits/mine", "other", "", made)
    assert send(client, f"{JOBS}/{made}/bundle/restore", {}).json()["id"] == "digits/mine"
    restored = open_bundle("digits/mine")
    assert {path.name: path.read_bytes() for path in restored.path.iterdir()} == content
    assert not keeping.in_bin("digits/mine", made)
    is_sentence(send(client, f"{JOBS}/{made}/bundle/restore", {}), 422, "not in the bin")


DAY = 24 * 3600
YEARS = 30 * 365 * DAY


def discard(own_home: Path, monkeypatch: pytest.MonkeyPatch, name: str, ahead: float) -> None:
    """Puts a bundle of that name into the bin, by a clock so many seconds ahead."""
    make_bundle.write(own_home / "bundles", name)
    with monkeypatch.context() as patch:
        now = time.time()
        patch.setattr(time, "time", lambda: now + ahead)
        keeping.discard(f"digits/{name}")


def test_the_bin_forgets_after_thirty_days(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    discard(own_home, monkeypatch, "mine", 0)
    for day in (*range(1, 31), 30, 30):
        discard(own_home, monkeypatch, "other", day * DAY)
        assert keeping.in_bin("digits/mine")
    discard(own_home, monkeypatch, "other", 31 * DAY)
    assert not keeping.in_bin("digits/mine")
    assert not (own_home / "bin" / "digits" / "mine").exists()
    assert len(list((own_home / "bin" / "digits" / "other").iterdir())) == 33


@pytest.mark.parametrize("clock", [(-YEARS, 0), (0, 31 * DAY), (0, YEARS), (-YEARS, YEARS), (YEARS, 0)])
def test_the_bin_forgets_nothing_because_a_clock_was_set(
    own_home: Path, monkeypatch: pytest.MonkeyPatch, clock: tuple[float, float]
) -> None:
    for ahead in clock:
        discard(own_home, monkeypatch, "mine", ahead)
    discard(own_home, monkeypatch, "other", 0)
    places = sorted((own_home / "bin" / "digits" / "mine").iterdir())
    assert len(places) == 2
    assert keeping.restore("digits/mine").id == "digits/mine"
    assert not places[1].exists()  # which came last, whatever the clock said
    assert places[0].exists()


def test_what_an_older_aecore_put_into_the_bin_is_there(own_home: Path, made: str, bundle: Bundle) -> None:
    keeping.discard("digits/mine", made)
    (place,) = (own_home / "bin" / "digits" / "mine").iterdir()
    place.rename(place.with_name(str(time.time_ns())))  # as that named them
    make_bundle.write(own_home / "bundles", "mine")
    keeping.discard("digits/mine")
    assert keeping.in_bin("digits/mine")
    assert keeping.restore("digits/mine", made).card.job == made


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_only_who_made_it_changes_it(client: Client, made: str, bundle: Bundle, method: str) -> None:
    said = {"name": "theirs", "note": ""} if method == "POST" else b""
    is_sentence(send(client, f"{JOBS}/{made}/bundle", said, OTHER, method), 403, "somebody else")
    is_sentence(send(client, f"{JOBS}/{made}/bundle", said, None, method), 401, "token")
    assert send(client, f"{JOBS}/{made}/bundle", b"", MINE, "DELETE").status == 204
    is_sentence(send(client, f"{JOBS}/{made}/bundle/restore", {}, OTHER), 403, "somebody else")
    assert ids() == []


def test_a_bundle_that_is_being_trained_again_is_left_alone(
    client: Client, made: str, bundle: Bundle
) -> None:
    with Claim(runs_root() / "digits" / "mine"):
        is_sentence(send(client, f"{JOBS}/{made}/bundle", b"", MINE, "DELETE"), 422, "being trained")
    assert ids() == ["digits/mine"]


def test_what_came_with_aecore_stays_as_it_is() -> None:
    for change in (keeping.discard, lambda bundle: keeping.change(bundle, "x", "")):
        with pytest.raises(UserError, match="came with aecore"):
            change("digits/vae")
    with pytest.raises(UserError, match="came with aecore"):
        keeping.in_bin("digits/vae")
    assert open_bundle("digits/vae").shipped


def test_a_folder_that_cannot_be_written_loses_nothing(bundle: Bundle, made: str, own_home: Path) -> None:
    (own_home / "bin").write_text("no folder")
    with pytest.raises(UserError, match="cannot be moved"):
        keeping.discard("digits/mine", made)
    assert ids() == ["digits/mine"]


def test_a_bundle_is_taken_along_as_a_zip(client: Client, bundle: Bundle, tmp_path: Path) -> None:
    answer = client.get("/loupe/bundles/digits/mine.zip")
    assert answer.headers["content-disposition"] == 'attachment; filename="digits-mine.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path)
    unpacked = open_bundle(tmp_path / "digits" / "mine")
    assert unpacked.card == bundle.card
    assert all(unpacked.read(name) == bundle.read(name) for name in bundle.card.files)
    is_sentence(client.get("/loupe/bundles/digits/nothing.zip"), 404, "no bundle")
    is_sentence(client.get("/loupe/bundles/digits/..zip"), 404)
    (bundle.path / "history.jsonl").write_bytes(b"")
    is_sentence(client.get("/loupe/bundles/digits/mine.zip"), 422, "sha256 differs")
