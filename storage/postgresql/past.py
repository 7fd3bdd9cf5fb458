"""The archive as it was, in PostgreSQL: the schema `as_of` holds the same views over narrowed tables.

Which moment they show is a setting of the session (`msarchive.as_of`). So a reader that may create nothing,
on a standby even, can ask for the past, and so can anybody with psql:
`SET search_path = as_of, public; SET msarchive.as_of = '2026-03-31T23:59:59.999Z';`
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from storage.models import Base
from storage.narrowing import NARROWED, narrowed, narrowed_views

SCHEMA = "as_of"
_SETTING = "msarchive.as_of"
_MOMENT = f"current_setting('{_SETTING}')"
_SET = text(f"SELECT set_config('search_path', :path, true), set_config('{_SETTING}', :at, true)")


def create(connection: Connection) -> None:
    """Make the schema, once the public views stand."""
    _run(connection, f"CREATE SCHEMA {SCHEMA}")
    _run(connection, f"SET LOCAL search_path = {SCHEMA}, public")
    for table in NARROWED:
        columns = [column.name for column in Base.metadata.tables[table].columns]
        _run(connection, f"CREATE VIEW {table} AS {narrowed(table, columns, 'public', _MOMENT)}")
    for view in narrowed_views():
        _run(connection, view.postgresql_ddl)
    _run(connection, "SET LOCAL search_path = public")


@contextmanager
def as_of(connection: Connection, at: str) -> Iterator[None]:
    """Let plain names mean the archive as of `at` (UTC text), in this transaction."""
    connection.execute(_SET, {"path": f"{SCHEMA}, public", "at": at})
    try:
        yield
    finally:
        # After an error the transaction is over, and with it the setting.
        with suppress(DBAPIError):
            connection.execute(_SET, {"path": "public", "at": ""})


def is_past(connection: Connection) -> bool:
    """Whether plain names mean the past."""
    return bool(connection.execute(text(f"SELECT current_setting('search_path') LIKE '{SCHEMA}%'")).scalar())


def _run(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
