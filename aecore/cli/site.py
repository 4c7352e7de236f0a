"""``aecore site``: the canvas as a web page that needs no Python."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aecore.bundles import list_bundles, open_bundle
from aecore.errors import UserError
from aecore.sweeps import list_sweeps, open_sweep


def add(commands: Any, words: Sequence[str]) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "site",
        help="write bundles as a web page without Python",
        description="Write the explorer's canvas with some bundles as static files: HTML, JavaScript, "
        "WebAssembly and the bundles' own, for a course page on any web server.",
    )
    parser.add_argument(
        "bundles", nargs="*", metavar="DATA/NAME", help="which; `aecore list --bundles` lists them"
    )
    parser.add_argument(
        "--sweep",
        action="append",
        default=[],
        metavar="DATA/NAME",
        help="a sweep for the β lab, as often as there are some; `aecore sweep list` lists them",
    )
    parser.add_argument("--all", action="store_true", help="every bundle and every sweep there is")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="a new folder, or that of an earlier site"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Writes the site, and says how to look at it."""
    if arguments.all and (arguments.bundles or arguments.sweep):
        raise UserError("--all is every bundle and every sweep there is: leave out the names, or --all.")
    chosen = list_bundles() if arguments.all else [open_bundle(name) for name in arguments.bundles]
    sweeps = list_sweeps() if arguments.all else [open_sweep(name) for name in arguments.sweep]
    if not chosen:
        raise UserError("Name a bundle, as in `aecore site digits/vae-2d --out site`, or say --all.")
    from aecore.scenes import write_site

    def listen(name: str, missing: str) -> None:
        print(f"{name}: written{f' without images. {missing}' if missing else ''}", flush=True)

    try:
        write_site(chosen, arguments.out, listen=listen, sweeps=sweeps)
    except KeyboardInterrupt:
        raise KeyboardInterrupt("Nothing was kept.") from None
    files = [path.stat().st_size for path in arguments.out.rglob("*") if path.is_file()]
    print(f"Site: {arguments.out}, {len(files)} files, {sum(files) / 1e6:.1f} MB")
    print(f"Look at it with: python -m http.server --directory {arguments.out}")
