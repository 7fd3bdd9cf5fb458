"""Opening an archive: its folder, its database, its one writer's lock, its schema.

An archive is a folder with `archive.db` in it, or with a database in PostgreSQL in that file's place.
Everything that can be wrong with it is an `ArchiveError` with one clear line.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError

from storage import fixity, skipped
from storage.errors import (
    ArchiveBusy,
    ArchiveDamaged,
    ArchiveError,
    ArchiveMissing,
    ArchiveNewer,
    ArchiveOlder,
    ArchiveUnwritable,
    DatabaseInUse,
    NoDatabase,
)
from storage.lock import SharedLock, WriterLock
from storage.migrations import HEAD, KNOWN
from storage.sqlite_connecting import checkpoint, reader_engine, writer_engine
from storage.views import sync_views
from storage.warc import FOLDER as CAPTURES

if TYPE_CHECKING:
    from storage.postgresql.sharing import Sharing

__all__ = [
    "Archive",
    "ArchiveBusy",
    "ArchiveDamaged",
    "ArchiveError",
    "ArchiveMissing",
    "ArchiveNewer",
    "ArchiveOlder",
    "ArchiveUnwritable",
    "DatabaseInUse",
    "NoDatabase",
    "open_archive",
]

FILE_NAME = "archive.db"
_UNWRITABLE = (
    "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_FULL", "SQLITE_NOMEM", "SQLITE_PERM",
)  # fmt: skip
"""Errors that say something of the disk or the machine, and nothing of the file (sqlite.org/rescode.html)."""
_MAGIC = b"SQLite format 3\0"


class Archive:
    """An open archive; a context manager. Made by `open_archive`.

    A writer has one connection for all that it writes (`connection`); readers open theirs from `engine`.
    Every transaction on a writer's engine takes SQLite's write lock when it begins.
    """

    def __init__(
        self,
        directory: Path,
        engine: Engine,
        lock: WriterLock | SharedLock | None,
        database: str | None = None,
        connection: Connection | None = None,
    ) -> None:
        self.directory = directory
        self.path = directory / FILE_NAME
        self.database = database
        """Address of the PostgreSQL database that it is in, without a password; None: it is in `path`."""
        self.engine = engine
        self.sharing: Sharing | None = None
        """This writer's part beside others; None when it is the only one."""
        self._lock = lock
        self._connection = connection

    @property
    def name(self) -> str:
        """What holds it, for people: a file, or a database's address."""
        return self.database or str(self.path)

    @property
    def read_only(self) -> bool:
        """Whether it was opened for reading only."""
        return self._lock is None

    @property
    def connection(self) -> Connection:
        """The one connection that the writer and the frontier share; opened at first use."""
        if self._connection is None:
            self._connection = self.engine.connect()
        return self._connection

    def close(self) -> None:
        """Close every connection and give up the lock; harmless the second time.

        A writer folds the write-ahead log into `archive.db`, so that this one file is the archive, and puts
        its checksum beside it.
        """
        try:
            writes = self._lock is not None and self._lock.is_held
            if writes and self.database is not None and self.sharing is None:
                self._take_in_skipped()  # as long as the database's own lock is held
            if self._connection is not None:
                _close(self._connection)
                self._connection = None
            if writes and self.database is None:
                self._take_in_skipped()
            whole = writes and self.database is None and checkpoint(self.engine)
            self.engine.dispose()
            if whole:
                # Without a checksum an archive is as good as with it: a full disk is no error here.
                with contextlib.suppress(OSError):
                    fixity.record(self.path)
        finally:
            if self._lock is not None:
                self._lock.release()

    def _take_in_skipped(self) -> None:
        """Make rows of the runs that were skipped; what can't be written now stays noted."""
        with contextlib.suppress(DatabaseError, OSError):
            skipped.take_in(self.directory, self.engine)

    def abandon(self) -> None:
        """Close without touching the file again, after it turned out to be unusable."""
        if self.database is not None and self._connection is not None:
            _close(self._connection)
        self._connection = None
        self.engine.dispose()
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_archive(
    directory: Path,
    *,
    create: bool = False,
    read_only: bool = False,
    database: str | None = None,
    lease_s: float | None = None,
) -> Archive:
    """Open the archive in `directory`; with `database` (`postgresql://…`) the one there, whose captures are
    in `directory`.

    A writer (the default) takes the lock, and brings an older schema up to date; `create` makes the folder
    and the archive when there is none. `read_only` takes no lock, never changes a byte, and works beside a
    writer. With `lease_s` a writer to a database is one of several: what it takes is its own for so many
    seconds without a sign of life, and a run has to be begun, or joined, at once (`Writer.begin_run`). Raises
    `ArchiveMissing`, `ArchiveDamaged`, `ArchiveNewer`, and as a writer `ArchiveUnwritable`, `NoDatabase` or
    `ArchiveBusy`, as a reader `ArchiveOlder`.
    """
    directory = Path(directory)
    if database is not None:
        return _in_postgresql(directory, database, create, read_only, lease_s)
    if lease_s is not None:
        raise NoDatabase("several processes can share an archive in PostgreSQL only: name one by --database")
    path = directory / FILE_NAME
    if not create and not _is_file(path):
        raise ArchiveMissing(f"no archive in {directory}; `msarchive crawl` or `msarchive import` makes one")
    if read_only:
        _check_magic(path)
        archive = Archive(directory, reader_engine(path), None)
        return _checked(archive, _check_schema)
    lock = WriterLock(directory)
    _take(lock, directory, create)
    try:
        _check_magic(path)
    except ArchiveError:
        lock.release()
        raise
    archive = Archive(directory, writer_engine(path), lock)
    _upgrade(archive)
    _checked(archive, _make_or_tidy)
    archive._take_in_skipped()
    return archive


def _take(lock: WriterLock | SharedLock, directory: Path, create: bool) -> None:
    """Take the lock on a folder, which `create` makes."""
    if create:
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ArchiveUnwritable(f"can't make {directory}: {error.strerror}") from None
    lock.acquire()


def _in_postgresql(
    directory: Path, database: str, create: bool, read_only: bool, lease_s: float | None
) -> Archive:
    from storage.postgresql import connecting, opening

    url = connecting.address(database)
    if read_only:
        return Archive(directory, opening.reader(url), None, connecting.shown(url))
    lock = WriterLock(directory) if lease_s is None else SharedLock(directory)
    try:
        _take(lock, directory, create)
    except ArchiveBusy:
        who = opening.who_writes(url)
        if who is None:
            raise
        raise ArchiveBusy(f"{connecting.shown(url)} is being written to by {who}") from None
    try:
        engine, connection = opening.writer(url, create=create, shared=lease_s is not None)
    except BaseException:
        lock.release()
        raise
    archive = Archive(directory, engine, lock, connecting.shown(url), connection)
    try:
        opening.check_captures(connection, directory / CAPTURES)
        if lease_s is not None:
            from storage.postgresql.sharing import Sharing

            with connecting.explaining(url):
                archive.sharing = Sharing(connection, directory / CAPTURES, lease_s)
    except BaseException:
        archive.abandon()
        raise
    archive._take_in_skipped()
    return archive


def _close(connection: Connection) -> None:
    """Close a connection, also one that the server has ended: then there is nothing left to say to it."""
    driver = connection.connection.driver_connection
    if getattr(driver, "closed", False):
        connection.invalidate()
    connection.close()


def _upgrade(archive: Archive) -> None:
    """Bring an older archive to the newest schema; killed in between, it stays as it was.

    Foreign keys are off meanwhile, as SQLite's procedure for reshaping tables asks, and checked at the end;
    they can only be switched outside a transaction.
    """
    with _explaining(archive), archive.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        revision = _schema(archive, connection)
        _forget_checksum(archive)  # only now: of a database that can't be opened it is worth keeping
        if revision in (None, HEAD):
            return
        connection.rollback()
        from storage.migrations.upgrade import upgrade  # Alembic takes long to import

        driver.execute("PRAGMA foreign_keys = OFF")
        try:
            with connection.begin():
                upgrade(connection)
        finally:
            driver.execute("PRAGMA foreign_keys = ON")
        # What a step has moved elsewhere leaves free pages behind; without room for a copy they just stay.
        with contextlib.suppress(sqlite3.OperationalError):
            driver.execute("VACUUM")


def _forget_checksum(archive: Archive) -> None:
    try:
        fixity.forget(archive.path)
    except OSError as error:
        raise ArchiveUnwritable(f"can't write to {archive.directory}: {error.strerror}") from None


def _checked(archive: Archive, check: Callable[[Archive, Connection], None]) -> Archive:
    """`archive` after `check`, or one clear line and everything closed again."""
    with _explaining(archive), archive.engine.begin() as connection:
        check(archive, connection)
    return archive


@contextmanager
def _explaining(archive: Archive) -> Iterator[None]:
    """One clear line, and everything closed again, for what goes wrong."""
    try:
        yield
    except DatabaseError as error:
        archive.abandon()
        raise _explained(archive, error) from error
    except UnicodeDecodeError as error:
        # What SQLite says of a damaged schema quotes it, as it stands there.
        archive.abandon()
        raise ArchiveDamaged(f"{archive.path} is damaged: it holds text that is no UTF-8") from error
    except BaseException:
        archive.abandon()
        raise


def _explained(archive: Archive, error: DatabaseError) -> ArchiveError:
    said = str(error.orig)
    code = str(getattr(error.orig, "sqlite_errorname", ""))
    if code.startswith(_UNWRITABLE):
        return ArchiveUnwritable(f"can't open {archive.path}: {said}")
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return ArchiveBusy(f"{archive.directory} is being written to by another process")
    return ArchiveDamaged(f"{archive.path} is damaged: {said}")


def _schema(archive: Archive, connection: Connection) -> str | None:
    """The archive's schema revision; None for an empty database. Raises when it is not one of ours."""
    tables = set(connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars())
    if not tables:
        return None
    if "alembic_version" not in tables:
        raise ArchiveDamaged(f"{archive.path} is a database, but no archive")
    revision = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if revision not in KNOWN:
        raise ArchiveNewer(f"{archive.path} was made by a newer version of this program (schema {revision})")
    return str(revision)


def _check_schema(archive: Archive, connection: Connection) -> None:
    revision = _schema(archive, connection)
    if revision is None:
        if _holds_captures(archive.directory):
            raise ArchiveDamaged(f"{archive.path} is empty, but there are captures beside it")
        raise ArchiveMissing(f"no archive in {archive.directory} yet: the run that began it ended at once")
    if revision != HEAD:
        raise ArchiveOlder(
            f"{archive.path} has an older schema ({revision}); `msarchive crawl` or `msarchive import` "
            "brings it up to date"
        )


def _make_or_tidy(archive: Archive, connection: Connection) -> None:
    """Make the schema in an empty database, and put today's views in place."""
    if _schema(archive, connection) is None:
        _create(connection)
    sync_views(connection)


def _create(connection: Connection) -> None:
    from storage.migrations.newest import REVISION, STATEMENTS

    for statement in STATEMENTS:
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql("INSERT INTO alembic_version (version_num) VALUES (?)", (REVISION,))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _holds_captures(directory: Path) -> bool:
    try:
        return any((directory / CAPTURES).iterdir())
    except OSError:
        return False


def _check_magic(path: Path) -> None:
    """Raise `ArchiveDamaged` unless `path` is missing, empty, or begins as a SQLite file does."""
    try:
        with path.open("rb") as file:
            begin = file.read(len(_MAGIC))
    except FileNotFoundError:
        return
    except OSError as error:
        raise ArchiveUnwritable(f"can't open {path}: {error.strerror}") from None
    if begin and begin != _MAGIC:
        raise ArchiveDamaged(f"{path} is no SQLite database")
