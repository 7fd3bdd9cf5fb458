"""What all tables share: naming of constraints, column types that SQLite's STRICT tables take, checks."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Float, Integer, LargeBinary, MetaData, Text
from sqlalchemy.dialects.sqlite import REAL
from sqlalchemy.orm import DeclarativeBase, MappedColumn, mapped_column
from sqlalchemy.types import TypeEngine

Words = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that compares byte by byte, as SQLite's does, whatever language PostgreSQL was set up for: orders are
the same on every machine."""

Whole = Integer().with_variant(BigInteger(), "postgresql")
"""A whole number of 64 bits, as SQLite's are."""

Number = Float().with_variant(REAL(), "sqlite")
"""A rating or scale. STRICT tables know REAL but not FLOAT."""

STRICT = {"sqlite_strict": True}
STRICT_WITHOUT_ROWID = {"sqlite_strict": True, "sqlite_with_rowid": False}
"""For narrow tables that are only reached through their key: a second B-tree would double their size."""


class Base(DeclarativeBase):
    """All tables of the archive; `Base.metadata` is what migrations are compared with."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def as_text(doc: str, *args: Any, **options: Any) -> MappedColumn[Any]:
    """A TEXT column; `doc` is its line in the data dictionary."""
    return _column(Words, doc, *args, **options)


def as_integer(doc: str, *args: Any, **options: Any) -> MappedColumn[Any]:
    """An INTEGER column; `doc` is its line in the data dictionary."""
    return _column(Whole, doc, *args, **options)


def as_real(doc: str, *args: Any, **options: Any) -> MappedColumn[Any]:
    """A REAL column; `doc` is its line in the data dictionary."""
    return _column(Number, doc, *args, **options)


def as_blob(doc: str, *args: Any, **options: Any) -> MappedColumn[Any]:
    """A BLOB column; `doc` is its line in the data dictionary."""
    return _column(LargeBinary(), doc, *args, **options)


def _column(kind: TypeEngine[Any], doc: str, *args: Any, **options: Any) -> MappedColumn[Any]:
    return mapped_column(kind, *args, doc=doc, **options)


def one_of(column: str, *values: str) -> CheckConstraint:
    """`column` holds one of `values` (or NULL where the column may)."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def is_utc(*columns: str) -> tuple[CheckConstraint, ...]:
    """Each of `columns` holds UTC text such as `2026-11-23T06:48:27.123Z` (or NULL where it may)."""
    return tuple(CheckConstraint(f"{column} LIKE '____-__-__T__:__:__%Z'", name=column) for column in columns)


def is_partial_date(prefix: str) -> CheckConstraint:
    """`prefix_iso` is exactly as long as `prefix_precision` says, and there is none without `prefix_raw`."""
    raw, iso, precision = f"{prefix}_raw", f"{prefix}_iso", f"{prefix}_precision"
    return CheckConstraint(
        f"({iso} IS NULL AND {precision} IS NULL) OR ({raw} IS NOT NULL AND ("
        f"({precision} = 'day' AND {iso} LIKE '____-__-__') OR "
        f"({precision} = 'month' AND {iso} LIKE '____-__') OR "
        f"({precision} = 'year' AND {iso} LIKE '____')))",
        name=prefix,
    )


def is_rating(prefix: str) -> CheckConstraint:
    """Value, scale and raw text of a rating are there together or not at all, and the value lies on the
    scale."""
    value, scale, raw = prefix, f"{prefix}_scale", f"{prefix}_raw"
    return CheckConstraint(
        f"({value} IS NULL AND {scale} IS NULL AND {raw} IS NULL) OR "
        f"({raw} IS NOT NULL AND {scale} > 0 AND {value} >= 0 AND {value} <= {scale})",
        name=prefix,
    )


def is_sha256(column: str) -> CheckConstraint:
    """`column` holds a SHA-256 in hexadecimal."""
    return CheckConstraint(f"length({column}) = 64", name=column)


def is_flag(column: str) -> CheckConstraint:
    """`column` is 0 or 1."""
    return CheckConstraint(f"{column} IN (0, 1)", name=column)
