"""A person's own SQL, answered by the archive's public views and never able to change anything.

In SQLite three locks, one behind the other: the file is opened read-only, `PRAGMA query_only` is on, and an
authorizer (https://sqlite.org/c3ref/set_authorizer.html) refuses every statement that is not plain reading,
among them those that the other two would let pass (ATTACH, VACUUM INTO, temporary tables, load_extension).
`storage.postgresql.statements` has those of PostgreSQL.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Connection

from storage.dialects import is_postgresql
from storage.search_index import TABLE
from storage.stopping import is_interrupt, stoppable

_LONGEST_VALUE = 100_000_000
"""Bytes that one value or row may take: `zeroblob(1e9)` would take the machine's memory."""

_READING = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE, sqlite3.SQLITE_FUNCTION}
)
_PRAGMAS_ABOUT = frozenset(
    {"table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo", "foreign_key_list"}
)
_PRAGMAS_ALONE = frozenset(
    {"table_list", "function_list", "compile_options", "user_version", "schema_version", "encoding",
     "page_size", "page_count", "data_version"}  # the last one is asked by FTS5 itself
)  # fmt: skip
_NOT_READING = {
    sqlite3.SQLITE_ATTACH: "ATTACH or VACUUM",
    sqlite3.SQLITE_DETACH: "DETACH",
    sqlite3.SQLITE_PRAGMA: "such PRAGMA",
    sqlite3.SQLITE_FUNCTION: "such function",
    sqlite3.SQLITE_TRANSACTION: "BEGIN, COMMIT or ROLLBACK",
    sqlite3.SQLITE_SAVEPOINT: "SAVEPOINT",
}
_OF_THE_STATEMENT = (
    "SQLITE_ERROR", "SQLITE_AUTH", "SQLITE_TOOBIG", "SQLITE_RANGE", "SQLITE_MISMATCH", "SQLITE_READONLY",
)  # fmt: skip


class SqlError(ValueError):
    """A statement that can't be answered; the message is one line for whoever typed it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The columns of an answer, and its rows as they are asked for."""

    columns: tuple[str, ...]
    rows: Iterator[tuple[Any, ...]]
    """Values as the database has them: None, int, float, str or bytes. Iterating may raise `SqlError`."""


@contextmanager
def answered(connection: Connection, statement: str, *, time_limit: float | None = None) -> Iterator[Answer]:
    """The answer to one statement, `time_limit` in seconds. Raises `SqlError`, and `KeyboardInterrupt` when
    the user stops it.

    Only inside the `with` can rows be had; afterwards the connection is as it was. Under
    `storage.as_of.as_of` the views answer as of then.
    """
    if is_postgresql(connection):
        from storage.postgresql import statements

        with statements.answered(connection, statement, time_limit=time_limit) as answer:
            yield answer
        return
    driver = cast(sqlite3.Connection, connection.connection.driver_connection)
    guard = _Guard(time_limit)
    # FTS5 prepares statements that write when a connection first meets its table: before anyone watches.
    driver.execute(f"SELECT 1 FROM {TABLE} WHERE {TABLE} MATCH '\"a\"' LIMIT 1").fetchone()
    longest = driver.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
    driver.set_authorizer(guard.authorize)
    try:
        with stoppable(driver, guard.is_over):
            with guard.explaining():
                cursor = driver.execute(statement)
            if cursor.description is None:
                raise SqlError("no statement to answer: give a SELECT")
            yield Answer(tuple(column[0] for column in cursor.description), guard.watched(cursor))
            cursor.close()
    finally:
        driver.set_authorizer(None)
        driver.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, longest)


class _Guard:
    """What one statement may do, for how long, and what is said when it may not."""

    def __init__(self, time_limit: float | None) -> None:
        self._time_limit = time_limit
        self._until = None if time_limit is None else time.monotonic() + time_limit
        self._refused: str | None = None

    def authorize(
        self, action: int, first: str | None, second: str | None, _schema: str | None, _within: str | None
    ) -> int:
        """SQLite's question before it compiles each part of a statement."""
        if action == sqlite3.SQLITE_PRAGMA:
            allowed = first in (_PRAGMAS_ALONE if second is None else _PRAGMAS_ABOUT)
        elif action == sqlite3.SQLITE_FUNCTION:
            allowed = second not in ("load_extension", "fts3_tokenizer")
        else:
            allowed = action in _READING
        if not allowed:
            self._refused = self._refused or _NOT_READING.get(action, "changes")
        return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY

    def is_over(self) -> bool:
        """SQLite's question while it works: whether to stop."""
        return self._until is not None and time.monotonic() > self._until

    def watched(self, cursor: sqlite3.Cursor) -> Iterator[tuple[Any, ...]]:
        """The cursor's rows."""
        while True:
            with self.explaining():
                row = cursor.fetchone()
            if row is None:
                return
            yield row

    @contextmanager
    def explaining(self) -> Iterator[None]:
        """One line for what is the statement's fault; what is the archive's passes."""
        try:
            yield
        except (sqlite3.Warning, sqlite3.ProgrammingError) as error:
            # Python's driver itself: two statements at once, a parameter without a value.
            raise SqlError(_line(error)) from None
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorname", "")
            if is_interrupt(error) and self.is_over():
                raise SqlError(
                    f"not done within {self._time_limit:g} s (--time-limit gives it longer)"
                ) from None
            if self._refused is not None:
                raise SqlError(f"only reading is possible here, no {self._refused}") from None
            if code and not code.startswith(_OF_THE_STATEMENT):
                raise
            raise SqlError(_line(error)) from None
        except UnicodeEncodeError:
            raise SqlError("the statement holds characters that are no text") from None


def _line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
