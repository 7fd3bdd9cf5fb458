"""Giving a table another shape on SQLite, which can't alter constraints, without losing a row.

By SQLite's own procedure (https://sqlite.org/lang_altertable.html#otheralter): the old table steps aside, the
new one is filled from it, and the old one is dropped. `storage.migrations.upgrade` has switched foreign keys
off meanwhile, so that no other table's rows go with it, and checks them all at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from alembic import op
from sqlalchemy import Connection


def rebuild(table: str, create: Callable[[], None], *, new: Mapping[str, str] | None = None) -> None:
    """Make `table` anew with `create`, and fill it from the old one.

    Columns of the same name are copied; `new` gives an SQL expression over the old table for a column that
    it did not have (or that means something else now). Any other new column is NULL.
    """
    connection = op.get_bind()
    old = f"old_{table}"
    for index in _indexes(connection, table):
        op.execute(f"DROP INDEX {index}")
    op.execute(f"ALTER TABLE {table} RENAME TO {old}")
    create()
    had = _columns(connection, old)
    given = dict(new or {})
    values = {
        name: given.get(name, name) for name in _columns(connection, table) if name in had or name in given
    }
    op.execute(f"INSERT INTO {table} ({', '.join(values)}) SELECT {', '.join(values.values())} FROM {old}")
    op.execute(f"DROP TABLE {old}")


def _columns(connection: Connection, table: str) -> list[str]:
    return [row[1] for row in connection.exec_driver_sql(f"PRAGMA table_info({table})")]


def _indexes(connection: Connection, table: str) -> list[str]:
    rows = connection.exec_driver_sql(
        "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL", (table,)
    )
    return [row[0] for row in rows]
