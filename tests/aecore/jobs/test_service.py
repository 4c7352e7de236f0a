"""What is asked of jobs: submitted, steered by who may, put at rest, removed."""

from __future__ import annotations

import json
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aecore.errors import DataMissing, UserError
from aecore.jobs import service, supervisor
from aecore.jobs.places import Lock, home, job_folder, owner_of, terminal_token
from aecore.jobs.records import Spec
from aecore.jobs.store import Store
from tests.aecore.jobs.office import LIVE, SPEC, Office
from tests.aecore.jobs.scripted import Session


def test_submitting_checks_queues_and_wakes(own_home: Path, nobody: list[None]) -> None:
    asked = Spec("beta_vae", "digits", {"latent_dim": "2", "hidden": "8,8", "device": "cpu"})
    found = service.job(service.submit(asked, "mine"))
    assert found.spec == Spec("beta-vae", "digits", {"latent_dim": 2, "hidden": [8, 8], "device": "cpu"})
    assert (found.state, found.device, found.owner) == ("queued", "cpu", owner_of("mine"))
    assert len(nobody) == 1
    (own_home / "bundles" / "digits" / "there").mkdir(parents=True)
    for wrong, error, kind in (
        (replace(asked, variant="bvae"), "no variant called 'bvae'", UserError),
        (replace(asked, options={"beta": -1}), "--beta is a number from 0 to 1000", UserError),
        (replace(asked, options={"device": "abacus"}), "no device 'abacus'", UserError),
        (replace(asked, name="../x"), "does not do as a name", UserError),
        (replace(asked, name="there"), "digits/there is there already", UserError),
    ):
        with pytest.raises(kind, match=error):
            service.submit(wrong, "mine")
    assert len(service.jobs()) == 1


def test_of_several_gpus_the_least_busy_is_chosen(
    office: Office, nobody: list[None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aecore.training.available", lambda: ["cuda:0", "cuda:1", "cpu"])
    asked = Spec("vae", "digits", {"latent_dim": 2})
    ids = [service.submit(asked, "mine") for _ in range(3)]
    assert [service.job(each).device for each in ids] == ["cuda:0", "cuda:1", "cuda:0"]
    office.store.update(ids[0], state="done")
    office.store.update(ids[2], state="paused")
    assert service.job(service.submit(asked, "mine")).device == "cuda:0"
    assert office.turn() == [ids[1], service.jobs()[-1].id]


def test_a_name_is_one_jobs(own_home: Path, nobody: list[None]) -> None:
    asked = Spec("vae", "digits", {"latent_dim": 2}, name="mine")
    first = service.submit(asked, "mine")
    assert service.job(first).spec.name == "mine"
    with pytest.raises(UserError, match="digits/mine is what another job is to make: choose another name"):
        service.submit(asked, "theirs")
    (own_home / "runs" / "digits" / "begun").mkdir(parents=True)
    with pytest.raises(UserError, match="digits/begun is there already"):
        service.submit(replace(asked, name="begun"), "mine")
    assert len(service.jobs()) == 1
    service.submit(replace(asked, replace=True), "mine")
    service.submit(replace(asked, data="words"), "mine")
    service.remove(first, "mine")
    assert len(service.jobs()) == 2


def test_data_that_are_missing_are_said_at_once(nobody: list[None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AECORE_DATA", "/nowhere")
    with pytest.raises(DataMissing, match="MNIST is not on this machine"):
        service.submit(Spec("vae", "mnist"), "mine")
    assert nobody == []


def test_only_who_started_it_steers_it(office: Office, nobody: list[None]) -> None:
    job = office.add(LIVE, owner_of("mine"))
    before = office.store.job(job)
    for name in ("beta", "stop", "pause"):
        with pytest.raises(UserError, match="was started by somebody else, who alone can steer it"):
            service.command(job, "theirs", name, 2 if name == "beta" else None)
    with pytest.raises(UserError, match="started by somebody else"):
        service.remove(job, "theirs")
    assert office.store.job(job) == before
    assert service.answers(job) == []
    assert service.command(job, "mine", "beta", "2").value == 2
    service.command(job, terminal_token(), "stop")
    assert service.job(job).state == "stopped"


@pytest.mark.parametrize(
    ("name", "value", "kind", "error"),
    [
        ("beta", "x", "live", "beta: It takes a number from 0 to 1000; 'x' is none."),
        ("beta", -1, "live", "beta: It takes a number"),
        ("lr", float("nan"), "live", "lr: It takes a number"),
        ("annealing", "wavy", "live", "no way of annealing called 'wavy'"),
        ("pause", 3, "live", "pause: It takes no value; 3 is one."),
        ("save", "../x", "live", "'../x' does not do as a name"),
        ("bata", 1, "live", "no command of a job called 'bata'. Did you mean beta?"),
        ("beta", 1, "train", "beta is for live jobs; this one is a training: stop, pause, resume."),
    ],
)
def test_what_does_not_fit_is_not_said(office: Office, name: str, value: Any, kind: Any, error: str) -> None:
    job = office.add(replace(SPEC, kind=kind), owner_of("mine"))
    with pytest.raises(UserError, match=error):
        service.command(job, "mine", name, value)
    assert service.answers(job) == []


def test_jobs_without_a_process_obey_too(office: Office, nobody: list[None]) -> None:
    job, other = office.add(SPEC, owner_of("mine")), office.add(SPEC, owner_of("mine"))
    for name, state in (("pause", "paused"), ("resume", "queued"), ("stop", "stopped"), ("resume", "queued")):
        service.command(job, "mine", name)
        assert service.job(job).state == state
    assert [each.id for each in service.jobs()] == [other, job]  # who goes on goes to the end of the queue
    with pytest.raises(UserError, match="is queued: there is nothing to resume"):
        service.command(job, "mine", "resume")
    office.store.update(job, state="done")
    for name, error in (
        ("stop", "has ended: it is done"),
        ("resume", "is done"),
        ("pause", "nothing to pause"),
    ):
        with pytest.raises(UserError, match=error):
            service.command(job, "mine", name)
    live = office.add(LIVE, owner_of("mine"))
    office.store.update(live, state="stopped")
    service.command(live, "mine", "step")
    assert (service.job(live).state, service.job(live).paused) == ("queued", True)
    assert [each.name for each in service.answers(live)] == ["step"]


@pytest.mark.parametrize(("spec", "name"), [(SPEC, "resume"), (LIVE, "restart"), (LIVE, "step")])
@pytest.mark.parametrize("setting", ["per_owner", "overall"])
def test_who_lets_a_job_go_on_is_bound_like_who_starts_one(
    office: Office, nobody: list[None], own_home: Path, setting: str, spec: Spec, name: str
) -> None:
    job, other = office.add(spec, owner_of("mine")), office.add(SPEC, owner_of("mine"))
    office.store.update(job, state="stopped", ended=1.0, message="Nobody has watched.")
    before = office.store.job(job)
    (own_home / "jobs.toml").write_text(f"{setting} = 1\n")
    with pytest.raises(UserError, match="1 jobs .* wait or run already, and no more may"):
        service.command(job, "mine", name)
    assert (office.store.job(job), service.answers(job), nobody) == (before, [], [])
    office.store.update(other, state="done")
    service.command(job, "mine", name)
    assert service.job(job).state == "queued"


@pytest.mark.parametrize(("spec", "name"), [(SPEC, "stop"), (SPEC, "pause"), (LIVE, "stop")])
def test_what_a_killed_worker_was_told_last_does_not_end_the_next_one(
    office: Office, nobody: list[None], spec: Spec, name: str
) -> None:
    job = office.add(spec, owner_of("mine"))
    assert office.turn() == [job]
    service.command(job, "mine", name)
    office.end(job, -signal.SIGKILL)
    office.turn()
    assert service.job(job).state == "failed"
    service.command(job, "mine", "resume")
    assert office.store.said(job, "waiting") == []
    assert [(each.name, each.state) for each in service.answers(job)] == [(name, "refused")]


def test_a_stopped_live_job_is_saved_by_a_process_of_its_own(office: Office, nobody: list[None]) -> None:
    job = office.add(LIVE, owner_of("mine"))
    office.store.update(job, state="stopped")
    said = service.command(job, "mine", "save", "kept")
    assert nobody == [None]
    office.turn()
    office.turn()
    assert [worker.words for worker in office.workers] == [(job, str(said.number))]
    office.workers[0].status = -signal.SIGKILL
    office.turn()
    (answer,) = service.answers(job)
    assert answer.state == "refused"
    assert "memory" in answer.answer
    office.turn()
    assert len(office.workers) == 1


def test_removing_forgets_everything_but_the_bundle(office: Office, nobody: list[None]) -> None:
    lab = Session()
    job = lab.job.id
    lab.close()
    office.store.update(job, state="running", owner=owner_of("mine"), run="digits/half")
    with pytest.raises(UserError, match="is running: stop it first"):
        service.remove(job, "mine")
    state, bundle = home() / "runs" / "digits" / "half", home() / "bundles" / "digits" / "half"
    for folder in (state, bundle):
        folder.mkdir(parents=True)
        (folder / "file").touch()
    said = {"config": {}, "numbers": {}, "history": [], "job": job}
    (state / "run.json").write_text(json.dumps(said), encoding="utf-8")
    office.store.update(job, state="failed")
    service.remove(job, "mine")
    assert service.jobs() == []
    assert not job_folder(job).exists()
    assert not state.exists()
    assert bundle.exists()


def test_waking_is_for_work(own_home: Path, nobody: list[None]) -> None:
    assert not supervisor.wake()
    with Store() as store:
        job = store.add(SPEC, "me", "cpu", 9, 9).id
        assert supervisor.wake()
        store.update(job, state="failed")
        store.say(job, "beta", 2)
        assert not supervisor.wake()
        store.say(job, "save", "x")
        assert supervisor.wake()
        held = Lock(own_home / "jobs.lock")
        assert held.take()
        assert not supervisor.wake()
        held.release()
    assert len(nobody) == 2


def test_an_interrupted_job_is_resumed_by_whoever_asks(office: Office, nobody: list[None]) -> None:
    for kind in (SPEC, LIVE):
        job = office.add(kind, owner_of("mine"))
        office.store.update(job, state="interrupted", paused=True)
        assert service.command(job, "mine", "resume").state == "done"
        found = service.job(job)
        assert (found.state, found.paused) == ("interrupted", False)
    assert len(nobody) == 2  # and somebody was woken to run it


def test_what_is_done_cannot_be_turned(office: Office, nobody: list[None]) -> None:
    job = office.add(LIVE, owner_of("mine"))
    office.store.update(job, state="done")
    for name, value in (("beta", 50), ("lr", 0.1), ("annealing", "linear"), ("slow", 2)):
        with pytest.raises(UserError, match="is done: there is nothing to turn any more"):
            service.command(job, "mine", name, value)
    assert service.answers(job) == []
    service.command(job, "mine", "save", "kept")
    service.command(job, "mine", "restart")
    assert [each.name for each in service.answers(job)] == ["save", "restart"]
