"""The counts of each hour in a SQLite file. Several servers may share one: what each adds, adds up.

Every call opens the file anew and does one transaction, so that nothing is held open or locked in between. All of this
blocks and belongs into a thread.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from cmappy.server.history.counts import Counts, Hours

_OURS = 0x636D6170  # SQLite's `application_id`: "cmap"
_VERSION = 1
_BEGINS = b"SQLite format 3\0"
_PATIENCE = 5.0  # seconds for another server's transaction
_FIELDS = ", ".join(Counts._fields)
_SUMS = ", ".join(f"{each} = {each} + excluded.{each}" for each in Counts._fields)
_TABLE = f"CREATE TABLE hours (hour INTEGER PRIMARY KEY, {', '.join(f'{each} NOT NULL' for each in Counts._fields)})"
_PLACES = ", ?" * len(Counts._fields)
_ADD = f"INSERT INTO hours (hour, {_FIELDS}) VALUES (?{_PLACES}) ON CONFLICT (hour) DO UPDATE SET {_SUMS}"  # noqa: S608
_ALL = f"SELECT hour, {_FIELDS} FROM hours ORDER BY hour"  # noqa: S608 (the names stand in this source)


class BadHistory(ValueError):
    """A file that is no history of ours; the message says what it is and what to do."""


class Ledger:
    """A file with the counts of each hour."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, hours: Hours, since: int) -> dict[int, Counts]:
        """Add counts, forget the hours before `since`, and return all that are there then.

        A missing file is made, for its owner only. Raises BadHistory, OSError or sqlite3.Error, and has added nothing
        then.
        """
        self._look(os.O_RDWR | os.O_CREAT)
        with self._transaction(f"{self.path.absolute().as_uri()}?mode=rw", "BEGIN IMMEDIATE") as database:
            if not self._is_ours(database):
                database.execute(f"PRAGMA application_id = {_OURS}")
                database.execute(f"PRAGMA user_version = {_VERSION}")
                database.execute(_TABLE)
            database.executemany(_ADD, [(hour, *counts) for hour, counts in hours.items()])
            database.execute("DELETE FROM hours WHERE hour < ?", (since,))
            return _all(database)

    def read(self, since: int) -> dict[int, Counts]:
        """Return the counts, from the hour `since` on; raises BadHistory, OSError or sqlite3.Error."""
        self._look(os.O_RDONLY)
        with self._transaction(f"{self.path.absolute().as_uri()}?mode=ro", "BEGIN") as database:
            hours = _all(database) if self._is_ours(database) else {}
        return {hour: counts for hour, counts in hours.items() if hour >= since}

    def _look(self, flags: int) -> None:
        """Raise OSError if the file cannot be opened, BadHistory if it is no database; SQLite overwrites short ones."""
        with open(os.open(self.path, flags, 0o600), "rb") as file:
            if file.read(len(_BEGINS)) not in {b"", _BEGINS}:
                raise self._no_database()

    def _no_database(self) -> BadHistory:
        return BadHistory(f"{self.path} is not a SQLite file. Name another one with --history.")

    @contextmanager
    def _transaction(self, uri: str, begin: str) -> Iterator[sqlite3.Connection]:
        """Open the file for a block that is done as a whole or not at all."""
        with closing(sqlite3.connect(uri, uri=True, timeout=_PATIENCE, isolation_level=None)) as database:
            try:
                database.execute(begin)
                yield database
                database.execute("COMMIT")
            except sqlite3.DatabaseError as error:
                if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
                    raise self._no_database() from error
                raise

    def _is_ours(self, database: sqlite3.Connection) -> bool:
        """Return whether the file holds a history; False if it is empty. Raises BadHistory for anything else."""
        [owner] = database.execute("PRAGMA application_id").fetchone()
        [version] = database.execute("PRAGMA user_version").fetchone()
        [tables] = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if not (owner or version or tables):
            return False
        if owner != _OURS:
            raise BadHistory(f"{self.path} belongs to another program. Name another file with --history.")
        if version > _VERSION:
            raise BadHistory(f"{self.path} was written by a newer cmappy. Upgrade this one, or name another file.")
        return True


def _all(database: sqlite3.Connection) -> dict[int, Counts]:
    return {hour: Counts(*counts) for hour, *counts in database.execute(_ALL)}
