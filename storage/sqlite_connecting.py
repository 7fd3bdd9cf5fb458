"""How connections to an archive's SQLite file are opened, and what is done when its writer closes.

PostgreSQL's counterpart is `storage.postgresql.connecting`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

_BUSY_TIMEOUT_S = 30.0
"""How long a connection waits for another one's write. With one writer this is only ever a checkpoint."""
_CLOSING_TIMEOUT_S = 1.0
"""How long a writer that closes waits for readers, to fold the log into the database."""


def writer_engine(path: Path) -> Engine:
    """For the one writer of the file `path`, which is made when it is missing."""

    def connect() -> sqlite3.Connection:
        connection = _connect(path, "rwc")
        connection.execute("PRAGMA journal_mode = WAL")
        # A commit survives the death of the process at any instant; WAL keeps the file sound through power
        # loss.
        connection.execute("PRAGMA synchronous = NORMAL")
        # Every checkpoint waits for the disk; 16 MB of log between two make that rare.
        connection.execute("PRAGMA wal_autocheckpoint = 4000")
        return connection

    return _engine(connect, "BEGIN IMMEDIATE")


def reader_engine(path: Path) -> Engine:
    """For a reader of the file `path`, who never waits for the writer, nor the writer for them."""

    def connect() -> sqlite3.Connection:
        connection = _connect(path, "ro")
        try:
            connection.execute("PRAGMA query_only = ON")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:
            connection.close()
            if path.with_name(f"{path.name}-wal").exists():
                raise
            # Read-only media: the write-ahead log's index can't be made, but without a log nobody writes
            # either.
            connection = _connect(path, "ro&immutable=1")
            connection.execute("PRAGMA query_only = ON")
        return connection

    return _engine(connect, "BEGIN")


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode={mode}",
        uri=True,
        timeout=_BUSY_TIMEOUT_S,
        isolation_level=None,  # transactions begin and end where we say, not where sqlite3 guesses
        check_same_thread=False,
        cached_statements=256,
    )
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _engine(connect: Callable[[], sqlite3.Connection], begin: str) -> Engine:
    engine = create_engine("sqlite+pysqlite://", creator=connect, poolclass=QueuePool)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def checkpoint(engine: Engine) -> bool:
    """Fold the write-ahead log into the database as far as readers let us; whether nothing is left in it."""
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        # A reader in the middle of a long query is not waited for: whoever ends us may have less patience.
        cursor.execute(f"PRAGMA busy_timeout = {round(1000 * _CLOSING_TIMEOUT_S)}")
        cursor.execute("PRAGMA optimize")
        (blocked, _, _) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not blocked
    except sqlite3.OperationalError:
        # A full disk or a reader in the middle of its work: the log stays, and is part of the archive.
        return False
    finally:
        raw.close()
