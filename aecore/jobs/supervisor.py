"""The one process that starts workers, sees them die, and ends by itself when nothing is to do.

``python -m aecore.jobs``, started by whoever submits a job. It holds ``jobs.lock`` in the
user's folder; a second one refuses.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence

from aecore.bundles import open_bundle
from aecore.bundles.files import current
from aecore.errors import UserError
from aecore.jobs.link import GONE, GRACE, interrupt
from aecore.jobs.places import Lock, home, is_held, job_folder
from aecore.jobs.process import Launch, Process, close, launch
from aecore.jobs.pruning import prune
from aecore.jobs.records import ENDED, WAITING, Job
from aecore.jobs.settings import Limits, limits
from aecore.jobs.spare import Spare, is_wanted
from aecore.jobs.store import Store
from aecore.processes import environment

LINGER = 30.0  # seconds without anything to do until it ends
TURN = 0.1  # seconds between two looks
STRAIN = 1.0  # the same, while the store cannot be used


class Supervisor:
    """Starts jobs in the order of the queue, as many at once as the limits allow.

    Args:
        launch: Starts a worker.
        linger: Seconds without anything to do until it ends.
    """

    def __init__(self, launch: Launch = launch, linger: float = LINGER) -> None:
        self.launch, self.linger = launch, linger
        self.lock = Lock(home() / "jobs.lock")
        self.running: dict[str, tuple[Job, Process]] = {}
        self.saving: tuple[str, int, Process] | None = None
        self.spare = Spare(launch)
        self.ending = False

    def serve(self) -> None:
        """Until nothing is to do, or it is told to end.

        Raises:
            UserError: If another process supervises these jobs.
        """
        if not self.lock.take():
            raise UserError(f"The jobs in {home()} have a supervisor already.")
        signal.signal(signal.SIGTERM, lambda *_: setattr(self, "ending", True))
        try:
            with Store() as store:
                while self._until_idle(store):
                    self.lock.release()
                    if self.ending or not pending(store) or not self.lock.take():
                        break  # a job that came just now is ours, or another supervisor's
        finally:
            self._let_go()
            self.lock.release()

    def _until_idle(self, store: Store) -> bool:
        """Works; False where it was told to end."""
        busy = time.monotonic()
        while not self.ending:
            try:
                settings = limits(home())
            except UserError as error:
                print(error, file=sys.stderr, flush=True)
                settings = Limits()
            try:
                if self._turn(store, settings):
                    busy = time.monotonic()
                elif time.monotonic() - busy > self.linger:
                    return True
                time.sleep(TURN)
            except UserError as error:  # a full disk passes, and jobs that run are to go on
                print(error, file=sys.stderr, flush=True)
                time.sleep(STRAIN)
        return False

    def _turn(self, store: Store, settings: Limits) -> bool:
        """One look at everything; whether anything is to do."""
        self._reap(store)
        others = [job for job in store.jobs("running", "paused", *WAITING) if job.id not in self.running]
        orphans = [job for job in others if is_held(job_folder(job.id) / "lock")]
        for job in others:
            if job not in orphans and job.state not in WAITING:
                self._orphaned(store, job)
        for job in self._next(store.jobs(*WAITING), orphans, settings):
            self._start(store, job)
            if job.spec.kind == "live":
                prune(store, job.owner, settings.live_kept, {each.id for each, _ in saves(store)})
        self._save(store)
        self.spare.keep()
        return bool(self.running or self.saving or pending(store))

    def _next(self, waiting: Sequence[Job], orphans: Sequence[Job], settings: Limits) -> list[Job]:
        """Those of the queue that may start now, beside ours and what others' workers have not yet ended."""
        here = [*(job for job, _ in self.running.values()), *orphans]
        devices = Counter(job.device for job in here if job.spec.kind == "train")
        live = Counter(job.owner for job in here if job.spec.kind == "live")
        chosen = []
        for job in waiting:
            if any(job.id == each.id for each in here):
                continue  # its last sitting is just ending
            if job.spec.kind == "train":
                free = devices[job.device] < settings.per_device
                devices[job.device] += free
            else:
                free = live.total() < settings.live and live[job.owner] < settings.live_per_owner
                live[job.owner] += free
            if free:
                chosen.append(job)
        return chosen

    def _start(self, store: Store, job: Job) -> None:
        if job.state == "interrupted" and self._finished(store, job):
            return
        if not store.update(
            job.id, WAITING, state="running", started=time.time(), ended=None, message="Getting ready."
        ):
            return  # stopped just now
        folder = job_folder(job.id)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            process = self.spare.take(job.id) or self.launch([job.id], folder / "log")
        except OSError as error:
            message = f"It cannot start: {error.strerror}."
            store.update(job.id, state="failed", ended=time.time(), message=message)
            return
        self.running[job.id] = (job, process)

    def _reap(self, store: Store) -> None:
        """Sees who has ended, and says why where they could not."""
        for key, (_, process) in list(self.running.items()):
            if (status := process.poll()) is None:
                continue
            job = store.find(key)
            if job and (job.state == "running" or (job.state == "paused" and job.pid)):
                if status == GONE:
                    if not is_held(job_folder(key) / "lock"):  # or another process sits, and will say
                        interrupt(store, key)
                elif not self._finished(store, job):
                    message = why(status)
                    store.update(key, state="failed", ended=time.time(), pid=None, message=message)
            close(process)
            del self.running[key]

    def _orphaned(self, store: Store, job: Job) -> None:
        """A job whose worker went with an earlier supervisor."""
        if job.state == "running" and self._finished(store, job):
            return
        if job.state == "running" or job.pid is not None:
            interrupt(store, job.id)

    def _finished(self, store: Store, job: Job) -> bool:
        """Whether its bundle was written before its worker could say so; says it now."""
        if job.spec.kind == "live" or not job.run:
            return False
        try:
            made = open_bundle(job.run).card.job == job.id
        except UserError:  # there is none
            return False
        if not made or current(home() / "runs" / job.run).exists():
            return False
        store.update(job.id, state="done", bundle=job.run, pid=None, ended=time.time(), message="")
        return True

    def _save(self, store: Store) -> None:
        """One at a time: measuring and mapping take every core there is."""
        if self.saving:
            _, number, process = self.saving
            if (status := process.poll()) is None:
                return
            if any(each.number == number for each in store.said("", "waiting", "ready")):
                store.answer(number, "refused", why(status))
            close(process)
            self.saving = None
        for job, number in saves(store)[:1]:
            try:
                process = self.launch([job.id, str(number)], job_folder(job.id) / "log")
            except OSError as error:
                store.answer(number, "refused", f"It cannot start: {error.strerror}.")
            else:
                self.saving = (job.id, number, process)

    def _let_go(self) -> None:
        """Closes the pipes, so that workers put their state aside and end; kills those that do not."""
        self.spare.let_go()
        left = [process for _, process in self.running.values()]
        left += [self.saving[2]] if self.saving else []
        for process in left:
            close(process)
        end = time.monotonic() + GRACE + 2
        while any(process.poll() is None for process in left) and time.monotonic() < end:
            time.sleep(0.05)
        for process in left:
            if process.poll() is None:
                process.kill()
                process.poll()


def pending(store: Store) -> bool:
    """Whether there is anything for a supervisor to do."""
    return is_wanted() or bool(store.jobs(*WAITING, "running") or saves(store))


def saves(store: Store) -> list[tuple[Job, int]]:
    """Bundles to be made: those whose weights are put aside, and those of jobs that have ended."""
    found = []
    for command in store.said("", "waiting", "ready"):
        job = store.find(command.job) if command.name == "save" else None
        if job and (
            command.state == "ready" or job.state in ENDED or (job.state == "paused" and not job.pid)
        ):
            found.append((job, command.number))
    return found


def why(status: int) -> str:
    """Why a worker died, as a sentence, by its exit status: minus the signal that ended it."""
    if status == -signal.SIGKILL:
        return (
            "Its process was killed, as the system does when memory runs out: a smaller --batch-size, "
            "--hidden or --channels needs less. Resume goes on from the last stored epoch."
        )
    if status < 0:
        name = signal.Signals(-status).name
        return f"Its process crashed ({name}). Resume goes on from the last stored epoch."
    return f"Its process ended with status {status}; its log says more."


def wake() -> bool:
    """Starts a supervisor, detached from this process, if something waits for one; whether it did.

    Raises:
        UserError: If the store cannot be read.
    """
    if is_held(home() / "jobs.lock"):
        return False
    with Store(reads=True) as store:
        waits = pending(store)
    if waits:
        start()
    return waits


def start() -> None:
    """Starts a supervisor that outlives this process; where there is one already it ends at once."""
    log = home() / "jobs" / "log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        subprocess.run(  # a shell in between, so that it is nobody's child
            ["/bin/sh", "-c", '"$@" &', "sh", sys.executable, "-m", "aecore.jobs"],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            env=environment(), check=True,
        )  # fmt: skip
