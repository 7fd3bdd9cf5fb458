"""What ever happened to any article, the latest first, a page at a time. Read-only.

It tells what `storage.history.changes` does, without reading all of it: the order is worked out from times
and internal numbers alone (twelve bytes a row) and may be kept; only a page's entries are read.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, text

from storage.dialects import is_postgresql
from storage.history import Entry, What, history

Sort = Literal["all", "new", "changed", "whole"]
SORTS: tuple[Sort, ...] = ("all", "new", "changed", "whole")
"""Everything; articles first seen; revisions; what happened to articles as a whole (gone, back, moved)."""

_WHATS: dict[Sort, frozenset[What]] = {
    "all": frozenset({"new", "revision", "gone", "back", "moved"}),
    "new": frozenset({"new"}),
    "changed": frozenset({"revision"}),
    "whole": frozenset({"gone", "back", "moved"}),
}
_REVISIONS = "SELECT r.first_seen_at AS at, r.article_key AS article FROM revision r"
_EVENTS = "SELECT e.at AS at, e.article_key AS article FROM article_event e"
_SOURCES: dict[Sort, str] = {
    "all": f"{_REVISIONS} UNION {_EVENTS}",
    "new": f"{_REVISIONS} WHERE r.number = 1",
    "changed": f"{_REVISIONS} WHERE r.number > 1",
    "whole": f"SELECT DISTINCT at, article FROM ({_EVENTS}) AS events",
}
_MILLISECONDS = "CAST(strftime('%s', at) AS INTEGER) * 1000 + CAST(substr(at, 21, 3) AS INTEGER)"
_POSTGRESQL_MILLISECONDS = "CAST(EXTRACT(EPOCH FROM CAST(at AS TIMESTAMPTZ)) * 1000 AS BIGINT)"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Feed:
    """When something happened, and to which article: the latest first."""

    sort: Sort
    times: array[int]
    """Milliseconds since 1970 (UTC)."""
    articles: array[int]
    """The internal number of the article at the same place."""

    def __len__(self) -> int:
        return len(self.times)


def feed(connection: Connection, sort: Sort) -> Feed:
    """The order of all that happened. What happened to one article at one time is one row of it."""
    times, articles = array("q"), array("I")
    at_ms = _POSTGRESQL_MILLISECONDS if is_postgresql(connection) else _MILLISECONDS
    latest = f"SELECT {at_ms}, article FROM ({_SOURCES[sort]}) AS happened ORDER BY at DESC, article DESC"
    for at, article in connection.execute(text(latest)):
        times.append(at)
        articles.append(article)
    return Feed(sort, times, articles)


def entries(connection: Connection, order: Feed, first: int, most: int) -> list[Entry]:
    """What happened in the rows from `first` (from 0) on, at most so many of them."""
    found: list[Entry] = []
    wanted = _WHATS[order.sort]
    for number in range(first, min(first + most, len(order))):
        at = _text(order.times[number])
        name = connection.execute(
            text("SELECT site, key FROM article WHERE id = :id"), {"id": order.articles[number]}
        ).first()
        if name is not None:
            happened = history(connection, name.site, name.key)
            found += [entry for entry in happened if entry.at == at and entry.what in wanted]
    return found


def _text(milliseconds: int) -> str:
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    return f"{moment.isoformat(timespec='milliseconds').removesuffix('+00:00')}Z"
