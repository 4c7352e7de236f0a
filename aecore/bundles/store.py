"""Which bundles there are: those shipped with aecore, then the user's own.

Both lie as ``<root>/<data set>/<bundle>/``. What is not readable is left out of the list
and reported by ``damaged``; it never keeps the others from loading.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from aecore.bundles.bundle import Bundle
from aecore.bundles.files import ASIDE, current
from aecore.bundles.reader import is_name
from aecore.errors import BundleError, UserError, unknown
from aecore.places import shipped_root

OTHERS = ("sweeps",)
"""Folders beside the shipped bundles of a data set that hold something else."""


@dataclass(frozen=True)
class Found:
    """What lies in the folders of bundles.

    Attributes:
        bundles: Every readable bundle: shipped ones first, each part sorted by id.
        damaged: Folders that should hold a bundle but do not: where, and why.
    """

    bundles: list[Bundle]
    damaged: list[tuple[Path, str]]


def user_root() -> Path:
    """Where the user's bundles are: ``$AECORE_HOME/bundles``, by default in the per-user data folder."""
    home = os.environ.get("AECORE_HOME") or platformdirs.user_data_dir("aecore", appauthor=False)
    return Path(home) / "bundles"


def list_bundles() -> list[Bundle]:
    """Every readable bundle: shipped ones first, each part sorted by id."""
    return scan().bundles


def damaged() -> list[tuple[Path, str]]:
    """Folders that should hold a bundle but do not: where, and why."""
    return scan().damaged


def open_bundle(bundle: str | Path) -> Bundle:
    """Open one bundle.

    Args:
        bundle: An id such as ``"mnist/vae-2d"``, or the ``Path`` of any folder. A text is
            never a path, so that an id from a URL opens nothing but what is listed.

    Raises:
        UserError: If no bundle has that id; the nearest ones are named.
        BundleError: If it is damaged; the message says how.
    """
    if isinstance(bundle, Path):
        return Bundle.open(bundle, shipped=bundle.resolve().is_relative_to(shipped_root().resolve()))
    parts = bundle.split("/")
    if len(parts) == 2 and all(map(is_name, parts)):
        for root in (shipped_root(), user_root()):
            if current(root / bundle).is_dir():
                return Bundle.open(root / bundle, shipped=root == shipped_root())
    raise unknown("bundle", bundle, [each.id for each in list_bundles()])


def user_folder(dataset: str, name: str) -> Path:
    """Where a new bundle of the user's goes.

    Raises:
        UserError: If a name does not do as a folder's, or is that of a shipped bundle.
    """
    for part in (dataset, name):
        if not is_name(part):
            raise UserError(
                f"{part!r} does not do as a name: use at most 80 lower-case letters, digits, dots, dashes "
                "and underscores, a letter or digit first."
            )
    if (shipped_root() / dataset / name).exists():
        raise UserError(f"{dataset}/{name} is a bundle that came with aecore: choose another name.")
    return user_root() / dataset / name


def scan() -> Found:
    """Look into every folder once."""
    found: dict[str, Bundle] = {}
    broken: list[tuple[Path, str]] = []
    for root in (shipped_root(), user_root()):
        for folder in sorted(folder for data in _folders(root) for folder in _folders(data)):
            if folder.name in OTHERS and root == shipped_root():
                continue
            try:
                bundle = Bundle.open(folder, shipped=root == shipped_root())
                if not (is_name(folder.name) and is_name(folder.parent.name)):
                    raise BundleError(
                        f"Bundle {bundle.id}: rename its folder to lower-case letters and digits."
                    )
                if bundle.id in found:
                    raise BundleError(
                        f"Bundle {bundle.id}: a shipped bundle has this name; rename its folder."
                    )
                found[bundle.id] = bundle
            except BundleError as error:
                broken.append((folder, str(error)))
    return Found(list(found.values()), broken)


def _folders(parent: Path) -> set[Path]:
    """The folders in a folder, hidden ones left out, and those that a writer is just replacing."""
    try:
        entries = [entry for entry in parent.iterdir() if entry.is_dir()]
    except OSError:  # there is none, or it is not ours to read
        return set()
    shown = {entry for entry in entries if not entry.name.startswith(".")}
    return shown | {
        parent / entry.name.removeprefix(ASIDE) for entry in entries if entry.name.startswith(ASIDE)
    }
