"""Runs scripts where there is no Loupe: an isolated Python in an empty folder.

A server that has imported what scripts need, and has made sure that ``aecore`` cannot be imported, forks
for each script, so that PyTorch is imported once and not for each of them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SERVER = """
import importlib.util, json, os, runpy, sys

sys.path[:] = [path for path in sys.path if not os.path.isdir(os.path.join(path, "aecore"))]
import torch
from sklearn import datasets
torch.set_num_threads(1)
weight = torch.zeros(1, requires_grad=True)
torch.optim.Adam([weight]).zero_grad()
print(sys.flags.isolated, importlib.util.find_spec("aecore"), "aecore" in sys.modules, flush=True)
for line in sys.stdin:
    script, output, folder = json.loads(line)
    child = os.fork()
    if not child:
        status = 1
        try:
            os.chdir(folder)
            for descriptor in (1, 2):
                os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND), descriptor)
            runpy.run_path(script, run_name="__main__")
            status = 0
        except BaseException:
            import traceback
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Alone:
    """The server, seen from a test.

    Args:
        folder: An empty one, in which it is started.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.count = folder, 0
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-c", SERVER],
            cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout
        self.said = self.process.stdout.readline().split()

    def run(self, script: str) -> str:
        """What a script prints.

        Raises:
            AssertionError: If it fails; with what it said.
        """
        assert self.process.stdin
        assert self.process.stdout
        self.count += 1
        empty = self.folder / str(self.count)
        empty.mkdir()
        path, output = empty.with_suffix(".py"), empty.with_suffix(".txt")
        path.write_text(script, encoding="utf-8")
        self.process.stdin.write(json.dumps([str(path), str(output), str(empty)]) + "\n")
        self.process.stdin.flush()
        status = int(self.process.stdout.readline())
        said = output.read_text(encoding="utf-8")
        assert status == 0, said
        return said

    def close(self) -> None:
        """Ends the server."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
