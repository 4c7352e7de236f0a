"""What unfinished runs have left, to be gone on with."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from aecore.bundles import user_root
from aecore.bundles.files import ASIDE, current
from aecore.errors import UserError
from aecore.runs.claim import is_busy


def read_state(state: Path) -> dict[str, Any]:
    """What ``save`` wrote, without the tensors.

    Raises:
        UserError: If it is damaged.
    """
    try:
        saved = {"job": ""} | json.loads((current(state) / "run.json").read_bytes())
        return {key: saved[key] for key in ("config", "numbers", "history", "job")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"The run in {state} cannot be resumed ({error}): remove that folder.") from error


def runs_root() -> Path:
    """Where unfinished runs keep their state: beside the user's bundles."""
    return user_root().parent / "runs"


def interrupted() -> dict[str, Path]:
    """Runs that can be resumed, by ``data/name``, the latest first; those being trained are left out."""
    found = [state for state in _states() if not is_busy(state)]
    return {id_of(state): state for state in sorted(found, key=_saved_at, reverse=True)}


def run_of(job: str) -> str:
    """The run that a job has left to be gone on with, ``data/name``; empty if it has left none.

    One that is held just now, as by who gives its bundle another name, is no less the job's.
    """
    return next((id_of(state) for state in _states() if job_of(state) == job), "")


def job_of(state: Path) -> str:
    """Id of the job whose run has left that; empty where it is of a command line, or cannot be read."""
    with suppress(UserError):
        return str(read_state(state)["job"])
    return ""


def _states() -> set[Path]:
    """Where runs have left something, whole: a writer may just be replacing it, or have died at that."""
    entries = ((entry.parent, entry.name.removeprefix(ASIDE)) for entry in runs_root().glob("*/*"))
    states = {parent / name for parent, name in entries if not name.startswith(".")}
    return set(filter(is_begun, states))


def is_begun(state: Path) -> bool:
    """Whether a run has left something there."""
    return (current(state) / "run.json").is_file()


def id_of(state: Path) -> str:
    return f"{state.parent.name}/{state.name}"


def _saved_at(state: Path) -> float:
    try:
        return (current(state) / "run.json").stat().st_mtime
    except OSError:  # its process has just finished
        return 0.0
