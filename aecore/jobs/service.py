"""What pages and the command line ask of jobs."""

from __future__ import annotations

import secrets
import shutil
import sys
import threading
from dataclasses import replace
from importlib import import_module
from typing import Any

from aecore.bundles.files import remove_folder
from aecore.errors import DataMissing, UserError
from aecore.jobs import commands, spare, supervisor
from aecore.jobs.places import home, job_folder, owner_of, terminal_token
from aecore.jobs.recording import Recording
from aecore.jobs.records import ENDED, Command, Job, Spec, State
from aecore.jobs.settings import limits
from aecore.jobs.store import Store


class NotYours(UserError):
    """The job is somebody else's."""


WAKES = ("resume", "step", "restart")
"""Commands that bring a live job back which has no process."""


def submit(spec: Spec, token: str) -> str:
    """Queues a job, and sees to it that somebody runs the queue. Loads torch, to check what was asked for.

    Args:
        spec: What is to be trained.
        token: Of who starts it; only who has it can steer the job. Its sha256 is stored.

    Returns:
        The job's id.

    Raises:
        UserError: If an option does not fit, the data are not at hand, the name is taken, or as many jobs
            as may wait or run already do. Nothing has been queued then.
    """
    owner, settings = owner_of(token), limits(home())
    spec, device = _checked(spec)
    with Store() as store:
        if device == "auto":
            device = _least_busy(store)
        job = store.add(spec, owner, device, settings.overall, settings.per_owner)
    supervisor.wake()
    return job.id


def prepare() -> None:
    """Sees to it that a training begins at once: a worker waits for its job, and torch is being loaded here.

    Raises:
        UserError: If the user's folder cannot be written.
    """
    spare.ask()
    supervisor.wake()
    if "aecore.runs" not in sys.modules:  # what submit needs
        threading.Thread(target=import_module, args=("aecore.runs",)).start()


def _checked(spec: Spec) -> tuple[Spec, str]:
    """What can be trained, its options as numbers and names; and where, ``auto`` if several devices would do.

    Raises:
        UserError: If it cannot.
    """
    from aecore.data import list_datasets
    from aecore.runs import complete
    from aecore.training import available, resolve

    commands.read("stop", None, spec.kind)
    config = complete(spec.given)
    missing = next(info.why_missing for info in list_datasets() if info.name == config["data"])
    if missing:
        raise DataMissing(missing)
    if spec.name:
        refuse_name(config["data"], spec.name, spec.replace)
    several = config["device"] == "auto" and sum(name.startswith("cuda") for name in available()) > 1
    options = {name: config[name] for name in spec.options}
    checked = replace(spec, variant=config["variant"], data=config["data"], options=options)
    return checked, "auto" if several else resolve(config["device"])


def refuse_name(data: str, name: str, replace: bool = False) -> None:
    """Sees to it that a new bundle may be called so.

    Raises:
        UserError: If it does not do as a name, or, unless it may be replaced, a bundle or a run has it, or
            another job is to make one of that name.
    """
    from aecore.bundles import user_folder
    from aecore.runs.keeping import free_folder

    if replace:
        user_folder(data, name)
        return
    free_folder(data, name)
    with Store(reads=True) as store:
        store.refuse_name(data, name)


def _least_busy(store: Store) -> str:
    """The CUDA device for which the fewest jobs wait or run."""
    from aecore.training import available

    taken = [job.device for job in store.jobs("queued", "running", "interrupted")]
    return min((name for name in available() if name.startswith("cuda")), key=taken.count)


def jobs(*states: State) -> list[Job]:
    """Jobs in those states, or all, in the order of the queue."""
    with Store(reads=True) as store:
        return store.jobs(*states)


def job(id: str) -> Job:  # noqa: A002 (as the command line and the address call it)
    """One job.

    Raises:
        UserError: If there is none of that id.
    """
    with Store(reads=True) as store:
        return store.job(id)


def frames(id: str) -> Recording:  # noqa: A002
    """The recording of a job, which may still be growing; empty where there is none yet.

    Raises:
        UserError: If there is no job of that id.
    """
    return Recording(job_folder(job(id).id))


def watched(id: str) -> None:  # noqa: A002
    """Says that somebody looks at a job: a live one that nobody looks at stops. Every minute will do."""
    with Store() as store:
        store.look(id)


def command(id: str, token: str, name: str, value: Any = None) -> Command:  # noqa: A002
    """Says something to a job; see :mod:`aecore.jobs.commands` for what.

    Args:
        id: The job's.
        token: Of who started it, or the command line's.
        name, value: What.

    Returns:
        The command, to be asked about with ``answers``.

    Raises:
        UserError: If the token is another's, there is no such command, the value does not fit, the job is in
            no state for it, or it would wait again beside as many as may. Nothing has changed then.
    """
    with Store() as store:
        found = store.job(id)
        may(found, token)
        value = commands.read(name, value, found.spec.kind)
        _has_dial(found, name)
        said = _at_rest(store, found, name, value) or store.say(id, name, value)
    supervisor.wake()
    return said


def answers(id: str, after: int = 0) -> list[Command]:  # noqa: A002
    """What was said to a job after the command of that number, and what became of it."""
    with Store(reads=True) as store:
        return store.said(id, after=after)


def remove(id: str, token: str) -> None:  # noqa: A002
    """Forgets a job that has ended or waits: its recording, its log and its unfinished run, not its bundle.

    There is no way back: who offers one waits before calling this.

    Raises:
        UserError: If the token is another's, or the job is running.
    """
    with Store() as store:
        found = store.job(id)
        may(found, token)
        parked = found.state != "paused" or not found.pid
        if not (parked and store.remove(id, [*ENDED, "queued", "interrupted", "paused"])):
            raise UserError(f"Job {id} is running: stop it first.")
    shutil.rmtree(job_folder(id), ignore_errors=True)
    if found.run and found.state != "done":
        _forget_run(id)


def _forget_run(job: str) -> None:
    from aecore.runs import runs_root
    from aecore.runs.claim import Busy, Claim
    from aecore.runs.states import run_of

    if not (run := run_of(job)):
        return
    try:
        with Claim(runs_root() / run) as claim:
            remove_folder(claim.state)
    except Busy:  # somebody goes on with it at a terminal
        return


def may(found: Job, token: str) -> None:
    """Whether who has the token may steer the job.

    Raises:
        NotYours: If not.
    """
    owner = owner_of(token)
    if not any(secrets.compare_digest(owner, each) for each in (found.owner, owner_of(terminal_token()))):
        raise NotYours(
            f"Job {found.id} was started by somebody else, who alone can steer it; anybody may watch."
        )


def _has_dial(found: Job, name: str) -> None:
    """Whether a live job that has begun has what is to be turned.

    Raises:
        UserError: If not; it says what it has.
    """
    manifest = Recording(job_folder(found.id)).manifest
    if commands.WORDS[name].dial and manifest and name not in manifest.dials:
        raise UserError(
            f"{found.spec.variant} has no {name.replace('_', ' ')} to turn, but {', '.join(manifest.dials)}."
        )


def _at_rest(store: Store, found: Job, name: str, value: Any) -> Command | None:
    """Does what needs no worker where there is none; None where the worker is to be told.

    Raises:
        UserError: If the job is in no state for it, or as many jobs as may wait or run already do.
    """
    done = Command(0, found.id, name, value, "done")
    live, idle = found.spec.kind == "live", found.state in ("queued", "interrupted")
    parked = found.state in ENDED or (found.state == "paused" and not found.pid)
    if name == "stop":
        if idle or (parked and found.state == "paused"):
            if store.update(found.id, ["queued", "interrupted", "paused"], state="stopped", message=""):
                return done
        elif parked:
            raise UserError(f"Job {found.id} has ended: it is {found.state}.")
    elif name == "pause":
        if idle and store.update(found.id, ["queued", "interrupted"], state="paused", paused=live):
            return done
        if parked:
            raise UserError(f"Job {found.id} is {found.state}: there is nothing to pause.")
    elif name in WAKES and parked:
        if found.state == "done" and name != "restart":
            raise UserError(f"Job {found.id} is done: there is nothing to go on with.")
        settings = limits(home())
        changes = {"paused": name == "step", "message": "", "ended": None}
        store.again(found, settings.overall, settings.per_owner, **changes)
        return store.say(found.id, name, value) if name != "resume" else done
    elif name == "resume" and store.update(found.id, ["interrupted"], paused=False):
        return done  # whoever wakes the queue goes on with it
    elif found.state == "done" and name != "save":
        raise UserError(f"Job {found.id} is done: there is nothing to turn any more; restart begins again.")
    elif name == "resume" and not found.paused:
        raise UserError(f"Job {found.id} is {found.state}: there is nothing to resume.")
    return None
