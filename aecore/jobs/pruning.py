"""Recordings of live trainings that nobody wanted to keep: some of each owner stay, the oldest go."""

from __future__ import annotations

import shutil
from collections.abc import Container

from aecore.jobs.places import is_held, job_folder
from aecore.jobs.records import ENDED
from aecore.jobs.store import Store


def prune(store: Store, owner: str, most: int, saving: Container[str]) -> None:
    """Forgets the oldest live jobs of an owner that have ended, and their recordings.

    Args:
        store: Of all jobs.
        owner: Whose.
        most: How many stay, beside those of which a bundle was made.
        saving: Jobs of which a bundle is to be made; they stay, too.
    """
    ended = [
        job
        for job in store.jobs(*ENDED)
        if job.spec.kind == "live" and job.owner == owner and not job.bundle and job.id not in saving
    ]
    for job in sorted(ended, key=lambda job: job.ended or job.created)[: max(0, len(ended) - most)]:
        if not is_held(job_folder(job.id) / "lock") and store.remove(job.id, ENDED):
            shutil.rmtree(job_folder(job.id), ignore_errors=True)
