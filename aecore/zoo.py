"""The shipped bundles: each made of the recipe that lies beside it.

``checkpoints/mnist/vae-2d.toml`` says how ``checkpoints/mnist/vae-2d/`` is trained. A bundle
is built again only if its recipe, or the default of an option it leaves out, has changed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aecore.bundles import Bundle
from aecore.errors import UserError, unknown
from aecore.runs import Run, complete, measure, runs_root


@dataclass(frozen=True)
class Recipe:
    """How one shipped bundle is trained.

    Attributes:
        id: Data set and name, as the bundle is called.
        folder: Where the bundle goes.
        config: Complete.
    """

    id: str
    folder: Path
    config: dict[str, Any]


def recipes(root: Path, names: Sequence[str] = ()) -> list[Recipe]:
    """The recipes below ``root``, or those of them that are named.

    Raises:
        UserError: If a name is unknown or a recipe does not fit.
    """
    files = {f"{file.parent.name}/{file.stem}": file for file in sorted(root.glob("*/*.toml"))}
    for name in names:
        if name not in files:
            raise unknown("recipe", name, files)
    return [_read(name, file) for name, file in files.items() if not names or name in names]


def _read(name: str, file: Path) -> Recipe:
    try:
        given = tomllib.loads(file.read_text(encoding="utf-8"))
        return Recipe(name, file.with_suffix(""), complete({"data": file.parent.name, **given}))
    except (tomllib.TOMLDecodeError, UserError) as error:
        raise UserError(f"The recipe {name} does not fit: {error}") from error


def is_built(recipe: Recipe) -> bool:
    """Whether the bundle is there, whole, and was made of this very recipe.

    Options that have come since it was made count as what they are by default: a model without
    them is what it is with them.
    """
    try:
        bundle = Bundle.open(recipe.folder)
        for name in bundle.card.files:
            bundle.file(name)
        return complete(bundle.card.config) == recipe.config
    except UserError:  # damaged, or made with an option that there is no longer
        return False


def bundle_of(recipe: Recipe) -> Bundle:
    """The recipe's bundle.

    Raises:
        BundleError: If it is missing or damaged.
    """
    return Bundle.open(recipe.folder, shipped=True)


def is_measured(recipe: Recipe) -> bool:
    """Whether the card of the recipe's bundle has the metrics of today."""
    return measure.is_measured(bundle_of(recipe).card)


def open_run(recipe: Recipe) -> Run:
    """The recipe's training, which goes on where it was interrupted.

    Raises:
        UserError: If its data are missing.
    """
    return Run.open(recipe.config, recipe.folder, runs_root().parent / "zoo" / recipe.id)


def build(recipe: Recipe) -> Bundle:
    """Trains the recipe to its end.

    Raises:
        UserError: If its data are missing, or it diverges.
    """
    return open_run(recipe).train()
