"""``aecore export``: a bundle for other people's tools."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aecore.bundles import open_bundle


def add(commands: Any, words: Sequence[str]) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "export",
        help="write a bundle for another tool",
        description="Write a bundle's codes for the TensorBoard Embedding Projector: tensors.tsv, "
        "metadata.tsv, the sprite of its images and projector_config.pbtxt.",
    )
    parser.add_argument("bundle", metavar="DATA/NAME", help="which; `aecore list --bundles` lists them")
    parser.add_argument(
        "--projector",
        type=Path,
        required=True,
        metavar="DIR",
        help="a new folder, or that of an earlier export",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Writes the folder, and says how to look at it."""
    bundle, out = open_bundle(arguments.bundle), arguments.projector
    from aecore.scenes import write_projector

    try:
        missing = write_projector(bundle, out)
    except KeyboardInterrupt:
        raise KeyboardInterrupt("Nothing was kept.") from None
    print(f"{bundle.id}: {len(bundle.codes):,} codes written to {out}")
    if missing:
        print(f"Without a sprite. {missing}")
    print(f"Look at it with: tensorboard --logdir {out}, or load the files at projector.tensorflow.org")
