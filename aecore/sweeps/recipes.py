"""The shipped sweeps: ``checkpoints/mnist/sweeps/vae-2d.toml`` says how the sweep beside it is trained."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aecore.errors import UserError, unknown
from aecore.sweeps.plan import Plan, make_plan
from aecore.sweeps.run import SweepRun, states_root
from aecore.sweeps.sweep import SHIPPED, Sweep


@dataclass(frozen=True)
class SweepRecipe:
    """How one shipped sweep is trained.

    Attributes:
        id: Data set and name.
        folder: Where the sweep goes.
        plan: What is trained.
    """

    id: str
    folder: Path
    plan: Plan


def recipes(root: Path, names: Sequence[str] = ()) -> list[SweepRecipe]:
    """The recipes below ``root``, or those of them that are named.

    Raises:
        UserError: If a name is unknown or a recipe does not fit.
    """
    files = {f"{file.parents[1].name}/{file.stem}": file for file in sorted(root.glob(f"*/{SHIPPED}/*.toml"))}
    for name in names:
        if name not in files:
            raise unknown("recipe of a sweep", name, files)
    return [_read(name, file) for name, file in files.items() if not names or name in names]


def _read(name: str, file: Path) -> SweepRecipe:
    try:
        given = tomllib.loads(file.read_text(encoding="utf-8"))
        return SweepRecipe(name, file.with_suffix(""), make_plan({"data": file.parents[1].name, **given}))
    except (tomllib.TOMLDecodeError, UserError) as error:
        raise UserError(f"The recipe {name} does not fit: {error}") from error


def is_built(recipe: SweepRecipe) -> bool:
    """Whether the sweep is there, whole, and was made of this very recipe; stacked or not is one.

    Options that have come since it was made count as what they are by default.
    """
    try:
        sweep = Sweep.open(recipe.folder)
        for name in sweep.card.files:
            sweep.file(name)
        made, wanted = Plan.from_json(sweep.card.plan).to_json(), recipe.plan.to_json()
        return made | {"stacked": False} == wanted | {"stacked": False}
    except (UserError, KeyError, TypeError):  # damaged, or made with an option that there is no longer
        return False


def open_run(recipe: SweepRecipe) -> SweepRun:
    """The recipe's training, which goes on where it was interrupted.

    Raises:
        UserError: If its data are missing.
    """
    state = states_root().parent / "zoo-sweeps" / recipe.id
    return SweepRun.open(recipe.plan, recipe.folder, state, recipe.id)
