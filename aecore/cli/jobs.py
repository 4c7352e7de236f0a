"""``aecore jobs``: trainings that wait, run and have ended, those of pages and of terminals alike."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from aecore import jobs
from aecore.cli import train
from aecore.cli.bar import clock
from aecore.cli.parser import Parser
from aecore.cli.printing import print_json, print_table
from aecore.errors import UserError
from aecore.jobs import Job, Spec

EPILOG = """examples:
  aecore jobs start --variant vae --data mnist    queue a training, as `aecore train` would do it
  aecore jobs list                                what waits, runs and has ended
  aecore jobs show 1f03c9d2aa                     one of them in full
  aecore jobs stop 1f03c9d2aa                     end it; the best epoch so far is kept

Jobs run in processes of their own: closing the terminal, or the page, ends none."""
SAID = {
    "stop": "end a job; what it has learned so far is kept",
    "pause": "let a job wait; a training frees its device and goes on from its last whole epoch",
    "resume": "let a job go on that was paused, stopped or has failed",
}


def add(commands: Any, words: Sequence[str]) -> None:
    """Adds the command and its own commands."""
    parser = commands.add_parser(
        "jobs",
        help="queue, list, stop and resume trainings",
        description="Trainings in worker processes: one at a time on each device, in the order of the queue.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, does=listed, json=False)
    own = parser.add_subparsers(metavar="COMMAND", parser_class=Parser)
    every = own.add_parser("list", help="what waits, runs and has ended")
    every.add_argument("--json", action="store_true", help="print a JSON list")
    every.set_defaults(does=listed)
    one = own.add_parser("show", help="one job in full")
    one.add_argument("id", metavar="ID", help="as `aecore jobs list` shows it")
    one.add_argument("--json", action="store_true", help="print one JSON object")
    one.set_defaults(does=shown)
    for name, text in SAID.items():
        told = own.add_parser(name, help=text, description=text.capitalize() + ".")
        told.add_argument("id", metavar="ID", help="as `aecore jobs list` shows it")
        told.set_defaults(does=tell, command=name)
    gone = own.add_parser("remove", help="forget a job that has ended, its recording and its log")
    gone.add_argument("id", metavar="ID", help="as `aecore jobs list` shows it")
    gone.set_defaults(does=removed)
    started = own.add_parser("start", help="queue a training", description="Queue a training.")
    started.add_argument("--live", action="store_true", help="train until stopped, to be watched and steered")
    started.add_argument("--json", action="store_true", help="print the job as one JSON object")
    started.add_argument("--variant", help="what to train; `aecore list --variants` lists them")
    started.add_argument("--data", help="what to train on; `aecore list --datasets` lists them")
    started.add_argument("--name", default="", help="what to call the bundle [made of variant and dimension]")
    started.add_argument("--replace", action="store_true", help="replace a bundle of that name")
    if words[:2] == ["jobs", "start"]:
        train.add_options(started, words[2:])
    started.set_defaults(does=start)


def run(arguments: argparse.Namespace) -> None:
    """Does what was asked of the jobs."""
    arguments.does(arguments)


def listed(arguments: argparse.Namespace) -> None:
    """Prints every job, the oldest first."""
    found = jobs.jobs()
    if arguments.json:
        print_json([as_json(job) for job in found])
        return
    if not found:
        print("No jobs. Queue one: aecore jobs start --variant vae --data digits")
        return
    columns = ("id", "state", "variant", "data", "device", "progress", "note")
    rows = [
        (job.id, job.state, named(job), job.spec.data, job.device, progress(job), note(job)) for job in found
    ]
    print_table("Jobs", columns, rows, kept=("state", "variant", "data", "device", "progress"))


def shown(arguments: argparse.Namespace) -> None:
    """Prints one job."""
    job = jobs.job(arguments.id)
    if arguments.json:
        print_json(as_json(job))
        return
    facts = {
        "job": job.id,
        "state": job.state,
        "kind": {"train": "training", "live": "live training"}[job.spec.kind],
        "variant": job.spec.variant,
        "data": job.spec.data,
        "options": " ".join(f"{key}={value}" for key, value in job.spec.options.items()),
        "device": job.device,
        "created": when(job.created),
        "started": when(job.started),
        "ended": when(job.ended),
        "progress": progress(job),
        "losses": losses(job),
        "note": job.message,
        "bundle": job.bundle,
        "log": str(jobs.job_folder(job.id) / "log"),
    }
    width = max(map(len, facts))
    for name, value in facts.items():
        if value:
            print(f"{name:<{width}}  {value}")


def tell(arguments: argparse.Namespace) -> None:
    """Says one word to a job."""
    jobs.command(arguments.id, jobs.terminal_token(), arguments.command)
    done = {"stop": "is stopping", "pause": "is pausing", "resume": "goes on when its turn comes"}
    job = jobs.job(arguments.id)
    ended = {"stop": "is stopped", "pause": "is paused"}.get(arguments.command)
    said = ended if ended and job.state in ("stopped", "paused") else done[arguments.command]
    print(f"Job {arguments.id} {said}.")


def removed(arguments: argparse.Namespace) -> None:
    """Forgets a job."""
    jobs.remove(arguments.id, jobs.terminal_token())
    print(f"Job {arguments.id} is removed. A bundle that it has made stays.")


def start(arguments: argparse.Namespace) -> None:
    """Queues a training."""
    for name in ("variant", "data"):
        if not getattr(arguments, name):
            raise UserError(f"--{name} is missing, as in: aecore jobs start --variant vae --data digits")
    spec = Spec(
        variant=arguments.variant,
        data=arguments.data,
        options=train.given(arguments),
        kind="live" if arguments.live else "train",
        name=arguments.name,
        replace=arguments.replace,
    )
    job = jobs.job(jobs.submit(spec, jobs.terminal_token()))
    if arguments.json:
        print_json(as_json(job))
        return
    waiting = sum(each.state == "queued" and each.id != job.id for each in jobs.jobs())
    place = f", {waiting} before it" if waiting else ""
    print(f"Job {job.id} is queued on {job.device}{place}. Look at it: aecore jobs show {job.id}")


def as_json(job: Job) -> dict[str, object]:
    """A job as JSON; whose it is is nobody's business."""
    return {name: value for name, value in asdict(job).items() if name not in ("owner", "looks")}


def named(job: Job) -> str:
    """Its variant, and what it is to be called."""
    name = job.spec.name or job.run.partition("/")[2]
    kind = " (live)" if job.spec.kind == "live" else ""
    return f"{job.spec.variant}{f' as {name}' if name else ''}{kind}"


def progress(job: Job) -> str:
    """How far it is, in epochs; while it runs, how long it takes yet."""
    if not (at := job.standing):
        return ""
    if job.spec.kind == "live":
        return f"step {at.step:,}"
    left = f", {clock(at.seconds_left)} left" if job.state == "running" and at.step < at.steps else ""
    return f"epoch {at.epoch} of {at.epochs}{left}"


def losses(job: Job) -> str:
    """The terms of its loss, how fast it is, and its learning rate."""
    if not (at := job.standing):
        return ""
    terms = [f"{name} {value:.4g}" for name, value in at.terms.items()]
    return " · ".join([*terms, f"{at.examples_per_s:,.0f} examples/s", f"learning rate {at.lr:.3g}"])


def note(job: Job) -> str:
    """What became of it."""
    return job.message or job.bundle


def when(moment: float | None) -> str:
    """A moment in the local time."""
    return "" if moment is None else time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))
