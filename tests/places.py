"""Where the archives of a test are: in their folders, or each in a database of its own in PostgreSQL.

A test that asks for the fixture `both` says which archive it means by its folder alone, as with SQLite.
Whatever crawls, asks or looks in for it (`run` of tests/cli, tests/crawl/crawling.py, the functions below)
learns from `database_of` whether that folder's archive is in a database.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from storage import fixity, search_index
from storage.archive import Archive, open_archive
from storage.compare import archive_content
from storage.dialects import is_postgresql
from storage.verify import Report, server, verify
from tests.postgresql import Server

_CHECK = "CONSTRAINT ck_capture_kind CHECK (kind <> '')"


_meant: dict[Path, Places] = {}
"""Of which folders, and all that lie in them, the archives are where some `Places` have them."""


def database_of(directory: Path) -> str | None:
    """What is `--database` for a folder's archive; None when it is the folder's own `archive.db`."""
    directory = directory.absolute()
    for folder in (directory, *directory.parents):
        if folder in _meant:
            return _meant[folder].url(directory)
    return None


def opened(directory: Path, **options: Any) -> Archive:
    """The archive of a folder, wherever it is, as `open_archive` opens it."""
    return open_archive(directory, database=database_of(directory), **options)


def rows(directory: Path, sql: str, **values: Any) -> list[tuple[Any, ...]]:
    """What a statement answers; its values are named by `:name`."""
    with opened(directory, read_only=True) as archive, archive.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(sql), values)]


def change(directory: Path, sql: str, **values: Any) -> None:
    """Carry out a statement that writes."""
    with opened(directory) as archive, archive.engine.begin() as connection:
        connection.execute(text(sql), values)


def content(directory: Path, database: str | None = None) -> dict[str, list[str]]:
    """What an archive holds, whatever numbers and times it has for that: equal for one that was made in one
    go and one that was killed on the way, and in both databases. Sorted here, since they put NULL in
    different places."""
    with open_archive(directory, read_only=True, database=database or database_of(directory)) as archive:
        return {part: sorted(map(repr, found)) for part, found in archive_content(archive).items()}


def look_over(connection: Connection) -> None:
    """Foreign keys, the search index, and SQLite's own check find nothing."""
    if is_postgresql(connection):
        assert [*server.foreign_keys(connection), *server.search_index(connection)] == []
    else:
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
        assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        search_index.check(connection)


def sound(directory: Path) -> None:
    """A folder's archive is whole, as `look_over` has it."""
    with opened(directory) as archive, archive.engine.begin() as connection:
        look_over(connection)


class Places:
    """Folders, and what database each folder's archive is in. Tests that ask for the fixture `places` run
    with both databases."""

    def __init__(self, server: Server | None) -> None:
        self._server = server
        self._urls: dict[Path, str] = {}
        self._shared: dict[Path, str] = {}

    @contextmanager
    def over(self, folder: Path) -> Iterator[None]:
        """Meanwhile archives in a folder are here, each made (empty) when it is first asked for."""
        _meant[folder] = self
        try:
            yield
        finally:
            for one in [one for one, places in _meant.items() if places is self]:
                del _meant[one]
            self._shared.clear()
            self.close()

    def share(self, directory: Path) -> None:
        """Ask a folder's archive, which is SQLite's, where it is here until `over` ends: the same for all
        tests that ask so, and for reading."""
        if self._server is not None:
            self._shared[directory] = self._server.copy_of(directory)
        _meant[directory] = self

    @property
    def in_postgresql(self) -> bool:
        """Whether archives are in PostgreSQL; else in SQLite."""
        return self._server is not None

    def url(self, directory: Path) -> str | None:
        """What is `--database` for a folder's archive, which is there, empty; None in SQLite."""
        if self._server is None:
            return None
        if directory in self._shared:
            return self._shared[directory]
        if directory not in self._urls:
            self._urls[directory] = self._server.new_archive()
        return self._urls[directory]

    def options(self, directory: Path) -> list[str | Path]:
        """The options that say to a command which archive is meant."""
        url = self.url(directory)
        return ["--archive", directory, *([] if url is None else ["--database", url])]

    def open(self, directory: Path, **options: Any) -> Archive:
        """The folder's archive, as `open_archive` opens it."""
        return open_archive(directory, database=self.url(directory), **options)

    def verify(self, directory: Path, **options: Any) -> Report:
        """What verifying it finds, but for what no server of tests has."""
        found = verify(directory, database=self.url(directory), **options)
        kept = tuple(finding for finding in found.findings if finding.code != "server-unchecked")
        return Report(kept, found.captures, found.files, found.bytes, found.revisions)

    def copy(self, directory: Path, to: Path) -> Path:
        """The folder `to`, made, with the same archive, which is one of these or SQLite's."""
        shutil.copytree(directory, to)
        if self._server is not None:
            like = self._urls.get(directory) or self._server.copy_of(directory)
            self._urls[to] = self._server.new_like(like)
            (to / "archive.db").unlink(missing_ok=True)
            (to / "archive.db.sha256").unlink(missing_ok=True)
        return to

    def rows(self, directory: Path, sql: str) -> list[tuple[Any, ...]]:
        """What a statement answers."""
        with self.open(directory, read_only=True) as archive, archive.engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(sql)]

    def damage(self, directory: Path, sql: str) -> None:
        """Change rows behind the program's back, whatever constraints and foreign keys say."""
        if self._server is not None:
            import psycopg

            with psycopg.connect(self._urls[directory], autocommit=True) as server:
                server.execute("SET session_replication_role = replica")  # no triggers, which keys are
                server.execute("ALTER TABLE capture DROP CONSTRAINT ck_capture_kind")
                assert server.execute(sql).rowcount != 0
                server.execute(f"ALTER TABLE capture ADD {_CHECK} NOT VALID")
                server.execute("UPDATE pg_constraint SET convalidated = true WHERE NOT convalidated")
            return
        with closing(sqlite3.connect(directory / "archive.db")) as connection:
            connection.execute("PRAGMA ignore_check_constraints = ON")
            with connection:
                assert connection.execute(sql).rowcount != 0
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        fixity.record(directory / "archive.db")

    def close(self) -> None:
        """Remove the databases."""
        while self._server is not None and self._urls:
            self._server.drop(self._urls.popitem()[1])
