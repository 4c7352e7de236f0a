"""The supervisor: order, limits, deaths, and a queue that is never forgotten."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from aecore.bundles import Bundle, open_bundle
from aecore.errors import UserError
from aecore.jobs import link, supervisor
from aecore.jobs.link import GONE, Link
from aecore.jobs.places import Lock, home, job_folder
from aecore.jobs.records import Spec
from aecore.jobs.store import Store
from aecore.jobs.supervisor import Supervisor
from aecore.jobs.worker import sit
from aecore.runs import Run, interrupted
from aecore.training import Event, Finished
from tests.aecore.jobs.office import LIVE, SPEC, Office
from tests.app import make_bundle


def test_one_at_a_time_on_each_device_in_order(office: Office) -> None:
    a, b, c = office.add(), office.add(), office.add(device="cuda:0")
    assert office.turn() == [a, c]
    assert office.turn() == []
    assert [office.store.job(each).state for each in (a, b, c)] == ["running", "queued", "running"]
    office.end(a, state="done", pid=None)
    assert office.turn() == [b]
    d, e = office.add(), office.add()
    assert office.turn(per_device=2) == [d]
    assert e not in office.turn(per_device=2)


def test_live_jobs_have_their_own_places(office: Office) -> None:
    train = office.add()
    mine, also_mine = office.add(LIVE), office.add(LIVE)
    yours, hers = office.add(LIVE, "you"), office.add(LIVE, "her")
    assert office.turn(live=2) == [train, mine, yours]
    office.end(mine, state="stopped", pid=None)
    assert office.turn(live=2) == [also_mine]
    assert office.turn(live=3) == [hers]


@pytest.mark.parametrize(
    ("status", "sentence"),
    [(-signal.SIGKILL, "killed, as the system does when memory runs out: a smaller --batch-size"),
     (-signal.SIGSEGV, "crashed (SIGSEGV)"), (3, "ended with status 3; its log says more")],
)  # fmt: skip
def test_a_worker_that_dies_fails_its_job_and_the_queue_goes_on(
    office: Office, status: int, sentence: str
) -> None:
    a, b = office.add(), office.add()
    office.turn()
    office.end(a, status)
    assert office.turn() == [b]
    job = office.store.job(a)
    assert job.state == "failed"
    assert sentence in job.message
    assert job.ended


def test_what_was_left_by_an_earlier_supervisor_goes_on_first(office: Office) -> None:
    late, early, elsewhere = office.add(), office.add(), office.add(device="cuda:0")
    office.store.update(late, later=True)
    live = office.add(LIVE)
    office.store.update(early, state="running", pid=4_000_001)
    office.store.update(live, state="paused", pid=4_000_002, paused=True)
    held = Lock(job_folder(early) / "lock")
    assert held.take()  # its worker has not noticed yet, and has the device
    assert office.turn() == [elsewhere]
    assert office.turn() == []
    held.release()
    assert office.turn() == [early]
    parked = office.store.job(live)
    assert (parked.state, parked.pid) == ("paused", None)
    office.end(early, state="done", pid=None)
    assert office.turn() == [late]


def test_what_is_just_ending_for_an_earlier_supervisor_still_has_its_place(office: Office) -> None:
    again, other = office.add(), office.add()  # the one was stopped and resumed meanwhile
    mine, yours = office.add(LIVE), office.add(LIVE, "you")
    office.store.update(mine, state="running", pid=4_000_001)
    held = [Lock(job_folder(each) / "lock") for each in (again, mine)]
    assert all(each.take() for each in held)
    assert office.turn(live=1) == []
    for each in held:
        each.release()
    assert office.turn(live=1) == [again, mine]
    assert {office.store.job(each).state for each in (other, yours)} == {"queued"}


def test_a_worker_cut_short_is_interrupted_and_starts_again(office: Office) -> None:
    a = office.add()
    office.turn()
    office.end(a, GONE)
    assert office.turn() == [a]


def test_a_bundle_that_was_written_is_not_lost(office: Office) -> None:
    a = office.add()
    office.turn()
    make_bundle.write(home() / "bundles", "vae-16d", job=a)
    office.end(a, -signal.SIGKILL, run="digits/vae-16d")
    office.turn()
    job = office.store.job(a)
    assert (job.state, job.bundle, job.message) == ("done", "digits/vae-16d", "")


def test_a_bundle_that_was_to_be_replaced_is_not_this_jobs(office: Office) -> None:
    old, a, b = office.add(), office.add(), office.add()
    office.store.update(old, state="done")
    make_bundle.write(home() / "bundles", "mine", job=old)
    office.turn()
    office.end(a, -signal.SIGKILL, run="digits/mine")  # before it has saved anything
    assert office.turn() == [b]
    assert (office.store.job(a).state, office.store.job(a).bundle) == ("failed", "")
    office.store.update(a, state="interrupted")
    office.end(b, state="done", pid=None)
    assert office.turn() == [a]


def test_a_stop_that_comes_after_the_last_epoch_stops_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aecore.runs.run.make_bundle", lambda *_, **__: open_bundle("digits/vae"))
    job = office.store.add(Spec("vae", "digits", {"hidden": [8], "epochs": 1}), "me", "cpu", 9, 9).id
    assert office.turn() == [job]
    train = Run.train

    def late(run: Run, listen: Callable[[Event], None]) -> Bundle:
        def told(event: Event) -> None:
            if isinstance(event, Finished):
                office.store.say(job, "stop", None)
            listen(event)

        return train(run, told)

    monkeypatch.setattr(Run, "train", late)
    monkeypatch.setattr(link, "LOOK", 0.0)
    with Store() as store:
        assert sit(store, Link(store, job), job) == 0
    assert office.store.job(job).state == "done"  # there is nothing left to go on from
    assert interrupted() == {}


def test_a_store_that_fails_for_a_while_ends_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "STRAIN", 0.01)
    monkeypatch.setattr(supervisor, "TURN", 0.01)
    office.supervisor.linger = 0.05
    turns, turn = [0], office.supervisor._turn

    def failing(*given: Any) -> bool:
        turns[0] += 1
        if turns[0] < 4:
            raise UserError("the disk is full")
        return turn(*given)

    monkeypatch.setattr(office.supervisor, "_turn", failing)
    assert office.supervisor._until_idle(office.store)
    assert turns[0] > 4


def test_two_supervisors_one_refuses_and_a_job_at_the_last_moment_is_not_forgotten(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "TURN", 0.005)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    first = Supervisor(office.launch, linger=0.1)
    late: list[str] = []
    release = first.lock.release

    def released() -> None:
        release()
        if not late:
            late.append(office_add())

    def office_add() -> str:
        with Store() as store:
            return store.add(SPEC, "me", "cpu", 9, 9).id

    monkeypatch.setattr(first.lock, "release", released)
    serving = threading.Thread(target=first.serve)
    serving.start()
    while first.lock.descriptor < 0:
        time.sleep(0.001)
    with pytest.raises(UserError, match="have a supervisor already"):
        Supervisor(office.launch).serve()
    while not office.workers:
        time.sleep(0.01)
    office.end(late[0], state="done")
    serving.join(20)
    assert not serving.is_alive()
    assert [worker.words for worker in office.workers] == [(late[0],)]


def test_a_worker_that_finds_another_at_the_job_does_not_speak_for_it(office: Office) -> None:
    live = office.add(LIVE)
    office.turn()
    other = Lock(job_folder(live) / "lock")
    assert other.take()  # that of an earlier supervisor, not ended yet
    with Store() as store:
        assert sit(store, Link(store, live), live) == GONE
    office.end(live, GONE, pid=4_000_001)
    office.turn()
    assert (office.store.job(live).state, office.store.job(live).pid) == ("running", 4_000_001)
    other.release()
    assert office.turn() == [live]


def test_the_oldest_live_jobs_that_nobody_saved_are_forgotten(office: Office) -> None:
    old = [office.add(LIVE) for _ in range(5)]
    yours, train = office.add(LIVE, "you"), office.add()
    for k, each in enumerate([*old, yours, train]):
        office.store.update(each, state="stopped" if k % 2 else "failed", ended=100.0 - k)
        job_folder(each).mkdir(parents=True)
    office.store.update(old[4], bundle="digits/kept")
    office.store.say(old[3], "save", "soon")
    held = Lock(job_folder(old[2]) / "lock")
    assert held.take()
    new = office.add(LIVE)
    assert new in office.turn(live_kept=1)
    left = {job.id for job in office.store.jobs()}
    assert left == {old[4], old[3], old[2], old[0], yours, train, new}
    assert {each for each in [*old, yours, train] if job_folder(each).exists()} == left - {new}
    held.release()
    office.store.update(new, state="stopped", pid=None)
    again = office.add(LIVE)
    office.end(new)
    office.turn(live_kept=1)
    assert again in {job.id for job in office.store.jobs("running")}
    assert not {old[2], old[0]} <= {job.id for job in office.store.jobs()}
