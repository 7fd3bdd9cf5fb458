"""Ctrl-C while SQLite works.

Python runs what answers a signal between two of its own steps, and one long statement is no such step. So
SQLite asks back every so often (https://sqlite.org/c3ref/progress_handler.html). What is raised while it asks
comes out as the statement's error "interrupted": sqlite3 keeps no exception of a callback.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Connection

from storage.dialects import is_postgresql

_STEPS_BETWEEN_LOOKS = 20_000
"""Of SQLite's machine, about a millisecond."""


@contextmanager
def stoppable(
    connection: Connection | sqlite3.Connection, is_over: Callable[[], bool] = lambda: False
) -> Iterator[None]:
    """Let signals through while statements of this connection work, and stop those that `is_over` ends.

    Raises `KeyboardInterrupt` for a statement that a signal stopped.
    """
    driver: Any = connection
    if isinstance(connection, Connection):
        if is_postgresql(connection):  # whose driver waits in Python's own steps, and cancels the statement
            yield
            return
        driver = connection.connection.driver_connection
    driver.set_progress_handler(is_over, _STEPS_BETWEEN_LOOKS)
    try:
        yield
    except Exception as error:
        if is_interrupt(error):
            raise KeyboardInterrupt from None
        raise
    finally:
        with suppress(
            sqlite3.ProgrammingError
        ):  # SQLAlchemy has closed it: the signal came between two statements
            driver.set_progress_handler(None, 0)


def is_interrupt(error: BaseException) -> bool:
    """Whether it says, as SQLite or SQLAlchemy has it, that a statement was stopped."""
    return getattr(getattr(error, "orig", error), "sqlite_errorname", "") == "SQLITE_INTERRUPT"
