"""A database as the checks ask it, SQLite's connection or PostgreSQL's cursor: statements with `?`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

Row = tuple[Any, ...]


class Rows(Protocol):
    """What a statement answers. A new statement may end it: to be read first."""

    def fetchone(self) -> Row | None:
        """The next row; None behind the last."""

    def fetchall(self) -> list[Row]:
        """All rows that are left."""


class Asked(Protocol):
    """What executes statements, all of them in one snapshot."""

    def execute(self, sql: str, values: Sequence[Any] = (), /) -> Rows:
        """Execute a statement with values in the place of its marks."""


def one(asked: Asked, sql: str, *values: Any) -> Row:
    """The first row of a statement that always answers."""
    row = asked.execute(sql, values).fetchone()
    assert row is not None, sql
    return row
