"""Trainings as processes: killed, stopped from a terminal, two at a time, on a disk that is full."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import random
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aecore.bundles import damaged, list_bundles, open_bundle
from aecore.bundles.files import current
from aecore.cli import main
from aecore.runs import interrupted
from tests.aecore.cli.zygote import ROOT, Command, Zygote

SMALL = ("--variant", "vae", "--data", "digits", "--hidden", "8", "--latent-dim", "3", "--device", "cpu")
LONG = (*SMALL, "--epochs", "100000")
PATIENCE = 100  # seconds after which a process is taken to hang


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    server = Zygote()
    yield server
    server.close()


def until(ready: Callable[[], Any]) -> None:
    """Waits for something that a command does."""
    end = time.monotonic() + PATIENCE
    while not ready():
        assert time.monotonic() < end
        time.sleep(0.002)


def until_said(any_of: tuple[str, ...], command: Command) -> None:
    """Waits for words on its standard error."""
    until(lambda: command.err.exists() and any(each in command.err.read_text() for each in any_of))


def yours() -> dict[str, Path]:
    return {each.id: each.path for each in list_bundles() if not each.shipped}


def test_killed_at_any_moment_nothing_is_corrupt_and_resuming_ends_the_same(
    zygote: Zygote, own_home: Path
) -> None:
    options = (*SMALL, "--epochs", "30")
    assert zygote.start(own_home, "train", *options, "--name", "whole").wait() == 0
    moments = random.Random(0)
    command = zygote.start(own_home, "train", *options, "--name", "killed")
    state = own_home / "runs" / "digits" / "killed" / "run.json"
    until(state.exists)
    for _ in range(8):
        time.sleep(moments.uniform(0, 0.15))
        os.kill(command.pid, signal.SIGKILL)
        if command.wait() == 0:
            break
        assert damaged() == []
        assert list(interrupted()) == ["digits/killed"]
        assert yours().keys() <= {"digits/whole", "digits/killed"}
        saved = json.loads((current(interrupted()["digits/killed"]) / "run.json").read_bytes())
        command = zygote.start(own_home, "train", "--resume", "digits/killed")
        next_epoch = f"epoch {saved['numbers'].get('epoch', 0) + 1} "
        until_said((next_epoch, "Trained after"), command)
    assert command.wait() in (0, -signal.SIGKILL)
    if interrupted():
        assert zygote.start(own_home, "train", "--resume").wait() == 0
    assert interrupted() == {}
    whole, killed = open_bundle("digits/whole"), open_bundle("digits/killed")
    assert killed.read("model.safetensors") == whole.read("model.safetensors")
    assert killed.card.metrics == whole.card.metrics
    assert [line["validation"] for line in killed.history] == [line["validation"] for line in whole.history]


@pytest.mark.parametrize("replacing", [False, True])
def test_killed_while_the_bundle_is_written(replacing: bool, zygote: Zygote, own_home: Path) -> None:
    folder = own_home / "bundles" / "digits"
    before: bytes = b""
    if replacing:
        assert zygote.start(own_home, "train", *SMALL, "--epochs", "1", "--name", "mine").wait() == 0
        before = (folder / "mine" / "card.json").read_bytes()
    words = ("train", *SMALL, "--epochs", "2", "--name", "mine", "--replace")
    command = zygote.start(own_home, *words)
    until(lambda: list(folder.glob(".tmp-*")))
    os.kill(command.pid, signal.SIGKILL)
    assert command.wait() == -signal.SIGKILL
    assert damaged() == []
    assert list(yours()) == (["digits/mine"] if replacing else [])
    if replacing:
        assert (open_bundle("digits/mine").path / "card.json").read_bytes() == before
    assert zygote.start(own_home, "train", "--resume", "digits/mine").wait() == 0
    assert open_bundle("digits/mine").card.config["epochs"] == 2
    assert len(open_bundle("digits/mine").codes.mu) == 297
    assert [each.name for each in folder.iterdir()] == ["mine"]


def test_two_at_once_get_two_names_and_neither_is_offered(
    zygote: Zygote, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both = [zygote.start(own_home, "train", *LONG) for _ in range(2)]
    for command in both:
        until_said(("epoch 2 ",), command)
    assert interrupted() == {}
    assert main(["train", "--resume"]) == 2
    assert main(["train", "--resume", "digits/vae-3d"]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first == "aecore: There is no interrupted run to resume."
    assert second == "aecore: digits/vae-3d is being trained by another process."
    for command in both:
        os.kill(command.pid, signal.SIGKILL)
        command.wait()
    assert sorted(interrupted()) == ["digits/vae-3d", "digits/vae-3d-2"]


def test_ctrl_c_on_a_terminal(own_home: Path) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 140, 0, 0))
    command = subprocess.Popen(
        [sys.executable, "-m", "tests.aecore.cli.zygote", "train", *LONG],
        cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        env=os.environ | {"TERM": "xterm"},
    )  # fmt: skip
    os.close(theirs)
    said, pressed = "", False
    with contextlib.suppress(OSError):  # the other side is closed
        while part := os.read(ours, 65536):
            said += part.decode(errors="replace")
            if not pressed and len(re.findall(r"epoch [2-9]", said)) > 2:
                os.write(ours, b"\x03")
                pressed = True
    os.close(ours)
    assert command.wait(PATIENCE) == 0, said
    terms = r"loss [\d.]+ · distortion [\d.]+ · rate [\d.e-]+"
    assert re.search(r"digits/vae-3d · epoch \d+ · [\d:]+ left", said), said[-3000:]
    assert re.search(rf"{terms} · [\d,]+ examples/s", said), said[-3000:]
    assert "Bundle: " in said
    assert "Go on with: aecore train --resume digits/vae-3d" in said
    assert list(yours()) == list(interrupted()) == ["digits/vae-3d"]


def test_a_file_system_that_takes_no_more(zygote: Zygote, own_home: Path) -> None:
    small = zygote.start(own_home, "train", *LONG, largest=4000)
    assert small.wait() == 2
    *_, last = small.err.read_text().splitlines()
    assert re.fullmatch(
        r"aecore: vae-3d cannot be written in .*\(File too large\)\. Nothing was changed\.", last
    )
    assert not own_home.exists()
