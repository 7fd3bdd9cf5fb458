"""Opening an archive that is in PostgreSQL, and making one there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from storage.errors import (
    ArchiveBusy,
    ArchiveMissing,
    ArchiveNewer,
    ArchiveOlder,
    ArchiveUnwritable,
    DatabaseInUse,
    NoDatabase,
)
from storage.migrations import HEAD, IN_POSTGRESQL, KNOWN
from storage.postgresql import connecting, lock, schema

_OLDEST = (14,)
_LATEST_FILES = text("SELECT name FROM warc_file ORDER BY id DESC LIMIT 100")
_MAKING = 7_285_431_906_042
"""What `pg_advisory_lock` calls the making of an archive; any number that nobody else takes."""


def reader(url: URL) -> Engine:
    """The engine for reading the archive in a database. Raises `ArchiveError`."""
    engine = connecting.reader_engine(url)
    try:
        with connecting.explaining(url), engine.connect() as connection:
            _check(connection, url)
    except BaseException:
        engine.dispose()
        raise
    return engine


def writer(url: URL, *, create: bool, shared: bool = False) -> tuple[Engine, Connection]:
    """The engine for the one writer of the archive in a database, and the connection that it writes by, which
    holds the lock as long as it is open; each statement outside a transaction is one of its own.

    `create` makes the archive in an empty database; with `shared` this is one of several writers, see
    `storage.postgresql.lock.take`. An older schema is brought up to date, in one transaction. Raises
    `ArchiveError`.
    """
    engine, connection = connecting.writer_engine(url), None
    try:
        with connecting.explaining(url):
            connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            lock.take(connection, connecting.shown(url), shared=shared)
            if create and schema.revision(connection) is None:
                with making(url) as made:
                    schema.finish(made)
            _check(connection, url, writes=True)
            with engine.begin() as renewing:
                alone = not shared or lock.is_alone(connection)
                if schema.revision(renewing) == HEAD:
                    schema.renew(renewing, alone=alone)
                elif alone:
                    _upgrade(renewing)
                else:
                    raise ArchiveBusy("workers of another version of this program are at work")
    except BaseException:
        if connection is not None:
            connection.close()
        engine.dispose()
        raise
    return engine, connection


def who_writes(url: URL) -> str | None:
    """Who writes to the archive in a database, for people; None when nobody does, or it can't be asked."""
    engine = connecting.reader_engine(url)
    try:
        with engine.connect() as connection:
            return lock.holder(connection)
    except DBAPIError:
        return None
    finally:
        engine.dispose()


@contextmanager
def making(url: URL) -> Iterator[Connection]:
    """A connection with all tables, still empty, in a database that has none; whatever is done to them inside
    is done whole when it is left, or not at all. Raises `ArchiveError`."""
    engine = connecting.writer_engine(url)
    try:
        with connecting.explaining(url), engine.begin() as connection:
            _take(connection, url)
            schema.create_tables(connection)
            yield connection
    finally:
        engine.dispose()


def check_captures(connection: Connection, folder: Path) -> None:
    """Raise `ArchiveUnwritable` when the archive has captures and `folder` has none of their files: a writer
    there would tear it apart."""
    names = connection.execute(_LATEST_FILES).scalars().all()
    if names and not any((folder / name).is_file() for name in names):
        raise ArchiveUnwritable(
            f"{folder} has none of this archive's WARC files, {names[0]} among them: --archive names the "
            "folder that they are in"
        )


def _take(connection: Connection, url: URL) -> None:
    locked = connection.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _MAKING}).scalar()
    if not locked:
        raise ArchiveBusy(f"another process is making an archive in {connecting.shown(url)}")
    encoding = connection.execute(text("SHOW server_encoding")).scalar()
    version = connection.dialect.server_version_info or ()
    if encoding != "UTF8" or version < _OLDEST:
        raise NoDatabase(
            f"an archive wants a database in UTF-8, of PostgreSQL {_OLDEST[0]} or newer; this one is in "
            f"{encoding}, of {'.'.join(map(str, version))}"
        )
    if not schema.is_empty(connection):
        raise DatabaseInUse(
            f"{connecting.shown(url)} holds tables already: an archive wants a database of its own, "
            "as `createdb` makes it"
        )


def _upgrade(connection: Connection) -> None:
    from storage.migrations.upgrade import upgrade_postgresql  # Alembic takes long to import

    upgrade_postgresql(connection)


def _check(connection: Connection, url: URL, *, writes: bool = False) -> None:
    """Raise `ArchiveError` unless this version can read what is there; whoever `writes` brings an older
    schema up to date."""
    found = schema.revision(connection)
    if found is None:
        raise ArchiveMissing(
            f"no archive in {connecting.shown(url)}; a crawl makes one, or `msarchive copy --to`"
        )
    if found not in KNOWN:
        raise ArchiveNewer(
            f"{connecting.shown(url)} was made by a newer version of this program (schema {found})"
        )
    older = f"{connecting.shown(url)} has an older schema ({found})"
    if found < IN_POSTGRESQL:
        raise ArchiveOlder(f"{older}: copy the archive there anew")
    if found != HEAD and not writes:
        raise ArchiveOlder(f"{older}; `msarchive crawl` or `msarchive import` brings it up to date")
