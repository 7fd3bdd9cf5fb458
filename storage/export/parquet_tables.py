"""Parquet with types: lists of text, times in UTC, and beside each date as printed the day where it is one.

Needs the extra `parquet` (pyarrow).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet as pq

from storage.schema.values import meant
from storage.views.kinds import DAY, Holds, Kind

_GROUP = 2000
"""Rows in a row group, which is what stands in memory at a time."""
_TYPES: dict[Holds, pa.DataType] = {
    Holds.TEXT: pa.string(),
    Holds.INTEGER: pa.int64(),
    Holds.NUMBER: pa.float64(),
    Holds.FLAG: pa.bool_(),
    Holds.DATE: pa.string(),
    Holds.DAY: pa.date32(),
    Holds.TIME: pa.timestamp("ms", tz="UTC"),
    Holds.TEXTS: pa.list_(pa.string()),
    Holds.PAIRS: pa.list_(pa.list_(pa.string())),
    Holds.OBJECT: pa.string(),
}
Columns = Mapping[str, tuple[Kind, str]]


def day_column(name: str) -> str:
    """The column beside the date `name` that holds it as a date, where it is a day."""
    return f"{name}_day"


def with_days(columns: Columns) -> Columns:
    """All columns, each date's day beside it."""
    found: dict[str, tuple[Kind, str]] = {}
    for name, (kind, doc) in columns.items():
        found[name] = (kind, doc)
        if kind.holds is Holds.DATE:
            said = f"{name} as a date; NULL when only the month or the year is known."
            found[day_column(name)] = (DAY, said)
    return found


def write(path: Path, columns: Columns, rows: Iterable[Sequence[Any]], about: dict[str, Any]) -> int:
    """Write a table to a new file; how many rows there were. `about` stands in the file's metadata."""
    schema = _schema(columns).with_metadata({"msarchive": json.dumps(about, ensure_ascii=False)})
    kinds = [kind for kind, _ in columns.values()]
    total = 0
    iterator = iter(rows)
    # Not a path: Arrow's own files tell of a full disk in words only.
    with (
        path.open("xb") as file,
        pq.ParquetWriter(file, schema, compression="zstd", write_statistics=True) as writer,
    ):
        while group := list(islice(iterator, _GROUP)):
            total += len(group)
            arrays = _arrays(kinds, group)
            writer.write_table(pa.Table.from_arrays(list(arrays), schema=schema))
    return total


def _schema(columns: Columns) -> pa.Schema:
    return pa.schema(
        pa.field(name, _TYPES[kind.holds], nullable=not kind.required, metadata={"description": doc})
        for name, (kind, doc) in with_days(columns).items()
    )


def _arrays(kinds: Sequence[Kind], group: Sequence[Sequence[Any]]) -> Iterator[pa.Array]:
    for kind, column in zip(kinds, zip(*group, strict=True), strict=True):
        yield pa.array([_value(kind, stored) for stored in column], _TYPES[kind.holds])
        if kind.holds is Holds.DATE:
            yield pa.array([_day(stored) for stored in column], pa.date32())


def _value(kind: Kind, stored: Any) -> Any:
    if stored is None or kind.holds is Holds.OBJECT:
        return stored
    if kind.holds is Holds.TIME:
        return datetime.fromisoformat(stored).astimezone(UTC)
    return meant(kind, stored)


def _day(iso: str | None) -> date | None:
    if iso is None or len(iso) != len("2026-05-01"):
        return None
    return date.fromisoformat(iso)
