"""Seeing that an archive has changed, or that another one stands in its place, at little cost."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Hashable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from sqlalchemy import text
from sqlalchemy.exc import OperationalError, ProgrammingError

from storage.archive import Archive, ArchiveMissing, open_archive
from storage.migrations import HEAD


class Watch(Protocol):
    """An open archive, and what tells its states apart."""

    archive: Archive

    def state(self) -> Hashable:
        """Equal as long as nothing has changed; None when another archive stands in this one's place. Raises
        what `open_archive` raises, and what the database does."""

    def close(self) -> None:
        """Close the archive; whoever still reads from it keeps the connection to the end."""


def watch(directory: Path, database: str | None) -> Watch:
    """The archive, opened to read (`open_archive`), under watch."""
    return _File(directory) if database is None else _Database(directory, database)


class _File:
    """`archive.db`, and SQLite's word on whether somebody has committed something."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.archive = open_archive(directory, read_only=True)
        try:
            # A connection of its own: `PRAGMA data_version` tells what others have committed since that same
            # connection last asked (https://sqlite.org/pragma.html#pragma_data_version).
            detached = self.archive.engine.raw_connection()
            driver = detached.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            detached.detach()
            self._driver = driver
            self._file = _identity(self.archive.path)
            self._version = self._data_version()
        except BaseException:
            self.archive.close()
            raise

    def state(self) -> Hashable:
        if self._file != _identity(self.archive.path):
            return None
        version = self._data_version()
        if version != self._version:
            # Whoever changed it may have brought it to a schema that is not ours.
            open_archive(self._directory, read_only=True).close()
            self._version = version
        return version

    def close(self) -> None:
        with suppress(sqlite3.Error):
            self._driver.close()
        self.archive.close()

    def _data_version(self) -> int:
        return int(self._driver.execute("PRAGMA data_version").fetchone()[0])


# What a snapshot shows is settled by which transactions it sees, other databases' of the server among them.
_STATE = text("""
SELECT (SELECT oid FROM pg_database WHERE datname = current_database()),
    (SELECT version_num FROM public.alembic_version), CAST(pg_current_snapshot() AS TEXT)
""")


class _Database:
    """A database in PostgreSQL, and its server's word on which transactions there were."""

    def __init__(self, directory: Path, database: str) -> None:
        self._where = directory, database
        self.archive = open_archive(directory, read_only=True, database=database)
        try:
            self._number = self._look()[0]
        except BaseException:
            self.archive.close()
            raise

    def state(self) -> Hashable:
        try:
            number, schema, snapshot = self._look()
        except ProgrammingError:  # it holds no archive any more, which opening it says better
            number, schema, snapshot = self._number, None, ""
        if number != self._number:
            return None
        if schema != HEAD:
            directory, database = self._where
            open_archive(directory, read_only=True, database=database).close()
        return snapshot

    def close(self) -> None:
        self.archive.close()

    def _look(self) -> tuple[int, str | None, str]:
        try:
            return self._asked()
        except OperationalError:  # the server was started anew: the connections from before are gone
            return self._asked()

    def _asked(self) -> tuple[int, str | None, str]:
        with self.archive.engine.connect() as connection:
            number, schema, snapshot = connection.execute(_STATE).one()
            return number, schema, snapshot


def _identity(path: Path) -> tuple[int, int]:
    """What tells a file from another one at the same path."""
    try:
        found = os.stat(path)  # noqa: PTH116  # Path.stat would do the same
    except FileNotFoundError:
        raise ArchiveMissing(f"no archive in {path.parent} any more") from None
    return found.st_dev, found.st_ino
