"""A person's own SQL, answered by PostgreSQL and never able to change anything.

Three locks, one behind the other: the transaction is read-only; the statement is what a cursor is declared
for (https://www.postgresql.org/docs/current/sql-declare.html: one SELECT or VALUES, nothing that modifies);
and it is sent by the extended protocol, which takes one statement only. What the role may do besides is for
whoever runs the server to say (docs/postgresql.md).
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Connection

from storage.read_only_sql import Answer, SqlError

_CANCELLED, _READ_ONLY = "57014", "25006"
_PARAMETER = "08P01"
"""protocol_violation: the statement has a `$1` and nobody gives it a value."""
_SYNTAX = "42601"
_READS = ("select", "with", "values", "table")
_PLAIN = (int, float, str, bytes, type(None))


@contextmanager
def answered(connection: Connection, statement: str, *, time_limit: float | None = None) -> Iterator[Answer]:
    """The answer to one statement, as `storage.read_only_sql.answered` gives it."""
    driver: Any = connection.connection.driver_connection
    guard = _Guard(statement, time_limit)
    with driver.cursor("msarchive_sql") as cursor:
        with guard.explaining():
            # Of each statement sent; that their sum is not longer is looked after between two of them.
            milliseconds = 0 if time_limit is None else max(1, round(1000 * time_limit))
            driver.execute(sql.SQL("SET LOCAL statement_timeout = {}").format(milliseconds))
            cursor.execute(statement)
        if cursor.description is None:
            raise SqlError("no statement to answer: give a SELECT")
        yield Answer(tuple(column.name for column in cursor.description), guard.watched(cursor))


class _Guard:
    """How long a statement may take, and what is said when it takes longer or is none that reads."""

    def __init__(self, statement: str, time_limit: float | None) -> None:
        self._statement = statement
        self._time_limit = time_limit
        self._until = None if time_limit is None else time.monotonic() + time_limit

    def watched(self, cursor: Any) -> Iterator[tuple[Any, ...]]:
        """The cursor's rows; values of types that SQLite does not know as text."""
        while True:
            with self.explaining():
                rows = cursor.fetchmany(500)
            if not rows:
                return
            for row in rows:
                yield tuple(value if isinstance(value, _PLAIN) else _as_text(value) for value in row)
            if self._until is not None and time.monotonic() > self._until:
                raise self._too_long()

    @contextmanager
    def explaining(self) -> Iterator[None]:
        """One line for what is the statement's fault; what is the server's passes."""
        try:
            yield
        except psycopg.Error as error:
            if error.sqlstate == _CANCELLED and self._time_limit is not None:
                raise self._too_long() from None
            if error.sqlstate == _READ_ONLY:
                raise SqlError("only reading is possible here, no changes") from None
            if isinstance(error, psycopg.OperationalError) and error.sqlstate != _PARAMETER:
                raise
            raise SqlError(self._line(error)) from None
        except UnicodeEncodeError:
            raise SqlError("the statement holds characters that are no text") from None

    def _too_long(self) -> SqlError:
        return SqlError(f"not done within {self._time_limit:g} s (--time-limit gives it longer)")

    def _line(self, error: psycopg.Error) -> str:
        said = error.diag.message_primary or str(error)
        line = " ".join(said.split()).rstrip(".") or type(error).__name__
        first = re.match(r"\s*([A-Za-z]+)", self._statement)
        if error.sqlstate == _SYNTAX and first is not None and first[1].lower() not in _READS:
            return f"only reading is possible here, with SELECT, WITH, VALUES or TABLE: {line}"
        return line


def _as_text(value: Any) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
