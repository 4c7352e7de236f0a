"""How much may run and wait at once, and who may ask: ``jobs.toml`` in the user's folder.

It has a line for each setting that differs, as in ``live = 2`` or ``password = "…"``.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path

from aecore.errors import UserError, unknown


@dataclass(frozen=True)
class Limits:
    """Settings of the queue.

    Attributes:
        per_device: Trainings that run on one device at once.
        live: Live jobs that run at once, on whatever device.
        live_per_owner: Live jobs that one owner runs at once.
        live_kept: Live jobs of one owner that have ended and were not saved: an older one is removed.
        per_owner: Jobs of one owner that wait or run. An owner is a token, which a browser makes up: this and
            ``live_per_owner`` keep the many who mean well from one another's way; ``overall``, ``live``, a
            password or a header bind whoever does not.
        overall: Jobs that wait or run.
        idle_minutes: How long a live job goes on while nobody watches it.
        recording_mb: Bytes of a recording, in millions, beyond which every second frame is dropped.
        password: Who trains from a page says it first; empty: everybody may.
        header: Who trains from a page comes with this header, which a reverse proxy sets for those it knows
            and takes from everybody else; ``Name`` or ``Name: value``. Empty: none is asked for.
    """

    per_device: int = 1
    live: int = 4
    live_per_owner: int = 1
    live_kept: int = 10
    per_owner: int = 20
    overall: int = 100
    idle_minutes: float = 10.0
    recording_mb: float = 64.0
    password: str = field(default="", repr=False)
    header: str = ""


def limits(home: Path) -> Limits:
    """The settings of a user's folder; the defaults where it has none.

    Raises:
        UserError: If the file cannot be read, or holds a name or a value that is no setting.
    """
    path = home / "jobs.toml"
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Limits()
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read: {error}") from None
    known = {each.name: each for each in fields(Limits)}
    for name, value in said.items():
        if name not in known:
            raise unknown(f"setting in {path.name}", name, known)
        if isinstance(known[name].default, str):
            if not isinstance(value, str):
                raise UserError(f"{name} in {path} is a text in quotes.")
            continue
        whole = isinstance(known[name].default, int)
        fits = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
        if not fits or not (1 if whole else 0) <= value < 1e6:
            wanted = "a whole number of 1 or more" if whole else "a number of 0 or more"
            raise UserError(f"{name} in {path} is {wanted}; {value!r} is not.")
    return Limits(**said)
