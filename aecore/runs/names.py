"""What runs are called: the name that was asked for, or the first that is free."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from aecore.bundles import shipped_root, user_folder
from aecore.bundles.files import current
from aecore.errors import UserError
from aecore.runs.claim import Busy, Claim, is_busy
from aecore.runs.states import id_of, runs_root


def claim_of(config: Mapping[str, Any], name: str, replace: bool) -> Claim:
    """The name that was asked for.

    Raises:
        UserError: If it is taken and may not be replaced.
    """
    folder = user_folder(config["data"], name)
    claim = Claim(runs_root() / config["data"] / name)
    if _is_taken(folder, claim.state) and not replace:
        resume = (
            f" An interrupted run goes on with --resume {id_of(folder)}."
            if current(claim.state).exists()
            else ""
        )
        claim.release()
        raise UserError(f"{id_of(folder)} is there already: choose another --name, or --replace it.{resume}")
    return claim


def usual_name(config: Mapping[str, Any]) -> str:
    """What a new run is called where no name is given, as far as is known before it begins."""
    data = config["data"]
    names = (name for name in _names(config) if not is_busy(runs_root() / data / name))
    return next(name for name in names if not _is_taken(user_folder(data, name), runs_root() / data / name))


def _names(config: Mapping[str, Any]) -> Iterator[str]:
    """``vae-2d``, ``vae-2d-2``, … without those that came with aecore."""
    names = (
        f"{config['variant']}-{config['latent_dim']}d" + (f"-{count}" if count > 1 else "")
        for count in itertools.count(1)
    )
    return (name for name in names if not (shipped_root() / config["data"] / name).exists())


def first_free_claim(config: Mapping[str, Any]) -> Claim:
    """The first name that no bundle and no run has."""
    for name in _names(config):
        try:
            claim = Claim(runs_root() / config["data"] / name)
        except Busy:
            continue
        if not _is_taken(user_folder(config["data"], name), claim.state):
            return claim
        claim.release()
    raise AssertionError("there is always a next number")


def _is_taken(folder: Path, state: Path) -> bool:
    return current(folder).exists() or current(state).exists()
