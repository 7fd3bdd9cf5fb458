"""Which database a connection speaks to. The SQL of this program is written so that both take it; where they
can't agree, the module concerned asks here and leaves PostgreSQL's way to `storage.postgresql`."""

from __future__ import annotations

import sqlite3
import sys
from sqlite3 import Cursor
from types import ModuleType
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


def postgresql_index(cursor: Cursor) -> ModuleType | None:
    """What keeps the full-text index that a `driver_cursor` writes to; None when it is SQLite's own."""
    if isinstance(cursor, Cursor):
        return None
    from storage.postgresql import documents

    return documents


def is_from_server(error: BaseException) -> bool:
    """Whether PostgreSQL or its driver raised it, wrapped by SQLAlchemy or not."""
    driver = sys.modules.get("psycopg")
    return driver is not None and isinstance(getattr(error, "orig", error), driver.Error)


def refusals() -> tuple[type[Exception], ...]:
    """What the drivers raise for values that a table does not take."""
    driver = sys.modules.get("psycopg")
    return (sqlite3.Error,) if driver is None else (sqlite3.Error, driver.DataError, driver.IntegrityError)
