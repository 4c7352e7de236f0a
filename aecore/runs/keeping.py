"""What becomes of a bundle of the user's own: a name, a note, the bin and back, a file to take along.

Only the job that made a bundle does that to it: one that has its name by now is another's. Each is done
whole or not at all, but that a process which is killed while it changes a name may leave the bundle under
both. What came with aecore stays as it is.
"""

from __future__ import annotations

import io
import json
import shutil
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from aecore.bundles import Bundle, open_bundle, user_folder, user_root
from aecore.bundles.card import Card
from aecore.bundles.files import current, remove_folder, write_folder
from aecore.errors import UserError
from aecore.runs.claim import Claim
from aecore.runs.states import job_of, runs_root

LONGEST = 500  # characters of a note
KEPT = 30  # days that a bundle stays in the bin at least


def change(
    bundle: str, name: str, note: str, job: str = "", tell: Callable[[str], None] = lambda _: None
) -> Bundle:
    """Gives a bundle a name and a note, in its card.

    Args:
        bundle: Its id, ``data/name``.
        name: The name from now on, without the data set's; it may be the same.
        note: What there is to say about it.
        job: Which one made it; empty for a command line.
        tell: Is told its new id once it stands there, before the old one goes; what it raises undoes that.

    Raises:
        UserError: If it is none of the user's or another job's, the name does not do or is taken, or the note
            is too long.
    """
    text = note.strip()
    if len(text) > LONGEST:
        raise UserError(f"A note has at most {LONGEST} characters; this one has {len(text)}.")
    data, old = _parts(bundle)
    with _held(bundle, job) as found:
        card = replace(found.card, name=name, note=text)
        if name == old:
            return _written(found, user_folder(data, name), card)
        user_folder(data, name)  # says what is wrong with a name
        with Claim(runs_root() / data / name) as claim, _moving(bundle):
            folder, state = free_folder(data, name), runs_root() / bundle
            if begun := bool(job) and job_of(state) == job:  # it goes on under its new name
                current(state).rename(claim.state)
            try:
                made = _written(found, folder, card)
                tell(made.id)
            except BaseException:
                remove_folder(folder)
                if begun:
                    claim.state.rename(state)
                raise
        remove_folder(user_folder(data, old))
    return made


def discard(bundle: str, job: str = "") -> None:
    """Puts a bundle into the bin, from where ``restore`` brings it back for thirty days at least.

    No clock is asked how old it is there, for clocks are set: it goes once something has been put into the
    bin on more than thirty other days. One that is wrong once makes that a day earlier, not a month.

    Raises:
        UserError: If it is none of the user's or another job's, or cannot be moved.
    """
    with _held(bundle, job) as found, _moving(bundle):
        _bin(bundle).mkdir(parents=True, exist_ok=True)
        today, before = _days(), _entries(_bin(bundle))
        number = 1 + (_numbers(before[-1])[0] if before else 0)
        found.path.rename(_bin(bundle) / f"{number}-{today}")
        _empty(today)


def restore(bundle: str, job: str = "") -> Bundle:
    """Brings back the bundle of that id and job that was put into the bin last.

    Raises:
        UserError: If there is none, or its name is taken by now.
    """
    user_folder(*_parts(bundle))
    with Claim(runs_root() / bundle), _moving(bundle):
        if not (place := _binned(bundle, job)):
            raise UserError(f"{bundle} is not in the bin: it stays there for thirty days.")
        folder = free_folder(*_parts(bundle), job)
        folder.parent.mkdir(parents=True, exist_ok=True)
        place.rename(folder)
        _tidy(_bin(bundle))
    return open_bundle(bundle)


def in_bin(bundle: str, job: str = "") -> bool:
    """Whether a bundle of that id and job can be brought back.

    Raises:
        UserError: If the id is none of the user's.
    """
    user_folder(*_parts(bundle))
    return _binned(bundle, job) is not None


def _binned(bundle: str, job: str) -> Path | None:
    """Where the last of them lies."""
    for place in reversed(_entries(_bin(bundle))):
        with suppress(UserError):  # it is damaged
            if open_bundle(place).card.job == job:
                return place
    return None


def packed(bundle: Bundle) -> bytes:
    """The bundle as a ZIP file: its folder, below that of its data set.

    Raises:
        BundleError: If it is damaged.
    """
    files = {name: bundle.read(name) for name in bundle.card.files}
    files["card.json"] = (bundle.path / "card.json").read_bytes()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(f"{bundle.id}/{name}"), data, zipfile.ZIP_DEFLATED, 6)
    return out.getvalue()


def history(run: str) -> list[dict[str, Any]]:
    """The epochs so far of a training, ``data/name``, or of the bundle it has become, as histories go."""
    try:
        saved = (current(runs_root() / run) / "run.json").read_bytes()
        found: list[dict[str, Any]] = json.loads(saved, parse_constant=lambda _: None)["history"]
        return found
    except (OSError, ValueError, KeyError, TypeError):
        with suppress(UserError):
            return open_bundle(run).history
    return []


def _parts(bundle: str) -> tuple[str, str]:
    data, _, name = bundle.partition("/")
    return data, name


def _own(bundle: str, job: str) -> Bundle:
    found = open_bundle(bundle)
    if found.shipped:
        raise UserError(f"{bundle} came with aecore, and stays as it is.")
    if found.card.job != job:
        raise UserError(f"{bundle} is another training's by now, whose it stays.")
    return found


@contextmanager
def _held(bundle: str, job: str) -> Iterator[Bundle]:
    """A bundle of that job's that no training replaces meanwhile."""
    _own(bundle, job)
    with Claim(runs_root() / bundle):
        yield _own(bundle, job)


@contextmanager
def _moving(bundle: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UserError(f"{bundle} cannot be moved ({error.strerror}). Nothing was changed.") from error


def free_folder(data: str, name: str, job: str = "") -> Path:
    """Where a bundle of that name goes.

    Raises:
        UserError: If it does not do as a name, or another bundle, or a training that was interrupted and is
            not that job's, has it.
    """
    folder, state = user_folder(data, name), runs_root() / data / name
    begun = current(state).exists() and not (job and job_of(state) == job)
    if current(folder).exists() or begun:
        raise UserError(f"{data}/{name} is there already: choose another name.")
    return folder


def _written(bundle: Bundle, folder: Path, card: Card) -> Bundle:
    files = {name: bundle.read(name) for name in bundle.card.files}
    write_folder(folder, files | {"card.json": card.to_bytes()})
    return open_bundle(f"{folder.parent.name}/{folder.name}")


def _bin(bundle: str) -> Path:
    return user_root().parent / "bin" / bundle


def _entries(folder: Path) -> list[Path]:
    """What lies in the bin under one name, in the order in which it came."""
    return sorted((each for each in folder.glob("*") if _numbers(each)), key=_numbers)


def _numbers(place: Path) -> tuple[int, ...]:
    """Its number in that order, and the count of days when it came, 0 if it says none; of others nothing."""
    number, _, day = place.name.partition("-")
    return (int(number), int(day or 0)) if (number + (day or "0")).isdecimal() else ()


def _days() -> int:
    """On how many days, as the clock showed them, something has been put into the bin; today is one."""
    ledger, today = user_root().parent / "bin" / ".days", time.strftime("%Y-%m-%d", time.gmtime(time.time()))
    days = set(ledger.read_text().split()) if ledger.exists() else set()
    if today not in days:
        with ledger.open("a") as file:
            file.write(f"{today}\n")
    return len(days | {today})


def _empty(today: int) -> None:
    """Removes what has been in the bin for too long."""
    for folder in (user_root().parent / "bin").glob("*/*"):
        for place in _entries(folder):
            if today - _numbers(place)[1] > KEPT:
                shutil.rmtree(place, ignore_errors=True)
                _tidy(folder)


def _tidy(folder: Path) -> None:
    for each in (folder, folder.parent):
        with suppress(OSError):  # it holds something
            each.rmdir()
