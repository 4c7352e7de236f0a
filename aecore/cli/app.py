"""``aecore app``: opens the explorer in a browser."""

from __future__ import annotations

import argparse
import errno
import os
import socket
import sys
from collections.abc import Sequence
from contextlib import closing
from importlib.util import find_spec
from typing import Any

from aecore.errors import UserError
from aecore.places import shipped_root

USUAL_PORT = 8501
EPILOG = """Who may train from the pages: everybody who reaches them, unless jobs.toml in the folder
$AECORE_HOME says otherwise, by one of these lines:
  password = "…"                    who trains says it first, on the Train page
  header = "X-Forwarded-User"       who trains comes with this header, set by a reverse proxy for those
                                    it knows and taken from everybody else; "Name: value" asks for that
                                    value too. Let nobody past the proxy: --host 127.0.0.1
Its other lines are limits, as in: live = 2, per_device = 1, per_owner = 20. What one has not started,
one cannot steer, rename or delete. LOUPE_TRAIN=0 in the environment is --no-train."""


def add(commands: Any, words: Sequence[str]) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "app",
        help="open the explorer in a browser",
        description="Start the explorer and open it in a browser, or print its address where there is none.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, help=f"where to listen [{USUAL_PORT}, or the next free one]")
    parser.add_argument(
        "--host",
        default="localhost",
        help="which address to listen on; 0.0.0.0 lets a lecture hall in [localhost]",
    )
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument("--no-train", action="store_true", help="start and steer no training from the pages")
    parser.add_argument(
        "--read-only", action="store_true", help="change nothing at all from the pages: for public servers"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Becomes the server process.

    Raises:
        UserError: If Streamlit is not installed or the port is taken.
    """
    if find_spec("streamlit") is None:
        raise UserError("The app needs Streamlit: pip install streamlit")
    port = _free_port(arguments.host, arguments.port)
    root = shipped_root().parent
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")]))
    }
    environment |= {"LOUPE_TRAIN": "0"} if arguments.no_train else {}
    environment |= {"LOUPE_READ_ONLY": "1"} if arguments.read_only else {}
    quiet = arguments.no_browser or not _has_screen()
    command = [sys.executable, "-m", "streamlit", "run", str(root / "app" / "server.py")]
    command += [
        f"--server.port={port}",
        f"--server.address={arguments.host}",
        f"--server.headless={quiet}".lower(),
        "--server.showEmailPrompt=false",
    ]
    sys.stdout.flush()
    os.execve(sys.executable, command, environment)


def _has_screen() -> bool:
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _free_port(host: str, wanted: int | None) -> int:
    if wanted is not None and not 1 <= wanted <= 65535:
        raise UserError(f"--port is a whole number from 1 to 65535; {wanted} is not.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET  # as Streamlit chooses
    for port in [wanted] if wanted else range(USUAL_PORT, USUAL_PORT + 20):
        with closing(socket.socket(family)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except PermissionError:
                raise UserError(f"Port {port} is reserved for the system; choose one above 1023.") from None
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    continue
                raise UserError(
                    f"--host {host!r} is no address of this machine ({error.strerror})."
                ) from None
            except UnicodeError as error:
                raise UserError(f"--host {host!r} is no address of this machine ({error}).") from None
            return port
    taken = f"Port {wanted} is" if wanted else f"Ports {USUAL_PORT} to {USUAL_PORT + 19} are"
    raise UserError(f"{taken} in use: choose another with --port.")
