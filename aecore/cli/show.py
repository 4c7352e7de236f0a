"""``aecore show``: how a bundle was made, as a command, as a recipe, and as a script without Loupe."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aecore.cli.printing import print_json

if TYPE_CHECKING:
    from aecore.data import DataSpec

EPILOG = """`aecore show digits/vae --toml > run.toml` and `aecore train run.toml` make a bundle again. A
script of --code needs PyTorch, NumPy, and scikit-learn or torchvision for the data, and no Loupe."""


def add(commands: Any, words: Sequence[str]) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "show",
        help="show how a bundle was made: command, recipe, code",
        description="Show how a bundle was made: the command and the recipe that make it again, or a short "
        "PyTorch script of the same model, loss and training. Without a flag, command and recipe.",
        epilog=EPILOG,
    )
    parser.add_argument(
        "what",
        metavar="DATA/NAME|RECIPE.toml",
        help="a bundle, as `aecore list --bundles` lists them, or a recipe that is not trained yet",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--command", action="store_true", help="print the command line alone")
    form.add_argument(
        "--toml", action="store_true", help="print the recipe alone, for `aecore train RECIPE.toml`"
    )
    form.add_argument("--code", action="store_true", help="print a standalone PyTorch script")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Prints what was asked for."""
    from aecore.runs import command
    from aecore.runs.recipe import name_in, to_toml

    config, spec = _found(arguments.what)
    name = name_in(Path(arguments.what)) if arguments.what.endswith(".toml") else ""
    said = {"command": f"{command(config, name)}\n", "toml": to_toml(config, name)}
    if arguments.code:
        from aecore.scripts import script

        said["code"] = script(config, spec or _loaded(config))
    asked = [name for name in ("command", "toml", "code") if getattr(arguments, name)] or ["command", "toml"]
    if arguments.json:
        print_json({"id": arguments.what, **{name: said[name] for name in asked}})
        return
    print("\n".join(said[name] for name in asked), end="")


def _found(what: str) -> tuple[dict[str, Any], DataSpec | None]:
    """The configuration of a bundle or a recipe; and the data's spec, where a card has it."""
    from aecore.bundles import open_bundle
    from aecore.runs.recipe import config_of, from_toml

    if what.endswith(".toml"):
        return from_toml(Path(what), {}), None
    bundle = open_bundle(what)
    return config_of(bundle), bundle.card.data.spec


def _loaded(config: Mapping[str, Any]) -> DataSpec:
    from aecore.runs.config import load_data

    return load_data(config).spec
