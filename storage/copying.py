"""An archive's rows from one database to another, and the proof that they are the same.

Everything is read from one snapshot and written in one transaction, which is committed only when each row of
each table has been read back and compared: a copy is there whole, or not at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, select

from storage.models import Base

_AT_ONCE = 1_000
Row = tuple[Any, ...]
Insert = Callable[[Table, Iterable[Row]], None]
"""Writes rows, each in the order of the table's columns."""
Tell = Callable[[str, str], None]
"""Hears what is being done ("copying", "comparing"), and with which table."""


class NotTheSame(Exception):
    """A row that is not in the copy as it is in the archive. The message is one line."""


class CannotKeep(Exception):
    """A value that the other database can't hold. The message is one line."""


@dataclass(frozen=True, slots=True)
class CopiedTable:
    """A table that both archives now hold."""

    name: str
    rows: int
    digest: str
    """SHA-256 (hex) over all rows in the order of their keys, the same in every database: of each row its
    values in the order of the models' columns, as MessagePack."""


def tables() -> list[Table]:
    """All tables of an archive, each behind those that its rows refer to."""
    return list(Base.metadata.sorted_tables)


def copy_rows(source: Connection, insert: Insert, tell: Tell) -> None:
    """Write all rows of `source`'s archive with `insert`."""
    for table in tables():
        tell("copying", table.name)
        insert(table, rows(source, table))


def compared(source: Connection, copy: Connection, tell: Tell) -> tuple[CopiedTable, ...]:
    """Every table, when each row of the copy is as in the archive. Raises `NotTheSame`."""
    return tuple(_compared(source, copy, table, tell) for table in tables())


def rows(connection: Connection, table: Table) -> Iterator[Row]:
    """The rows of a table in the order of its key, a few at a time in memory."""
    every = select(table).order_by(*table.primary_key.columns)
    result = connection.execute(every.execution_options(yield_per=_AT_ONCE))
    for some in result.partitions():
        yield from (tuple(row) for row in some)


def _compared(source: Connection, copy: Connection, table: Table, tell: Tell) -> CopiedTable:
    tell("comparing", table.name)
    digest, number, encode = hashlib.sha256(), 0, msgspec.msgpack.Encoder().encode
    for original, copied in zip_longest(rows(source, table), rows(copy, table)):
        if original is None or copied is None or encode(original) != encode(copied):
            raise NotTheSame(_difference(table, original, copied))
        digest.update(encode(copied))
        number += 1
    return CopiedTable(table.name, number, digest.hexdigest())


def _difference(table: Table, original: Row | None, copied: Row | None) -> str:
    if original is None or copied is None:
        key = _key(table, original or copied or ())
        return f"row {key} of {table.name} is only in the {'copy' if original is None else 'archive'}"
    names = [
        column.name
        for column, one, other in zip(table.columns, original, copied, strict=True)
        if (type(one), one) != (type(other), other)
    ]
    return f"row {_key(table, original)} of {table.name} differs in {', '.join(names)}"


def _key(table: Table, row: Sequence[Any]) -> str:
    named = zip(table.columns, row, strict=True)
    return ", ".join(str(value) for column, value in named if column.primary_key)
