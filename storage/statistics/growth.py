"""How much the archive holds, and how that grew, day by day of the captures."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import Connection, text

_BY_DAY = (
    "SELECT substr(first_seen_at, 1, 10), count(*), 0, 0, 0 FROM articles GROUP BY 1",
    "SELECT substr(first_seen_at, 1, 10), 0, count(*), 0, 0 FROM revisions GROUP BY 1",
    "SELECT substr(captured_at, 1, 10), 0, 0, count(*), sum(warc_length) FROM captures GROUP BY 1",
)


@dataclass(frozen=True, slots=True)
class Day:
    """What the archive held at the end of a day on which something was captured (UTC)."""

    day: str
    """`2026-03-01`."""
    articles: int
    """Known by then, those gone since included."""
    revisions: int
    captures: int
    bytes: int
    """Of the captures' records, compressed as they lie in the WARC files."""


@dataclass(frozen=True, slots=True)
class Growth:
    """What the archive holds, and how it came to."""

    articles: int
    gone: int
    """Of these, no longer on the site."""
    revisions: int
    captures: int
    bytes: int
    topics: int
    """Spellings grouped."""
    journals: int
    """Spellings grouped."""
    days: tuple[Day, ...]
    """Oldest first; the last one is all there is."""


def growth(connection: Connection) -> Growth:
    """What is there, and day by day how it grew."""
    new: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for sql in _BY_DAY:
        for day, *numbers in connection.execute(text(sql)):
            new[day] = [held + number for held, number in zip(new[day], numbers, strict=True)]
    days, held = [], [0, 0, 0, 0]
    for day in sorted(new):
        held = [before + number for before, number in zip(held, new[day], strict=True)]
        days.append(Day(day, *held))

    def one(sql: str) -> int:
        return int(connection.execute(text(sql)).scalar_one())

    return Growth(
        articles=held[0],
        gone=one("SELECT count(*) FROM articles WHERE gone_since IS NOT NULL"),
        revisions=held[1],
        captures=held[2],
        bytes=held[3],
        # The || keeps SQLite from going by topic, each time through all revisions.
        topics=one("SELECT count(DISTINCT topic_group || '') FROM article_topics"),
        journals=one("SELECT count(DISTINCT journal_group) FROM articles"),
        days=tuple(days),
    )
