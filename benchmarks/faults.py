"""kill -9 of worker, supervisor, server, and all of them, at random moments: what is lost?

The processes that people get: ``aecore app``, the supervisor that it or a terminal starts, and a worker for
each job. Three short trainings (digits, a VAE of 12 epochs, its maps and its export) wait or run at any time;
a round waits for a moment, kills, looks at store and bundles, resumes what was killed as its owner would, and
starts the server again. In the end every job comes to its end and every bundle is read to its last byte.
Corrupt bundles, lost runs and orphans (a worker that outlives its supervisor, or whatever is left at the end)
should be none; the command fails if there are any. Linux only.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from itertools import cycle
from pathlib import Path
from typing import IO, Any

from aecore.jobs import Spec, submit, supervisor
from benchmarks import report
from tests.aecore.jobs.faults import Siege
from tests.aecore.jobs.processes import alive
from tests.browser import live

ROLES = (("worker",), ("supervisor",), ("server",), ("worker", "supervisor", "server"))
TOKEN = "who-started-them"
EPOCHS = 12
TRAINING: dict[str, Any] = {
    "hidden": [8],
    "latent_dim": 2,
    "batch_size": 64,
    "device": "cpu",
    "epochs": EPOCHS,
}
AT_ONCE = 3  # jobs that wait or run
UP = 180.0  # seconds that a server may take to answer
SETTLED = 1800.0  # seconds that the rest of the queue may take
LINGER = 60.0  # seconds until a supervisor with nothing to do has gone


def processes(home: Path) -> dict[int, str]:
    """Role of each process that works in that folder: worker, supervisor, server or other."""
    found = {}
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"AECORE_HOME={home}".encode() in (place / "environ").read_bytes().split(b"\0"):
                words = (place / "cmdline").read_bytes().decode(errors="replace").split("\0")[1:-1]
                found[int(place.name)] = role_of(words)
    return {pid: role for pid, role in found.items() if alive(pid)}


def role_of(words: list[str]) -> str:
    """What a process does, by its arguments."""
    match words:
        case ["-m", "aecore.jobs.worker", *_]:
            return "worker"
        case ["-m", "aecore.jobs"]:
            return "supervisor"
        case ["-m", "streamlit" | "aecore", *_]:
            return "server"
    return "other"


class Real:
    """A server, and the supervisors and workers of one folder.

    Args:
        home: ``$AECORE_HOME`` of all of them, and of this process.
        log: Where the server says what it says.
    """

    def __init__(self, home: Path, log: IO[bytes]) -> None:
        self.home, self.log, self.port = home, log, live.free_port()
        self.server: subprocess.Popen[bytes] | None = None

    def pids(self, role: str) -> list[int]:
        return [pid for pid, its in processes(self.home).items() if its == role]

    def revive(self) -> None:
        if self.server and self.server.poll() is None:
            supervisor.wake()
            return
        self.server = subprocess.Popen(  # which wakes the queue itself
            live.app_command(self.port),
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, start_new_session=True,
        )  # fmt: skip
        end = time.monotonic() + UP
        while not live.is_up(f"http://127.0.0.1:{self.port}"):
            if self.server.poll() is not None or time.monotonic() > end:
                raise RuntimeError("the server does not come up again")
            time.sleep(0.05)

    def close(self) -> None:
        """Ends the server as a person does, and kills whatever else there is."""
        if self.server:
            live.stop(self.server)
        for pid in processes(self.home):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def measure(rounds: int, longest: float, seed: int) -> dict[str, Any]:
    """So many rounds, and what was found."""
    started, submitted = time.monotonic(), 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = Path(folder).resolve()
        os.environ["AECORE_HOME"] = str(home)
        with (home / "server.log").open("ab") as log:
            cast = Real(home, log)
            siege = Siege(cast, TOKEN, random.Random(seed), longest)
            try:
                cast.revive()
                turns = cycle(ROLES)
                while siege.tally.rounds < rounds:
                    while siege.open < AT_ONCE:
                        spec = Spec("vae", "digits", TRAINING, name=f"run-{submitted}")
                        siege.entrust(submit(spec, TOKEN), EPOCHS)
                        submitted += 1
                    siege.round(next(turns))
                    print(said(rounds, siege), file=sys.stderr, flush=True)
                siege.settle(SETTLED)
                if cast.server:
                    live.stop(cast.server)
                siege.remaining("worker", "supervisor", "server", "other", seconds=LINGER)
            finally:
                cast.close()
    found = siege.tally
    return {
        "rounds": found.rounds,
        "corrupt_bundles": len(found.corrupt),
        "lost_runs": len(found.lost),
        "orphans": len(found.orphans),
        "failed_runs": len(found.failed),
        "finished_runs": len(found.finished),
        "resumed": found.resumed,
        "killed": dict(found.killed),
        "details": {
            "corrupt": sorted(found.corrupt),
            "lost": sorted(found.lost),
            "failed": found.failed,
        },
        "seconds": round(time.monotonic() - started),
    }


def said(rounds: int, siege: Siege) -> str:
    """A line of progress."""
    tally = siege.tally
    killed = ", ".join(f"{times} × {role}" for role, times in sorted(tally.killed.items()))
    done = f"{len(tally.finished)} runs finished"
    return f"round {tally.rounds}/{rounds}: killed {killed or 'nobody'} so far; {done}"


def main() -> None:
    """Kill, count and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.faults", description=" ".join((__doc__ or "").split())
    )
    parser.add_argument("--rounds", type=int, default=50, help="how often somebody is killed (default: 50)")
    parser.add_argument(
        "--longest", type=float, default=15, help="seconds between two kills at most (default: 15)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the moments (default: 0)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    if not Path("/proc/self/environ").exists():
        sys.exit("This takes Linux: whose a process is, is read from /proc.")
    found = measure(options.rounds, options.longest, options.seed)
    if options.json:
        report.as_json({**found, "longest_s": options.longest, "seed": options.seed})
    else:
        report.as_table("kill -9", [{k: v for k, v in found.items() if isinstance(v, int)}])
    if any(found[name] for name in ("corrupt_bundles", "lost_runs", "orphans", "failed_runs")):
        sys.exit(1)


if __name__ == "__main__":
    main()
