"""Supervisors and workers as processes that can be killed, without importing torch for each.

A server that has imported everything forks a supervisor when asked; that supervisor forks its workers,
which do what ``python -m aecore.jobs.worker`` does. Maps are those of PCA.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, Any, NoReturn

from aecore.jobs import worker
from aecore.jobs.supervisor import Supervisor

ROOT = Path(__file__).parents[3]
PATIENCE = 240  # seconds after which a process is taken to hang


def until(ready: Callable[[], Any], every: float = 0.01) -> Any:
    """Waits for something that a process does; what it is."""
    end = time.monotonic() + PATIENCE
    while not (found := ready()):
        assert time.monotonic() < end
        time.sleep(every)
    return found


def alive(pid: int) -> bool:
    """Whether a process runs: one that has ended and that nobody has asked about does not."""
    try:
        os.kill(pid, 0)
        stat = Path(f"/proc/{pid}/stat")
        return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (OSError, IndexError):
        return False


class Forked:
    """A forked worker, as the supervisor sees it."""

    def __init__(self, spawner: Spawner, pid: int, pipe: int) -> None:
        self.spawner, self.pid = spawner, pid
        self.status: int | None = None
        self.stdin: IO[bytes] | None = os.fdopen(pipe, "wb")

    def poll(self) -> int | None:
        if self.status is None:
            self.status = self.spawner.ask({"poll": self.pid})
        return self.status

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)


def fork(log: Path, keep: int, act: Callable[[], int]) -> int:
    """A child that does something, in a session of its own and with no descriptor of ours but one."""
    log.parent.mkdir(parents=True, exist_ok=True)
    child = os.fork()
    if child:
        return child
    status = 70
    try:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        opened = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for descriptor in (1, 2):
            os.dup2(opened, descriptor)
        for descriptor in range(3, 200):
            if descriptor != keep:
                with suppress(OSError):
                    os.close(descriptor)
        status = act()
    except SystemExit as done:
        status = int(done.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


class Spawner:
    """A process that forks the workers of one supervisor, and ends with it.

    The supervisor cannot: SQLite must not be carried across a fork.
    """

    def __init__(self, home: Path) -> None:
        self.pids = home / "pids"
        self.ours, theirs = socket.socketpair()
        self.pid = fork(home / "supervisor.log", theirs.fileno(), lambda: self.serve(theirs))
        theirs.close()

    def ask(self, request: dict[str, Any], *descriptors: int) -> Any:
        """What the process answers."""
        socket.send_fds(self.ours, [json.dumps(request).encode()], descriptors)
        return json.loads(self.ours.recv(4096))

    def launch(self, words: Sequence[str], log: Path) -> Forked:
        """A worker; its process is noted, so that a test can see whether it is left behind."""
        theirs, ours = os.pipe()
        pid = self.ask({"words": words, "log": str(log)}, theirs)
        os.close(theirs)
        with self.pids.open("a") as file:
            file.write(f"{pid}\n")
        return Forked(self, pid, ours)

    def serve(self, theirs: socket.socket) -> int:
        """In the process: requests, until the supervisor is gone."""
        while True:
            data, descriptors, _, _ = socket.recv_fds(theirs, 65536, 1)
            if not data:
                return 0
            request = json.loads(data)
            if "poll" in request:
                ended, status = os.waitpid(request["poll"], os.WNOHANG)
                answer = os.waitstatus_to_exitcode(status) if ended else None
            else:
                (pipe,), words = descriptors, request["words"]
                answer = fork(
                    Path(request["log"]), pipe, partial(worker.main, words[0], int((*words, 0)[1]), pipe)
                )
                os.close(pipe)
            theirs.send(json.dumps(answer).encode())


def supervise(home: str, largest: int) -> int:
    """In the child: a supervisor, to its end."""
    os.environ["AECORE_HOME"] = home
    if largest:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
    Supervisor(Spawner(Path(home)).launch, linger=1.5).serve()
    return 0


class Nursery:
    """The server, seen from a test."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.aecore.jobs.processes"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.supervisors: list[int] = []

    def start(self, home: Path, largest: int = 0) -> int:
        """Starts a supervisor; its process.

        Args:
            home: ``$AECORE_HOME``.
            largest: Bytes that a file of its workers may have; 0 for any.
        """
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps({"home": str(home), "largest": largest}) + "\n")
        self.process.stdin.flush()
        self.supervisors.append(int(self.process.stdout.readline()))
        return self.supervisors[-1]

    def clear(self, home: Path) -> None:
        """Kills what a test has left."""
        for pid in (*self.supervisors, *workers(home)):
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        self.supervisors.clear()

    def close(self) -> None:
        """Ends the server."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def workers(home: Path) -> list[int]:
    """Every worker that was ever started."""
    file = home / "pids"
    return list(map(int, file.read_text().split())) if file.exists() else []


def serve() -> NoReturn:
    """Reads requests until there are no more."""
    from tempfile import TemporaryDirectory

    import aecore.jobs.live
    import aecore.jobs.saving
    import aecore.jobs.training  # noqa: F401
    from aecore.runs import Run, complete

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how a supervisor ended
    with TemporaryDirectory() as folder:  # a whole training imports whatever trainings import
        config = complete({"variant": "vae", "data": "digits", "hidden": [1], "epochs": 1, "device": "cpu"})
        Run(config, Path(folder) / "digits" / "warm", None).train()
    for line in sys.stdin:
        request = json.loads(line)

        def act(asked: dict[str, Any] = request) -> int:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            return supervise(asked["home"], asked["largest"])

        print(fork(Path(request["home"]) / "supervisor.log", -1, act), flush=True)
    sys.exit()


if __name__ == "__main__":
    from tests.aecore.cli.zygote import with_flat_maps

    with with_flat_maps():
        serve()
