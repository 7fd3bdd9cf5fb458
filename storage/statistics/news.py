"""What changed on the site: by month, by field, and the latest of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, text

from storage.history import Entry, changes

KINDS = ("new", "changed", "gone", "back", "moved")
"""What may happen to an article."""
_BEGINNING = "0000"
_BY_MONTH = (
    "SELECT substr(first_seen_at, 1, 7), CASE revision WHEN 1 THEN 'new' ELSE 'changed' END, count(*) "
    "FROM revisions WHERE first_seen_at >= :since GROUP BY 1, 2",
    "SELECT substr(at, 1, 7), event, count(*) FROM article_events WHERE at >= :since GROUP BY 1, 2",
)
_BY_FIELD = "SELECT field, count(*) FROM revision_changes WHERE at >= :since GROUP BY 1 ORDER BY 2 DESC, 1"
_LATEST = (
    "SELECT min(at) FROM (SELECT first_seen_at AS at FROM revisions "
    "WHERE revision > 1 AND first_seen_at >= :since ORDER BY 1 DESC LIMIT :limit) newest"
)


@dataclass(frozen=True, slots=True)
class News:
    """What happened on the site since a time."""

    by_month: Mapping[str, Mapping[str, int]]
    """Month of the captures that show it (`2026-03`, UTC) -> kind, as in `KINDS` -> how often; every month
    from the first to the last is there."""
    by_field: Mapping[str, int]
    """Field of a revision -> how often it changed, the most frequent first."""
    latest: tuple[Entry, ...]
    """The latest changed articles, newest first, each with what it said before and after."""


def news(connection: Connection, *, since: str | None = None, latest: int = 20) -> News:
    """What happened since a time (UTC text; None: from the beginning), and its `latest` revisions in full."""
    values = {"since": since or _BEGINNING, "limit": latest}
    months: dict[str, Counter[str]] = defaultdict(Counter)
    for sql in _BY_MONTH:
        for month, kind, number in connection.execute(text(sql), values):
            months[month][kind] += number
    by_field = {field: int(number) for field, number in connection.execute(text(_BY_FIELD), values)}
    begin = connection.execute(text(_LATEST), values).scalar()
    entries = changes(connection, since=begin) if begin is not None else ()
    revised = [entry for entry in entries if entry.what == "revision"]
    return News(
        by_month={month: {kind: months[month][kind] for kind in KINDS} for month in _months(months)},
        by_field=by_field,
        latest=tuple(reversed(revised[-latest:])),
    )


def _months(found: Mapping[str, object]) -> list[str]:
    """All months from the first to the last."""
    if not found:
        return []
    year, month = (int(part) for part in min(found).split("-"))
    made = []
    while (name := f"{year:04}-{month:02}") <= max(found):
        made.append(name)
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return made
