"""Which database a connection speaks to. The SQL of this program is written so that both take it; where they
can't agree, the module concerned asks here and leaves PostgreSQL's way to `storage.postgresql`."""

from __future__ import annotations

from sqlite3 import Cursor
from typing import cast

from sqlalchemy import Connection

NO_LIMIT = 2**63 - 1
"""As a LIMIT: all rows. SQLite would take -1 for it, PostgreSQL NULL."""


def is_postgresql(connection: Connection) -> bool:
    """Whether the archive is in PostgreSQL; else it is in SQLite."""
    return connection.dialect.name == "postgresql"


def driver_cursor(connection: Connection) -> Cursor:
    """The driver's own cursor, for statements with `?` for values. PostgreSQL's passes for SQLite's there."""
    if is_postgresql(connection):
        from storage.postgresql.cursor import MarkedCursor

        return cast(Cursor, MarkedCursor(connection))
    return cast(Cursor, connection.connection.cursor())
