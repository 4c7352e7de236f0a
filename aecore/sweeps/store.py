"""Which sweeps there are: those shipped with aecore, then the user's own.

The user's lie in ``$AECORE_HOME/sweeps/<data set>/<name>/``, shipped ones, beside the bundles of their
data set, in ``<data set>/sweeps/<name>/``. What is not readable is reported by ``damaged``.
"""

from __future__ import annotations

from pathlib import Path

from aecore.bundles.files import ASIDE, current
from aecore.bundles.reader import is_name
from aecore.bundles.store import user_root
from aecore.errors import BundleError, UserError, unknown
from aecore.places import shipped_root
from aecore.sweeps.sweep import SHIPPED, Sweep


def sweeps_root() -> Path:
    """Where the user's sweeps are: beside the bundles."""
    return user_root().parent / "sweeps"


def list_sweeps() -> list[Sweep]:
    """Every readable sweep: shipped ones first, each part sorted by id."""
    return _scan()[0]


def damaged() -> list[tuple[Path, str]]:
    """Folders that should hold a sweep but do not: where, and why."""
    return _scan()[1]


def open_sweep(sweep: str | Path) -> Sweep:
    """Open one sweep.

    Args:
        sweep: An id such as ``"mnist/vae-2d"``, or the ``Path`` of any folder; a text is never a path.

    Raises:
        UserError: If no sweep has that id; the nearest ones are named.
        BundleError: If it is damaged; the message says how.
    """
    if isinstance(sweep, Path):
        return Sweep.open(sweep, sweep.resolve().is_relative_to(shipped_root().resolve()))
    parts = sweep.split("/")
    if len(parts) == 2 and all(map(is_name, parts)):
        for folder, shipped in ((shipped_folder(*parts), True), (sweeps_root() / sweep, False)):
            if current(folder).is_dir():
                return Sweep.open(folder, shipped)
    raise unknown("sweep", sweep, [each.id for each in list_sweeps()])


def shipped_folder(dataset: str, name: str) -> Path:
    """Where a sweep lies that came with aecore."""
    return shipped_root() / dataset / SHIPPED / name


def user_folder(dataset: str, name: str) -> Path:
    """Where a new sweep of the user's goes.

    Raises:
        UserError: If a name does not do as a folder's, or is that of a shipped sweep.
    """
    for part in (dataset, name):
        if not is_name(part):
            raise UserError(
                f"{part!r} does not do as a name: use at most 80 lower-case letters, digits, dots, dashes "
                "and underscores, a letter or digit first."
            )
    if shipped_folder(dataset, name).exists():
        raise UserError(f"{dataset}/{name} is a sweep that came with aecore: choose another name.")
    return sweeps_root() / dataset / name


def _scan() -> tuple[list[Sweep], list[tuple[Path, str]]]:
    found: dict[str, Sweep] = {}
    broken: list[tuple[Path, str]] = []
    for pattern, root in ((f"*/{SHIPPED}/*", shipped_root()), ("*/*", sweeps_root())):
        entries = (entry for entry in root.glob(pattern) if entry.is_dir())
        named = {entry.parent / entry.name.removeprefix(ASIDE) for entry in entries}
        for folder in sorted(each for each in named if not each.name.startswith(".")):
            try:
                sweep = Sweep.open(folder, shipped=root == shipped_root())
                if sweep.id in found:
                    raise BundleError(f"Sweep {sweep.id}: a shipped sweep has this name; rename its folder.")
                found[sweep.id] = sweep
            except BundleError as error:
                broken.append((folder, str(error)))
    return list(found.values()), broken
