"""The job store: one SQLite file, ``jobs.db`` in the user's folder, read and written by every process.

Each write is one transaction, and nobody holds one while doing anything else, so that a process
that is killed leaves neither a lock nor half a change.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aecore.errors import UserError, unknown
from aecore.jobs.places import home
from aecore.jobs.records import Command, Job, Spec, Standing, State

VERSION = 1
PATIENCE = 10.0  # seconds that a writer waits for another
SCHEMA = """
CREATE TABLE jobs (
    id TEXT PRIMARY KEY, place INTEGER NOT NULL, spec TEXT NOT NULL, state TEXT NOT NULL,
    device TEXT NOT NULL, owner TEXT NOT NULL, created REAL NOT NULL, started REAL, ended REAL, pid INTEGER,
    standing TEXT, message TEXT NOT NULL DEFAULT '', run TEXT NOT NULL DEFAULT '',
    bundle TEXT NOT NULL DEFAULT '', paused INTEGER NOT NULL DEFAULT 0, looks INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE commands (
    number INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL REFERENCES jobs ON DELETE CASCADE,
    name TEXT NOT NULL, value TEXT NOT NULL, state TEXT NOT NULL, answer TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX commands_by_job ON commands (job, state);
"""
LATER = "(SELECT coalesce(max(place), 0) + 1 FROM jobs)"


class Unwritable(UserError):
    """The store cannot be read or written now; what was asked for has not happened."""


class Store:
    """The jobs of one user's folder. A context: at its end the file is closed. One thread's.

    Args:
        path: The file; made if need be. That of ``$AECORE_HOME`` by default.
        reads: Whether it is only read; where there is no file, none is made, and there are no jobs.

    Raises:
        UserError: If it cannot be read or written, or another version of aecore has made it.
    """

    def __init__(self, path: Path | None = None, reads: bool = False) -> None:
        self.path = path or home() / "jobs.db"
        with self._sentences():
            if not reads:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            how = "ro" if reads else "rwc"
            known = not reads or self.path.exists()
            self._open(f"{self.path.absolute().as_uri()}?mode={how}" if known else ":memory:")
            try:
                if reads and known and not self._version():  # another process is about to make it
                    self.close()
                    self._open(":memory:")
                self._prepare()
            except BaseException:
                self.close()
                raise

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file."""
        self.database.close()

    def _open(self, where: str) -> None:
        self.database = sqlite3.connect(where, timeout=PATIENCE, isolation_level=None, uri=True)
        self.database.row_factory = sqlite3.Row

    def _prepare(self) -> None:
        self.database.execute("PRAGMA foreign_keys = ON")
        version = self._version()
        if version == 0:
            self._patiently("PRAGMA journal_mode = WAL")
            with self._transaction():
                if not (version := self._version()):  # nobody else has just made it
                    for statement in SCHEMA.split(";"):
                        self.database.execute(statement)
                    self.database.execute(f"PRAGMA user_version = {VERSION}")
                    version = VERSION
        if version != VERSION:
            age = "a newer" if version > VERSION else "an older"
            raise UserError(
                f"{self.path} was written by {age} version of aecore (its jobs have format {version}, this "
                f"version knows {VERSION}): install that version again, or set AECORE_HOME to another folder."
            )
        self.database.execute("PRAGMA synchronous = NORMAL")

    def _version(self) -> int:
        return int(self.database.execute("PRAGMA user_version").fetchone()[0])

    def _patiently(self, statement: str) -> None:
        """SQLite does not wait for others where the way of its journal changes, so we do."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                self.database.execute(statement)
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > end:
                    raise
                time.sleep(0.02)

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        """What goes wrong with a file, as a sentence."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise Unwritable(f"{self.path} cannot be used now ({error}). Nothing was changed.") from error
        except sqlite3.IntegrityError as error:  # what was said refers to a job
            raise UserError("There is no such job any more: it has been removed.") from error
        except sqlite3.DatabaseError as error:
            raise UserError(
                f"{self.path} is damaged ({error}): move it away. Bundles and unfinished runs lie elsewhere."
            ) from error
        except OSError as error:
            raise Unwritable(
                f"{self.path} cannot be written ({error.strerror}). Nothing was changed."
            ) from error

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self.database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.database.execute("COMMIT")
        except BaseException:
            if self.database.in_transaction:
                self.database.execute("ROLLBACK")
            raise

    def _change(self, statement: str, *values: Any) -> int:
        """Rows that one statement, a transaction by itself, has changed."""
        with self._sentences(), closing(self.database.execute(statement, values)) as done:
            return done.rowcount

    def _rows(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        with self._sentences(), closing(self.database.execute(statement, values)) as found:
            return found.fetchall()

    # Jobs

    def add(self, spec: Spec, owner: str, device: str, most: int, most_of_owner: int) -> Job:
        """A new job at the end of the queue.

        Raises:
            UserError: If as many jobs as may wait or run already do, or another has its name.
        """
        job = Job(secrets.token_hex(5), spec, "queued", device, owner, time.time())
        with self._sentences(), self._transaction():
            self._room(owner, most, most_of_owner)
            if spec.name and not spec.replace:
                self.refuse_name(spec.data, spec.name)
            self.database.execute(
                f"INSERT INTO jobs (id, place, spec, state, device, owner, created) "
                f"VALUES (?, {LATER}, ?, ?, ?, ?, ?)",
                (job.id, json.dumps(asdict(spec)), job.state, device, owner, job.created),
            )
        return job

    def again(self, job: Job, most: int, most_of_owner: int, **columns: Any) -> None:
        """Puts a job that rests at the end of the queue, and changes some more of its columns.

        What a worker that was killed has not heard, that it stop or pause, is not for the next one.

        Raises:
            UserError: If as many jobs as may wait or run already do. Nothing has changed then.
        """
        with self._sentences(), self._transaction():
            self._room(job.owner, most, most_of_owner)
            self.update(job.id, [job.state], state="queued", later=True, **columns)
            self.database.execute(
                "UPDATE commands SET state = 'refused', answer = 'The job had ended.' "
                "WHERE job = ? AND state = 'waiting' AND name IN ('stop', 'pause')",
                (job.id,),
            )

    def _room(self, owner: str, most: int, most_of_owner: int) -> None:
        """Sees to it that one more may wait or run.

        Raises:
            UserError: If not.
        """
        busy = "SELECT count(*) FROM jobs WHERE state IN ('queued', 'running', 'interrupted')"
        for count, limit, whose in (
            (self.database.execute(f"{busy} AND owner = ?", (owner,)), most_of_owner, "of yours"),
            (self.database.execute(busy), most, "in all"),
        ):
            if count.fetchone()[0] >= limit:
                raise UserError(
                    f"{limit} jobs {whose} wait or run already, and no more may: stop one, or wait "
                    "until one is done."
                )

    def refuse_name(self, data: str, name: str) -> None:
        """Raises a UserError if a job is to make a bundle that is called so."""
        specs = [job.spec for job in self.jobs("queued", "running", "paused", "interrupted")]
        if any((spec.data, spec.name, spec.kind) == (data, name, "train") for spec in specs):
            raise UserError(f"{data}/{name} is what another job is to make: choose another name.")

    def jobs(self, *states: State) -> list[Job]:
        """Jobs in those states, or all, in the order of the queue."""
        wanted = f"WHERE state IN ({', '.join('?' * len(states))})" if states else ""
        return [_job(row) for row in self._rows(f"SELECT * FROM jobs {wanted} ORDER BY place", *states)]

    def job(self, job: str) -> Job:
        """One of them.

        Raises:
            UserError: If there is none of that id.
        """
        if not (found := self.find(job)):
            raise unknown("job", job, [each.id for each in self.jobs()])
        return found

    def find(self, job: str) -> Job | None:
        """One of them, or None if there is none of that id."""
        found = self._rows("SELECT * FROM jobs WHERE id = ?", job)
        return _job(found[0]) if found else None

    def update(self, job: str, states: Sequence[State] = (), **columns: Any) -> bool:
        """Changes some columns of a job, if it is in one of those states; whether it was.

        ``later=True`` puts it at the end of the queue.
        """
        later = [f"place = {LATER}"] if columns.pop("later", False) else []
        values = [_column(value) for value in columns.values()]
        changes = ", ".join([*(f"{name} = ?" for name in columns), *later])
        where = f" AND state IN ({', '.join('?' * len(states))})" if states else ""
        statement = f"UPDATE jobs SET {changes} WHERE id = ?{where}"
        return bool(self._change(statement, *values, job, *states))

    def look(self, job: str) -> None:
        """Counts that somebody watches it."""
        self._change("UPDATE jobs SET looks = looks + 1 WHERE id = ?", job)

    def remove(self, job: str, states: Sequence[State]) -> bool:
        """Forgets a job in one of those states, and what was said to it; whether it was."""
        marks = ", ".join("?" * len(states))
        return bool(self._change(f"DELETE FROM jobs WHERE id = ? AND state IN ({marks})", job, *states))

    # What is said to them

    def say(self, job: str, name: str, value: Any) -> Command:
        """Leaves a command for whoever runs the job."""
        with self._sentences(), self._transaction():
            done = self.database.execute(
                "INSERT INTO commands (job, name, value, state) VALUES (?, ?, ?, 'waiting')",
                (job, name, json.dumps(value)),
            )
            return Command(int(done.lastrowid or 0), job, name, value)

    def said(self, job: str = "", *states: str, after: int = 0) -> list[Command]:
        """Commands to a job (to all of them, if it is empty) in those states, the oldest first."""
        whose = ("job = ?", [job]) if job else ("1", [])
        marks = f"AND state IN ({', '.join('?' * len(states))})" if states else ""
        rows = self._rows(
            f"SELECT * FROM commands WHERE {whose[0]} AND number > ? {marks} ORDER BY number",
            *whose[1], after, *states,
        )  # fmt: skip
        return [Command(**{**dict(row), "value": json.loads(row["value"])}) for row in rows]

    def answer(self, number: int, state: str, text: str = "") -> None:
        """Says what has become of a command."""
        self._change("UPDATE commands SET state = ?, answer = ? WHERE number = ?", state, text, number)


def _job(row: sqlite3.Row) -> Job:
    columns = {key: row[key] for key in row.keys() if key != "place"}  # noqa: SIM118 (a row is no dict)
    standing = json.loads(row["standing"]) if row["standing"] else None
    return Job(
        **columns
        | {
            "spec": Spec(**json.loads(row["spec"])),
            "standing": Standing(**standing) if standing else None,
            "paused": bool(row["paused"]),
        }
    )


def _column(value: Any) -> Any:
    return json.dumps(asdict(value)) if isinstance(value, Standing) else value
