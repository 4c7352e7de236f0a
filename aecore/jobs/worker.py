"""The process of one job: ``python -m aecore.jobs.worker JOB [COMMAND]``, started by the supervisor.

With an empty JOB it gets ready and waits to be told one; see :mod:`aecore.jobs.spare`.

It ends with its job, and within ten seconds of its supervisor: the pipe that is its standard input is
held open by the supervisor alone. With the number of a ``save`` it makes that bundle and nothing else.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import time
import traceback
from contextlib import suppress

from aecore.errors import UserError
from aecore.jobs.link import GONE, Link
from aecore.jobs.places import Lock, home, job_folder
from aecore.jobs.records import WAITING
from aecore.jobs.settings import limits
from aecore.jobs.spare import stand_by
from aecore.jobs.store import Store, Unwritable

PATIENCE = 60.0  # seconds that a result waits for room in the store


def main(job: str, number: int = 0, pipe: int = 0) -> int:
    """Does what there is to do for a job.

    Args:
        job: Its id; empty to get everything ready and be told on the pipe.
        number: Of the ``save`` to do; 0 for the training itself.
        pipe: Descriptor whose end is the supervisor's.

    Returns:
        Exit status: 0, 1 where the job's message says what was wrong, or ``GONE`` where another sits.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started the supervisor
    if not job and not (job := stand_by(pipe, rehearse)):
        return 0
    with Store() as store:
        link = Link(store, job)
        link.watch(pipe)
        signal.signal(signal.SIGTERM, lambda *_: link.gone.set())
        return save(store, job, number) if number else sit(store, link, job)


def rehearse() -> None:
    """One step on the CPU that nobody sees: with it all is loaded that trainings need, but for a GPU's own.

    What fails here fails again where it matters, and is said there.
    """
    with suppress(Exception):
        import aecore.jobs.live  # noqa: F401 (what sit needs)
        from aecore.runs import Run, complete

        config = complete({"variant": "vae", "data": "digits", "device": "cpu"})
        next(iter(Run(config, job_folder("none"), None).fit))


def sit(store: Store, link: Link, job: str) -> int:
    """One sitting of a job, from where it stands to wherever it gets."""
    held = Lock(job_folder(job) / "lock")
    if not held.take():
        return GONE  # another process is at it, and says what becomes of the job
    link.sits = True
    asked = store.job(job)
    state, message, bundle = "failed", "", ""
    link.tell(pid=os.getpid())
    try:
        from aecore.jobs.live import Live
        from aecore.jobs.training import train

        settings = limits(home())
        outcome = (
            Live(asked, link, settings).train() if asked.spec.kind == "live" else train(asked, link, settings)
        )
        state, message, bundle = outcome.state, outcome.message, outcome.bundle
    except UserError as error:
        message = f"{error}{wanted(error)}"
    except Exception as error:
        traceback.print_exc()
        message = f"{type(error).__name__}: {str(error).partition(chr(10))[0]} (the log has more)."
    ended = None if state in (*WAITING, "paused") else time.time()
    changes: dict[str, object] = {"state": state, "message": message, "ended": ended, "pid": None}
    insist(store, link, job, changes | ({"bundle": bundle} if bundle else {}))
    held.release()
    return int(state == "failed")


def insist(store: Store, link: Link, job: str, changes: dict[str, object]) -> None:
    """Writes how a sitting ended, waiting for room in the store if need be."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            for command in store.said(job, "waiting"):
                if command.name != "save" and changes["ended"]:
                    link.answer(command, "The job had ended.")
            store.update(job, ["running", "paused"], **changes)
            return
        except Unwritable:
            if time.monotonic() > end or link.gone.is_set():
                raise
            time.sleep(0.5)


def wanted(error: UserError) -> str:
    """How much memory was asked for in vain, as a sentence, where the allocator said it."""
    said = re.search(r"(?:tried|unable) to allocate ([\d.]+) (\w+)", str(error.__cause__), re.IGNORECASE)
    if not said:
        return ""
    much = f"{float(said[1]) / 1e9:,.1f} GB" if said[2] == "bytes" else f"{said[1]} {said[2]}"
    return f" It asked for {much} more."


def save(store: Store, job: str, number: int) -> int:
    """Makes a bundle of a live training's weights, and says so."""
    command = next(each for each in store.said(job) if each.number == number)
    try:
        from aecore.jobs.saving import save as make

        bundle = make(store.job(job), command)
    except UserError as error:
        store.answer(number, "refused", f"{error}{wanted(error)}")
        return 1
    except Exception as error:
        traceback.print_exc()
        store.answer(number, "refused", f"{type(error).__name__}: {error} (the log has more).")
        return 1
    store.answer(number, "done", bundle)
    with suppress(UserError):
        store.update(job, bundle=bundle)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]) if sys.argv[2:] else 0))
