"""``aecore app``: the command it becomes, and the port it picks."""

from __future__ import annotations

import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from aecore.cli import main

ROOT = Path(__file__).parents[2]
STREAMLIT = tomllib.loads((ROOT / "app" / ".streamlit" / "config.toml").read_text("utf-8"))


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the process becomes, once ``aecore app`` has run."""
    said: list[str] = []
    monkeypatch.setattr("os.execve", lambda path, command, environment: said.extend(command))
    return said


def test_nothing_is_asked_on_the_terminal(command: list[str]) -> None:
    assert main(["app", "--no-browser"]) == 0
    assert "--server.showEmailPrompt=false" in command
    assert "--server.headless=true" in command
    assert STREAMLIT["server"]["showEmailPrompt"] is False
    assert STREAMLIT["browser"]["gatherUsageStats"] is False


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_port_in_use_is_passed_over_and_refused_where_it_is_asked_for(
    command: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        assert main(["app", "--host", host, "--port", str(port)]) == 2
        assert f"Port {port} is in use" in capsys.readouterr().err
        monkeypatch.setattr("aecore.cli.app.USUAL_PORT", port)
        assert main(["app", "--host", host]) == 0
    assert f"--server.port={port}" not in command


def test_starting_loads_nothing_large() -> None:
    code = """
import os, sys
from aecore.cli import main
os.execve = lambda *words: None
main(["app", "--no-browser"])
print([name for name in ("numpy", "onnxruntime", "rich", "streamlit", "torch") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("flag", "variable"), [("--no-train", "LOUPE_TRAIN"), ("--read-only", "LOUPE_READ_ONLY")]
)
def test_a_flag_reaches_the_server_as_its_variable(
    monkeypatch: pytest.MonkeyPatch, flag: str, variable: str
) -> None:
    said: list[dict[str, str]] = []
    monkeypatch.setattr("os.execve", lambda path, command, environment: said.append(environment))
    monkeypatch.delenv(variable, raising=False)
    assert main(["app", "--no-browser"]) == main(["app", "--no-browser", flag]) == 0
    plain, flagged = said
    assert flagged.items() - plain.items() == {(variable, {"LOUPE_TRAIN": "0"}.get(variable, "1"))}
