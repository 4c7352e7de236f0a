"""Starts ``aecore`` commands as processes that can be killed, without importing torch for each.

A server that has imported everything reads requests, a JSON object a line, from standard
input, and forks: the child runs the command as ``python -m aecore`` does. Maps are those
of PCA, for umap-learn compiles for fifteen seconds.
"""

from __future__ import annotations

import fcntl
import json
import os
import resource
import subprocess
import sys
import termios
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from aecore.cli import main
from tests.aecore.conftest import flat_maps

ROOT = Path(__file__).parents[3]


class Zygote:
    """The server, seen from a test."""

    def __init__(self) -> None:
        self.started = 0
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.aecore.cli.zygote"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def _ask(self, **request: Any) -> int:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def start(self, home: Path, *words: str, largest: int = 0) -> Command:
        """Starts ``aecore words``.

        Args:
            home: ``$AECORE_HOME``.
            words: Of the command.
            largest: Bytes that a file of its may have; 0 for any.
        """
        folder = home.parent / "output"
        folder.mkdir(exist_ok=True)
        self.started += 1
        stem = str(folder / str(self.started))
        asked = {"words": words, "home": str(home), "stem": stem, "largest": largest}
        return Command(self, self._ask(**asked), Path(stem + ".out"), Path(stem + ".err"))

    def wait(self, pid: int) -> int:
        """Exit status of a command; minus the signal that killed it."""
        return self._ask(wait=pid)

    def close(self) -> None:
        """Ends the server."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Command:
    """One command that was started."""

    def __init__(self, zygote: Zygote, pid: int, out: Path, err: Path) -> None:
        self.zygote, self.pid, self.out, self.err = zygote, pid, out, err

    def wait(self) -> int:
        """Its exit status."""
        return self.zygote.wait(self.pid)


def serve() -> None:
    """Reads requests until there are no more."""
    from aecore.runs import Run, complete

    with TemporaryDirectory() as folder:  # a whole training imports whatever trainings import
        config = complete({"variant": "vae", "data": "digits", "hidden": [1], "epochs": 1, "device": "cpu"})
        Run(config, Path(folder) / "digits" / "warm", None).train()
    for line in sys.stdin:
        request = json.loads(line)
        if "wait" in request:
            _, status = os.waitpid(request["wait"], 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
            continue
        child = os.fork()
        if not child:
            run(request)
        print(child, flush=True)


def run(request: dict[str, Any]) -> None:
    """In the child: the command, and the end."""
    os.setsid()
    status = 70
    try:
        for descriptor, path in enumerate((os.devnull, f"{request['stem']}.out", f"{request['stem']}.err")):
            opened = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            os.dup2(opened, descriptor)
            os.close(opened)
        os.environ["AECORE_HOME"] = request["home"]
        if request["largest"]:
            resource.setrlimit(resource.RLIMIT_FSIZE, (request["largest"], request["largest"]))
        status = main(request["words"])
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


@contextmanager
def with_flat_maps() -> Iterator[None]:
    """Makes UMAP and t-SNE give the PCA map."""
    with pytest.MonkeyPatch.context() as patch:
        flat_maps(patch)
        yield


def on_terminal(words: list[str]) -> int:
    """Runs one command on the terminal that is its standard input, as a shell would."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    return main(words)


if __name__ == "__main__":
    with with_flat_maps():
        if sys.argv[1:]:
            sys.exit(on_terminal(sys.argv[1:]))
        serve()
