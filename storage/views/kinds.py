"""What a column of a public view holds: the one description of it that everything else is made from.

The SQL type is what SQLite knows; the kind says the rest, which the data dictionary, JSON Schema, Table
Schema, Parquet's types and Datasette's metadata each say in their own words (`storage.schema`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Holds(StrEnum):
    """What the values of a column are."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    FLAG = "flag"
    """0 or 1."""
    DATE = "date"
    """ISO text, only as precise as printed: `2026-05-01`, `2026-05` or `2026`."""
    DAY = "day"
    """ISO text of one day."""
    TIME = "time"
    """UTC text, `2026-11-23T06:48:27.123Z`."""
    TEXTS = "texts"
    """A JSON list of text."""
    PAIRS = "pairs"
    """A JSON list of [name, value] pairs."""
    OBJECT = "object"
    """A JSON object."""


_SQL = {Holds.INTEGER: "INTEGER", Holds.FLAG: "INTEGER", Holds.NUMBER: "REAL"}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a column holds, and what may be relied on about it. As text it is its SQL type."""

    holds: Holds
    required: bool = False
    """Whether it is never NULL."""
    key: bool = False
    """Whether it belongs to what identifies a row; required then."""
    refers_to: str | None = None
    """`view.column` that holds the same value where this is not NULL; None when no view need."""
    among: tuple[str, ...] = ()
    """All values that it can take; empty when it is free."""
    unit: str | None = None
    """What it counts (bytes, seconds); None for plain numbers and everything else."""

    @property
    def sql(self) -> str:
        """Its SQL type."""
        return _SQL.get(self.holds, "TEXT")

    def __str__(self) -> str:
        return self.sql

    @property
    def always(self) -> Kind:
        """The same, never NULL."""
        return replace(self, required=True)

    @property
    def as_key(self) -> Kind:
        """The same, a part of what identifies a row."""
        return replace(self, required=True, key=True)

    def to(self, column: str) -> Kind:
        """The same, referring to `view.column`."""
        return replace(self, refers_to=column)

    def of(self, *values: str) -> Kind:
        """The same, one of `values`."""
        return replace(self, among=values)

    def counted_in(self, unit: str) -> Kind:
        """The same, counting `unit`."""
        return replace(self, unit=unit)


T, N, R = Kind(Holds.TEXT), Kind(Holds.INTEGER), Kind(Holds.NUMBER)
FLAG = Kind(Holds.FLAG, required=True)
DATE, DAY, UTC = Kind(Holds.DATE), Kind(Holds.DAY), Kind(Holds.TIME)
TEXTS, PAIRS, OBJECT = Kind(Holds.TEXTS), Kind(Holds.PAIRS), Kind(Holds.OBJECT)
