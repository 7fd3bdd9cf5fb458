"""Where the archives of a test are: in their folders, or each in a database of its own in PostgreSQL."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from storage import fixity
from storage.archive import Archive, open_archive
from storage.verify import Report, verify
from tests.postgresql import Server

_CHECK = "CONSTRAINT ck_capture_kind CHECK (kind <> '')"


class Places:
    """Folders, and what database each folder's archive is in. Tests that ask for the fixture `places` run
    with both databases."""

    def __init__(self, server: Server | None) -> None:
        self._server = server
        self._urls: dict[Path, str] = {}

    @property
    def in_postgresql(self) -> bool:
        """Whether archives are in PostgreSQL; else in SQLite."""
        return self._server is not None

    def url(self, directory: Path) -> str | None:
        """What is `--database` for a folder's archive, which is there, empty; None in SQLite."""
        if self._server is None:
            return None
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
        """The folder `to`, made, with the same archive."""
        shutil.copytree(directory, to)
        if self._server is not None:
            self._urls[to] = self._server.new_like(self._urls[directory])
        return to

    def rows(self, directory: Path, sql: str) -> list[tuple[Any, ...]]:
        """What a statement answers."""
        with self.open(directory, read_only=True) as opened, opened.engine.connect() as connection:
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
