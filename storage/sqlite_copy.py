"""A copy of an archive as a folder of its own: `archive.db` in SQLite, and the captures."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Connection, Table, create_engine, text
from sqlalchemy.pool import StaticPool

from storage import fixity, search_index
from storage.archive import FILE_NAME
from storage.copying import CopiedTable, NotTheSame, Row, Tell, compared, copy_rows
from storage.dialects import driver_cursor
from storage.errors import ArchiveError, ArchiveUnwritable
from storage.lock import WriterLock
from storage.migrations.newest import REVISION, STATEMENTS
from storage.views import sync_views
from storage.warc import FOLDER
from storage.whole import TargetExists, WholeFile

_PIECE = 1 << 20


class NoCaptures(ArchiveError):
    """A WARC file that the archive counts on is not where its captures are, or is not as it was."""


def copy_to_folder(
    folder: Path, source: Connection, captures: Path | None, tell: Tell
) -> tuple[CopiedTable, ...]:
    """Make the archive that `source` (a reader's connection) shows in `folder`, which has none.

    `captures` is where its WARC files are; None: they are not copied. Raises `NotTheSame`, `NoCaptures`,
    `ArchiveError`, `TargetExists`, `OSError`; there is no `archive.db` then.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArchiveUnwritable(f"can't make {folder}: {error.strerror}") from None
    lock = WriterLock(folder)
    lock.acquire()
    try:
        if (folder / FILE_NAME).exists():
            raise TargetExists(f"there is an archive in {folder} already")
        if captures is not None and captures.resolve() != (folder / FOLDER).resolve():
            _copy_captures(source, captures, folder / FOLDER, tell)
        with WholeFile(folder / FILE_NAME) as whole:
            copied = _copy_database(whole.part, source, tell)
            whole.finish()
        # As when a writer closes: without the checksum the copy is as good as with it.
        with contextlib.suppress(OSError):
            fixity.record(folder / FILE_NAME)
        return copied
    finally:
        lock.release()


def _copy_database(path: Path, source: Connection, tell: Tell) -> tuple[CopiedTable, ...]:
    with _opened(path) as connection:
        late = [one for one in STATEMENTS if one.startswith(("CREATE TRIGGER", "CREATE VIRTUAL TABLE"))]
        for statement in STATEMENTS:
            if statement not in late:
                connection.exec_driver_sql(statement)
        connection.exec_driver_sql("INSERT INTO alembic_version (version_num) VALUES (?)", (REVISION,))
        copy_rows(source, partial(_insert, connection), tell)
        lost = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if lost is not None:
            raise NotTheSame(f"a row of {lost[0]} refers to one of {lost[2]} that is not there")
        tell("indexing", "search_documents")
        for statement in late:
            connection.exec_driver_sql(statement)
        sync_views(connection)
        search_index.fill(connection)
        return compared(source, connection, tell)


@contextmanager
def _opened(path: Path) -> Iterator[Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as driver:
        # The file is given up when anything fails, and synced as a whole when nothing has.
        driver.execute("PRAGMA journal_mode = OFF")
        driver.execute("PRAGMA synchronous = OFF")
        engine = create_engine("sqlite+pysqlite://", creator=lambda: driver, poolclass=StaticPool)
        with engine.connect() as connection:
            driver.execute("BEGIN")
            yield connection
            driver.execute("COMMIT")


def _insert(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    marks = ", ".join("?" * len(table.columns))
    cursor = driver_cursor(connection)
    cursor.executemany(f"INSERT INTO {table.name} ({columns}) VALUES ({marks})", rows)


def _copy_captures(source: Connection, captures: Path, folder: Path, tell: Tell) -> None:
    folder.mkdir(exist_ok=True)
    for name, size, sha256 in source.execute(text("SELECT name, size, sha256 FROM warc_file ORDER BY id")):
        tell("copying", name)
        try:
            with (captures / name).open("rb") as file, WholeFile(folder / name, replace=True) as whole:
                digest = _copy_bytes(file, whole.file, size)
                if digest is None or sha256 not in (None, digest):
                    raise NoCaptures(
                        f"{captures / name} is not as the archive knows it: see `msarchive verify`"
                    )
                whole.finish()
        except FileNotFoundError:
            raise NoCaptures(
                f"{captures / name} is missing: --archive names the folder that holds {FOLDER}/, "
                "--without-captures copies the rows alone"
            ) from None


def _copy_bytes(file: BinaryIO, to: BinaryIO, size: int) -> str | None:
    """Copy `size` bytes; their SHA-256 (hex), or None when there are fewer."""
    digest = hashlib.sha256()
    while size:
        piece = file.read(min(size, _PIECE))
        if not piece:
            return None
        to.write(piece)
        digest.update(piece)
        size -= len(piece)
    return digest.hexdigest()
