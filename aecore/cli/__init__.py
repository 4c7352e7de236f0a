"""The command line: ``aecore train | list | evaluate | study | …``, a module each."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from aecore.cli.parser import Parser
from aecore.errors import UserError, unknown
from aecore.version import __version__

EPILOG = """examples:
  aecore app                                           open the explorer
  aecore list --bundles                                what there is to look at
  aecore train --variant vae --data digits             train, and keep the result
  aecore train --variant beta-vae --data mnist --help  every option of that training
  aecore site digits/vae-2d --out site                 the explorer as a web page without Python

A mistake in what was asked for is said in one sentence, with exit status 2."""


COMMANDS = {
    "train": "train",
    "sweep": "sweep",
    "jobs": "jobs",
    "list": "listing",
    "show": "show",
    "evaluate": "evaluate",
    "encode": "encode",
    "data": "data",
    "study": "study",
    "zoo": "zoo",
    "app": "app",
    "site": "site",
    "export": "export",
}
"""The module of each, here; only that of the command asked for is imported."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
        argv: Its words; those of the process by default.

    Returns:
        Exit status: 0, 2 for a mistake of the user's, 130 when interrupted.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(words)
    except UserError as error:
        print(f"aecore: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as stopped:
        print(f"aecore: interrupted. {stopped}".rstrip(), file=sys.stderr)
        return 130
    except BrokenPipeError:  # who reads our output has seen enough
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
        )  # or Python flushes into the pipe once more
        return 1


def _run(words: list[str]) -> int:
    parser = Parser(
        prog="aecore",
        description="Train autoencoders and explore what they learn.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"aecore {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in words[:1] if words[:1] and words[0] in COMMANDS else COMMANDS:
        import_module(f"aecore.cli.{COMMANDS[name]}").add(commands, words)
    if not words:
        parser.print_help(sys.stderr)
        return 2
    if not words[0].startswith("-") and words[0] not in COMMANDS:
        raise unknown("command", words[0], COMMANDS)
    arguments = parser.parse_args(words)
    arguments.run(arguments)
    sys.stdout.flush()  # a pipe that was closed is noticed here, not at exit
    return 0
