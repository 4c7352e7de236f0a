"""``aecore encode``: the codes of every example of a split, by a model that is there."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from aecore.bundles import open_bundle
from aecore.cli.printing import print_json
from aecore.data.parts import SPLITS


def add(commands: Any, words: Sequence[str]) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "encode",
        help="make a bundle with the codes of a whole split",
        description="Encode every example of a split with the model of a bundle, and keep the codes as a "
        "bundle of your own: the same model, another map. A shipped bundle has at most 2,000 codes.",
        epilog="UMAP takes about a minute for 10,000 codes, and twice that where they have more than two "
        "dimensions, for it then makes a map in three too; t-SNE takes about a minute. For more codes it "
        "is longer in proportion. Ctrl-C leaves nothing behind.",
    )
    parser.add_argument("bundle", metavar="DATA/NAME", help="whose model; `aecore list --bundles` lists them")
    parser.add_argument("--split", required=True, metavar="NAME", help=", ".join(SPLITS))
    parser.add_argument("--name", default="", help="what to call it [the bundle's name and the split]")
    parser.add_argument(
        "--maps", default="pca", metavar="NAME,NAME,…", help="which of pca, umap, tsne to make [pca]"
    )
    parser.add_argument("--replace", action="store_true", help="replace a bundle of that name")
    parser.add_argument("--json", action="store_true", help="print one JSON object, and no bar")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Encodes, and says where the bundle is."""
    maps = tuple(filter(None, (each.strip() for each in arguments.maps.split(","))))
    bundle = open_bundle(arguments.bundle)
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from aecore.runs.encode import encode_split

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=arguments.json or not console.is_terminal) as progress:
        task = progress.add_task(f"{bundle.id} · loading {bundle.card.data.title}", total=None)

        def listen(done: int, count: int, doing: str) -> None:
            progress.update(task, completed=done, total=count, description=f"{bundle.id} · {doing}")

        try:
            made = encode_split(
                bundle, arguments.split, arguments.name, maps=maps, replace=arguments.replace, listen=listen
            )
        except KeyboardInterrupt:
            raise KeyboardInterrupt("Nothing was kept.") from None
    if arguments.json:
        print_json({"id": made.id, "path": str(made.path), "codes": len(made.codes)})
    else:
        print(f"{made.id}: {len(made.codes):,} codes\nBundle: {made.path}")
