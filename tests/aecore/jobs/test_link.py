"""What a worker says when its supervisor is gone, and who may say it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

import pytest

from aecore.jobs import link
from aecore.jobs.link import Link
from aecore.jobs.places import Lock, job_folder
from aecore.jobs.store import Store
from tests.aecore.jobs.office import LIVE, Office


@pytest.mark.parametrize("sits", [True, False])
def test_only_who_holds_the_job_says_that_it_was_interrupted(
    office: Office, monkeypatch: pytest.MonkeyPatch, sits: bool
) -> None:
    ended = threading.Event()
    leave: Callable[[int], None] = lambda _: ended.set()  # noqa: E731
    monkeypatch.setattr(link, "GRACE", 0.0)
    monkeypatch.setattr(os, "_exit", leave)
    job = office.add(LIVE)
    office.store.update(job, state="running", pid=4_000_001)  # the sitting of the next supervisor, or ours
    held = Lock(job_folder(job) / "lock")
    reads, writes = os.pipe()
    with Store() as store:
        orphan = Link(store, job)
        orphan.sits = sits and held.take()
        orphan.watch(reads)
        os.close(writes)
        assert ended.wait(10)
    os.close(reads)
    held.release()
    found = office.store.job(job)
    assert (found.state, found.pid) == (("interrupted", None) if sits else ("running", 4_000_001))
