"""What who started a job does with the bundle it has made. Loads torch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from aecore.bundles import Bundle
from aecore.errors import UserError
from aecore.jobs.records import Job
from aecore.jobs.service import may
from aecore.jobs.store import Store
from aecore.runs import keeping


def change(id: str, token: str, name: str, note: str) -> Bundle:  # noqa: A002 (as the address calls it)
    """Gives it a name, without the data set's, and a note.

    Raises:
        UserError: If the token is another's, the job has made none, or name or note do not do.
    """
    with _made(id, token) as (store, job):

        def tell(bundle: str) -> None:
            store.update(id, bundle=bundle, run=bundle if job.run else "")

        return keeping.change(job.bundle, name, note, id, tell)


def discard(id: str, token: str) -> None:  # noqa: A002
    """Puts it into the bin.

    Raises:
        UserError: If the token is another's, or the job has made none.
    """
    with _made(id, token) as (_, job):
        keeping.discard(job.bundle, id)


def restore(id: str, token: str) -> Bundle:  # noqa: A002
    """Brings it back.

    Raises:
        UserError: If the token is another's, it is not in the bin, or its name is taken by now.
    """
    with _made(id, token) as (_, job):
        return keeping.restore(job.bundle, id)


@contextmanager
def _made(id: str, token: str) -> Iterator[tuple[Store, Job]]:  # noqa: A002
    with Store() as store:
        job = store.job(id)
        may(job, token)
        if not job.bundle:
            raise UserError(f"Job {id} has made no bundle yet.")
        yield store, job
