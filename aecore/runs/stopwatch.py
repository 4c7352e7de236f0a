"""A process beside this one in which trainings are timed, and devices looked at.

It has loaded PyTorch and waits; each question is answered by a fork of it, so that what a training does
to memory and devices is gone with the answer, and one that dies takes nobody along. It ends when nobody has
asked for a while, or when whoever started it has ended.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from importlib import import_module
from typing import Any

from aecore.errors import UserError
from aecore.processes import environment

PATIENCE = 60.0  # seconds that an answer may take, PyTorch loaded
LOADING = 300.0  # until PyTorch is loaded, on however busy a machine
IDLE = 180.0  # seconds until a process that nobody asks ends
BROKEN = "It ends before its first steps are done, as when memory runs out: make it smaller."


class Stopwatch:
    """Asks that process, which is started where there is none. May be used by any thread.

    Args:
        patience: Seconds that an answer may take.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self.patience = patience
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def cost(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """What a training of a complete configuration takes: an :class:`aecore.runs.estimate.Cost`.

        Raises:
            UserError: If it cannot begin, or its first steps take longer than the patience lasts.
        """
        found: dict[str, Any] = self._ask({"cost": dict(config)})
        return found

    def devices(self) -> list[dict[str, Any]]:
        """Where a training can run: each an :class:`aecore.runs.estimate.Device`."""
        found: list[dict[str, Any]] = self._ask({"devices": None})
        return found

    def close(self) -> None:
        """Ends the process."""
        with self._lock:
            self._end()

    def _ask(self, question: dict[str, Any]) -> Any:
        with self._lock:
            answer = self._asked_once(question) or self._asked_once(question)  # it may have died meanwhile
        if answer is None:
            raise UserError("The process that times trainings does not start; the log says more.")
        if "refused" in answer:
            raise UserError(answer["refused"])
        return answer["answer"]

    def _asked_once(self, question: dict[str, Any]) -> dict[str, Any] | None:
        """The answer; None if the process has ended instead."""
        process = self._started()
        assert process.stdin
        try:
            process.stdin.write(json.dumps(question).encode() + b"\n")
            process.stdin.flush()
            answer = self._answer(process)
        except BrokenPipeError:
            answer = None
        if answer is None:
            self._end()
        return answer

    def _answer(self, process: subprocess.Popen[bytes]) -> dict[str, Any] | None:
        """What it says; None if it has ended instead.

        Raises:
            UserError: If it takes too long.
        """
        assert process.stdout
        if not select.select([process.stdout], [], [], self.patience)[0]:
            self._end()
            raise UserError(
                f"Its first steps take longer than {self.patience:.0f} s: a smaller network takes less."
            )
        line = process.stdout.readline()
        answer: dict[str, Any] | None = json.loads(line) if line else None
        return answer

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process and self._process.poll() is not None:
            self._end()
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "aecore.runs.stopwatch"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                start_new_session=True, env=environment(), bufsize=0,
            )  # fmt: skip
            assert self._process.stdout
            if select.select([self._process.stdout], [], [], LOADING)[0]:
                self._process.stdout.readline()  # it is ready, or has ended
        return self._process

    def _end(self) -> None:
        if (process := self._process) is None:
            return
        self._process = None
        if process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()
        process.wait()


def answer(question: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a question, or why there is none."""
    from aecore.runs import estimate

    try:
        if "cost" in question:
            return {"answer": asdict(estimate.cost(question["cost"]))}
        return {"answer": [asdict(each) for each in estimate.devices()]}
    except UserError as error:
        return {"refused": str(error)}
    except Exception as error:
        traceback.print_exc()
        return {"refused": f"It cannot be timed ({type(error).__name__}: {error})."}


def main() -> None:
    """Answers one line after the other."""
    out = os.dup(1)
    os.dup2(2, 1)  # what libraries print is no answer
    _load()
    os.write(out, b"ready\n")
    while select.select([sys.stdin], [], [], IDLE)[0] and (line := sys.stdin.readline()):
        if sys.platform != "linux":  # what follows a fork there cannot use its GPU
            os.write(out, _line(answer(json.loads(line))))
            return
        if not (child := os.fork()):
            os.write(out, _line(answer(json.loads(line))))
            os._exit(0)
        if os.waitpid(child, 0)[1]:
            os.write(out, _line({"refused": BROKEN}))


def _load() -> None:
    """Loads what each fork would load else, for seconds; an optimiser brings half of PyTorch along."""
    import torch

    for name in ("sklearn.datasets", "aecore.runs.estimate"):
        import_module(name)
    torch.optim.Adam([torch.zeros(1)])


def _line(said: dict[str, Any]) -> bytes:
    return json.dumps(said).encode() + b"\n"


if __name__ == "__main__":
    main()
