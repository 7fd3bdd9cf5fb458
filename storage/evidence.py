"""From an article's values back to the bytes: which capture each was read from, where in it, by what rule."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from typing import Any, Literal

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One claim about one field of an article's current revision: a row of the view `article_evidence`."""

    field: str
    claim: Literal["taken", "overruled", "absent"]
    value: str | None
    """As found; None when absent, or a text so long that it stands in the article only."""
    rule: str | None
    block: int | None
    """Number of the block on the page; None when it was not in the page's text."""
    location: str | None
    """Element path, line or JSON path in the page; None when absent."""
    reason: str | None
    """Why it is absent; None when it is not."""
    detail: str | None
    reader_version: str | None
    capture: int
    captured_at: str
    """UTC text."""
    url: str | None
    """None for a file whose address can't be told."""
    warc_file: str
    """Name in the archive's folder `captures`."""
    warc_offset: int
    """Bytes from the file's beginning to the record's."""
    warc_length: int
    """Compressed bytes."""


def evidence(connection: Connection, site: str, key: str) -> tuple[EvidenceRow, ...]:
    """Everything known of where an article's current values come from: what was taken, in the order in
    which it was read, each followed by what it overruled; then what is absent. Empty without such an
    article."""
    columns = ", ".join(field.name for field in dataclass_fields(EvidenceRow))
    rows = connection.execute(
        text(
            f"SELECT {columns} FROM article_evidence WHERE site = :site AND article_key = :key "
            "AND is_current = 1"
        ),
        {"site": site, "key": key},
    )
    places = {
        tuple(row[:4]): row.place for row in connection.execute(text(_PLACES), {"site": site, "key": key})
    }
    found = sorted((EvidenceRow(*row) for row in rows), key=lambda row: _place(row, places))
    first = {row.field: number for number, row in reversed(list(enumerate(found)))}
    order = {"taken": 0, "overruled": 1, "absent": 2}
    return tuple(sorted(found, key=lambda row: (row.claim == "absent", first[row.field], order[row.claim])))


_PLACES = """
SELECT e.field, e.rule, e.location, e.capture_id, min(e.position) AS place
FROM article a JOIN revision r ON r.article_key = a.id AND r.is_current = 1
JOIN evidence e ON e.revision_id = r.id
WHERE a.site = :site AND a.key = :key GROUP BY 1, 2, 3, 4
"""


def _place(row: EvidenceRow, places: Mapping[tuple[Any, ...], int]) -> tuple[float, str]:
    """Where a claim stands in the order of reading; what was not read there (absent, told by a card) behind
    it."""
    return places.get((row.field, row.rule, row.location, row.capture), math.inf), row.field
