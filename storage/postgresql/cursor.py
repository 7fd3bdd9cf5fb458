"""The driver's cursor for statements written as SQLite takes them, with `?` where values go."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import Connection

from storage.errors import RolledBack

if TYPE_CHECKING:
    from psycopg.abc import Buffer

_IS_NOT = re.compile(r"\bIS NOT (?!NULL\b|DISTINCT\b)")
_IS = re.compile(r"\bIS (?!NULL\b|NOT\b|DISTINCT\b)")
_TEMPORARY = re.compile(r"\btemp\.(?=[a-z])")
_OR_IGNORE = "INSERT OR IGNORE INTO"


class MarkedCursor:
    """A cursor for the statements of `storage.db.Db`. None of them has a `?` in a literal.

    What is said otherwise in PostgreSQL: `IS` between two values, `temp` for where temporary tables are,
    `INSERT OR IGNORE`, `BEGIN IMMEDIATE`.
    """

    def __init__(self, connection: Connection) -> None:
        self._driver: Any = connection.connection.driver_connection
        self._cursor: Any = connection.connection.cursor()
        self._cursor.adapters.register_dumper(str, text_dumper())

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Self:
        """Execute with values in the place of the marks."""
        self._cursor.execute(translated(sql), values)
        if sql == "COMMIT" and self._cursor.statusmessage != "COMMIT":
            raise RolledBack("the database took a transaction back that had failed")
        return self

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> Self:
        """Execute once for each of `rows`."""
        self._cursor.executemany(translated(sql), rows)
        return self

    @property
    def rowcount(self) -> int:
        """How many rows the last statement changed."""
        return int(self._cursor.rowcount)

    @property
    def connection(self) -> Self:
        """What knows whether a transaction is under way, as SQLite's connection does: this object."""
        return self

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is under way; not on a connection that is lost."""
        status = self._driver.info.transaction_status
        return not self._driver.closed and status.name in ("INTRANS", "INERROR")

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row; None behind the last."""
        row: tuple[Any, ...] | None = self._cursor.fetchone()
        return row

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows that are left."""
        rows: list[tuple[Any, ...]] = self._cursor.fetchall()
        return rows

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self._cursor)


@lru_cache(maxsize=1024)
def translated(sql: str) -> str:
    """A statement as PostgreSQL and its driver take it."""
    if sql == "BEGIN IMMEDIATE":
        return "BEGIN"
    if _OR_IGNORE in sql:
        sql = f"{sql.replace(_OR_IGNORE, 'INSERT INTO')} ON CONFLICT DO NOTHING"
    sql = _IS.sub("IS NOT DISTINCT FROM ", _IS_NOT.sub("IS DISTINCT FROM ", sql))
    return _TEMPORARY.sub("pg_temp.", sql).replace("%", "%%").replace("?", "%s")


@lru_cache(maxsize=1)
def text_dumper() -> type[Any]:
    """What the driver writes text with, in statements and in questions."""
    from psycopg.adapt import Dumper

    class StorableText(Dumper):
        """Text; U+0000, which PostgreSQL can't keep, as U+FFFD. Raises `UnicodeEncodeError` for half a
        surrogate pair, as SQLite's driver does."""

        def dump(self, obj: str) -> Buffer:
            return obj.replace("\0", "\ufffd").encode()

    return StorableText
