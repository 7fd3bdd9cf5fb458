"""The driver's cursor for statements that have `?` where values go, as SQLite's do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Self

from sqlalchemy import Connection


class MarkedCursor:
    """A cursor for reading with the statements of `storage.db.Db`. None of them has a `?` in a literal."""

    def __init__(self, connection: Connection) -> None:
        self._cursor: Any = connection.connection.cursor()

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Self:
        """Execute with values in the place of the marks."""
        self._cursor.execute(_marked(sql), values)
        return self

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


@lru_cache(maxsize=256)
def _marked(sql: str) -> str:
    return sql.replace("%", "%%").replace("?", "%s")
