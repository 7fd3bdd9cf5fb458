"""What the archive showed at an earlier time: the public views over the tables as they were then.

For as long as `as_of` lasts, the connection's own temporary views stand before the tables of the same names
(https://sqlite.org/lang_naming.html: the temp schema is searched first) and narrow them to what had been
captured by then; the public views are put before themselves, over these. So every query over the views, ours
or a user's, answers as of that time, and none can say it otherwise than today's.

Time is the site's, that is, the captures': an old page imported today counts from its own date on. Values are
as today's readings have them: a later reader's correction is no change of the site's. Runs and addresses
(`runs`, `urls`) and what boilerplate is, are as of now.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from storage.dialects import is_postgresql
from storage.narrowing import NARROWED, narrowed, narrowed_views

_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@contextmanager
def as_of(connection: Connection, at: str | None) -> Iterator[None]:
    """Let the public views answer as of `at` (UTC text, as `storage.moments` gives it); None is now.

    For a reader's connection, outside any other `as_of`. Raises `ValueError` for text in another form.
    """
    if at is None:
        yield
        return
    if not _UTC.fullmatch(at):
        raise ValueError(f"not UTC text: {at!r}")
    if is_postgresql(connection):
        from storage.postgresql import past

        with past.as_of(connection, at):
            yield
        return
    made: list[str] = []
    try:
        with _temporary_allowed(connection):
            for table in NARROWED:
                made.append(table)
                connection.exec_driver_sql(_temporary(connection, table, at))
            for view in narrowed_views():
                made.append(view.name)
                connection.exec_driver_sql(view.ddl.replace("CREATE VIEW", "CREATE TEMP VIEW", 1))
        yield
    finally:
        # The connection goes back to its pool, and answers others as of now.
        with _temporary_allowed(connection):
            for name in reversed(made):
                connection.exec_driver_sql(f"DROP VIEW IF EXISTS temp.{name}")


def is_past(connection: Connection) -> bool:
    """Whether the connection answers as of an earlier time."""
    if is_postgresql(connection):
        from storage.postgresql import past

        return past.is_past(connection)
    return bool(connection.exec_driver_sql("SELECT EXISTS (SELECT 1 FROM temp.sqlite_master)").scalar())


def _temporary(connection: Connection, table: str, at: str) -> str:
    names = connection.exec_driver_sql(f"SELECT name FROM pragma_table_info('{table}', 'main')").scalars()
    statement = narrowed(table, names, "main", f"'{at}'")
    return f"CREATE TEMP VIEW {table} AS {statement}"


@contextmanager
def _temporary_allowed(connection: Connection) -> Iterator[None]:
    """Readers may write nothing, and that takes in temporary views, which touch no file of the archive."""
    only = connection.exec_driver_sql("PRAGMA query_only").scalar()
    connection.exec_driver_sql("PRAGMA query_only = OFF")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA query_only = {int(bool(only))}")
