"""All rows of an archive's tables, without what differs between any two runs by its nature."""

from __future__ import annotations

import re
from pathlib import Path

from storage.archive import open_archive
from storage.copying import rows, tables

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_DATE_HEADER = re.compile(r'\["Date", "[^"]+"\]')
_GAP = re.compile(r'"smallest_gap_ms": \d+')
_OF_THE_RUN = {
    "run": {"pid"},
    "warc_file": {"name", "size", "sha256"},
    # Records of a WARC file have names of their own, and their compressed lengths differ with them.
    "capture": {
        "record_id", "warc_offset", "warc_length", "request_offset", "request_length", "block_digest",
    },
}  # fmt: skip

Row = dict[str, object]


def all_rows(archive: Path, database: str | None = None) -> dict[str, list[Row]]:
    """Table -> its rows in the order of its key, internal numbers among them; for every time and date header
    a mark, and nothing of process numbers and of what the WARC files make of a record."""
    with (
        open_archive(archive, read_only=True, database=database) as opened,
        opened.engine.connect() as connection,
    ):
        found: dict[str, list[Row]] = {}
        for table in tables():
            names = [column.name for column in table.columns]
            left = _OF_THE_RUN.get(table.name, set())
            found[table.name] = [
                {name: _marked(value) for name, value in zip(names, row, strict=True) if name not in left}
                for row in rows(connection, table)
            ]
        return found


def _marked(value: object) -> object:
    if isinstance(value, str):
        return _GAP.sub("[gap]", _DATE_HEADER.sub("[date]", _TIME.sub("[time]", value)))
    return value
