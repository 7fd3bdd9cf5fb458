"""The writer's way to the database: statements on the driver's own cursor.

SQLAlchemy's execution layer costs some 30 µs a statement, several times what SQLite needs for it; a page
takes a dozen. Statements are plain SQL with `?`, in the subset that SQLite and PostgreSQL share where that is
possible.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

from sqlalchemy import Connection

from storage.dialects import driver_cursor, is_postgresql

Row = tuple[Any, ...]

to_json = json.JSONEncoder(ensure_ascii=False).encode
"""A value as JSON text, characters as they are."""


class Db:
    """A connection's cursor, and its transactions. For one thread.

    `at_begin` is called when a transaction has begun, within it: to wait for one's turn.
    """

    def __init__(self, connection: Connection, at_begin: Callable[[Db], None] | None = None) -> None:
        self._connection = connection
        self.cursor = driver_cursor(connection)
        self._at_begin = at_begin
        self._returning = " RETURNING id" if is_postgresql(connection) else None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: committed at the end, rolled back whole when anything is raised. Within a
        transaction that is under way a part of it, which is committed with it."""
        if self.in_transaction:
            with self.savepoint():
                yield
            return
        try:
            self.begin()
            yield
            self.commit()
        except BaseException:
            self.rollback()
            raise

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part of a transaction, which is taken back alone when anything is raised. The database may have
        taken the whole transaction back then: see `in_transaction`."""
        self.cursor.execute("SAVEPOINT part")
        try:
            yield
            self.cursor.execute("RELEASE part")
        except BaseException:
            if self.in_transaction:
                self.cursor.execute("ROLLBACK TO part")
                self.cursor.execute("RELEASE part")
            raise

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is under way, also one that has failed and can only be rolled back."""
        return self.cursor.connection.in_transaction

    def begin(self) -> None:
        """Begin a transaction; `commit` or `rollback` ends it."""
        # On the driver itself, like the statements: SQLAlchemy's bookkeeping costs more than the transaction.
        self.cursor.execute("BEGIN IMMEDIATE")
        if self._at_begin is not None:
            self._at_begin(self)

    def commit(self) -> None:
        """Bring the transaction to disk."""
        self.cursor.execute("COMMIT")

    def rollback(self) -> None:
        """Take the transaction back; nothing when there is none."""
        if self.in_transaction:
            self.cursor.execute("ROLLBACK")

    def run(self, sql: str, *values: Any) -> int:
        """Execute; the number of rows changed."""
        return self.cursor.execute(sql, values).rowcount

    def insert(self, sql: str, *values: Any) -> int:
        """Execute an INSERT; the new row's id."""
        if self._returning is not None:
            return cast(int, self.value(sql + self._returning, *values))
        self.cursor.execute(sql, values)
        return cast(int, self.cursor.lastrowid)

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Execute once for each of `rows`."""
        self.cursor.executemany(sql, rows)

    def one(self, sql: str, *values: Any) -> Row | None:
        """The first row, or None."""
        return cast("Row | None", self.cursor.execute(sql, values).fetchone())

    def value(self, sql: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        row = self.cursor.execute(sql, values).fetchone()
        return None if row is None else row[0]

    def all(self, sql: str, *values: Any) -> list[Row]:
        """All rows."""
        return self.cursor.execute(sql, values).fetchall()

    def each(self, sql: str, *values: Any) -> Iterator[Row]:
        """All rows, one after the other, where there may be very many; nothing may be written meanwhile that
        alters them."""
        return iter(driver_cursor(self._connection).execute(sql, values))

    def column(self, sql: str, *values: Any) -> list[Any]:
        """The first column of all rows."""
        return [row[0] for row in self.cursor.execute(sql, values)]
