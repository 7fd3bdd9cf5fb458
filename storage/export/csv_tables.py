"""CSV (RFC 4180) that a spreadsheet opens without running anything in it.

A cell of text that would be taken for a formula gets an apostrophe before it, as spreadsheets have it for
text, and so does one that looks as if it had got one: so `read_cell` gives back exactly what was there.
Numbers are left alone, in columns of text too: nothing runs in them.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from storage.views.kinds import Holds, Kind

# What Excel, LibreOffice and Google Sheets begin a formula at (OWASP, "CSV Injection"), full-width forms too.
_RUNS = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_GUARDED = re.compile("''*[=+\\-@\t\r\n＝＋－＠]")
_TOGETHER = 500
"""Rows that are written at once."""


def safe_cell(text: str) -> str:
    """Text as a cell that no spreadsheet runs."""
    if _RUNS.match(text) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def read_cell(cell: str) -> str:
    """The text that `safe_cell` made a cell of."""
    return cell[1:] if _GUARDED.match(cell) else cell


def lines(header: Sequence[str], kinds: Sequence[Kind], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """A table as CSV in UTF-8, some lines at a time, with a header. NULL is an empty cell."""
    convert = [_cell(kind) for kind in kinds]
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(header)
    for number, row in enumerate(rows, start=1):
        writer.writerow(
            [None if value is None else to(value) for to, value in zip(convert, row, strict=True)]
        )
        if number % _TOGETHER == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    data = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return data


def number_cell(value: float) -> str:
    """A number as it is written: `4`, `3.5`."""
    return str(int(value)) if value.is_integer() else repr(value)


def _cell(kind: Kind) -> Callable[[Any], Any]:
    if kind.holds is Holds.FLAG:
        return lambda value: "true" if value else "false"
    if kind.holds is Holds.NUMBER:
        return number_cell
    if kind.holds is Holds.INTEGER:
        return lambda value: value
    return safe_cell
