"""How the articles that match a query divide: by topic, journal and year. Every count is exact."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from storage.search.grammar import quoted
from storage.search.members import Members, members
from storage.search.query import Query
from storage.search.topic_counts import topic_counts

_SCAN_SHARE = 10
"""Of so many articles one, or more, are sooner found by going through an index of all than by looking up
each: measured with 10,000, 100,000 and 200,000 articles."""


@dataclass(frozen=True, slots=True)
class Facet:
    """One value, and how many of the matching articles have it."""

    filter: str
    """What narrows the query to these, as one types it: `topic:="iron"`, `date:2026`."""
    label: str
    """The value as printed, of several spellings a most frequent one."""
    articles: int


@dataclass(frozen=True, slots=True)
class Facets:
    """Counts of articles; those without a value are in none of them."""

    topics: tuple[Facet, ...]
    """The most frequent first. An article counts once for each of its topics."""
    journals: tuple[Facet, ...]
    """The most frequent first."""
    years: tuple[Facet, ...]
    """The latest first."""


def facets(connection: Connection, query: Query, *, most: int = 10) -> Facets:
    """The counts over all articles that match; at most `most` of each kind."""
    of = members(connection, query)
    topics = topic_counts(connection, of, most)
    everything = connection.execute(text("SELECT max(id) FROM article")).scalar_one() or 0
    scanned = len(of.articles) * _SCAN_SHARE > everything
    return Facets(
        tuple(Facet(f"topic:={quoted(one.group)}", one.label, one.articles) for one in topics),
        _journals(connection, of, most, scanned),
        _years(connection, of, most, scanned),
    )


def _journals(connection: Connection, of: Members, most: int, scanned: bool) -> tuple[Facet, ...]:
    statement = _JOURNALS_SCANNED if scanned else _JOURNALS
    counts = _counts(connection, of, statement, of.revisions, _ALL_JOURNALS)
    groups: Counter[str] = Counter()
    for number, normal in _rows(connection, "SELECT id, normal FROM journal"):
        groups[normal] += counts[number]
    best = sorted((group for group in groups if groups[group]), key=lambda group: (-groups[group], group))
    labels = dict(_rows(connection, _JOURNAL_LABELS, groups=json.dumps(best[:most])))
    return tuple(Facet(f"journal:={quoted(one)}", labels[one], groups[one]) for one in best[:most])


def _years(connection: Connection, of: Members, most: int, scanned: bool) -> tuple[Facet, ...]:
    statement = _DATES_SCANNED if scanned else _DATES
    years: Counter[str] = Counter()
    for date, number in _counts(connection, of, statement, of.articles, _ALL_DATES).items():
        years[date[:4]] += number
    latest = sorted((year for year in years if years[year]), reverse=True)[:most]
    return tuple(Facet(f"date:{year}", year, years[year]) for year in latest)


def _counts(
    connection: Connection, of: Members, some: str, numbers: Sequence[int], everything: str
) -> Counter[Any]:
    """Value -> articles that have it: `some` counts over `numbers`, `everything` over all."""
    counted = Counter(dict(_rows(connection, some, numbers=json.dumps(list(numbers)))))
    if not of.complement:
        return counted
    whole = Counter(dict(_rows(connection, everything)))
    whole.subtract(counted)
    return whole


def _rows(connection: Connection, statement: str, **values: str) -> Sequence[tuple[Any, Any]]:
    return [(first, second) for first, second in connection.execute(text(statement), values).all()]


_JOURNALS = """
SELECT r.journal_id, count(*) FROM json_each(:numbers) m CROSS JOIN revision r
WHERE r.id = CAST(m.value AS BIGINT) AND r.journal_id IS NOT NULL GROUP BY r.journal_id
"""
_ALL_JOURNALS = """
SELECT journal_id, count(*) FROM revision WHERE is_current = 1 AND journal_id IS NOT NULL GROUP BY journal_id
"""
_JOURNALS_SCANNED = """
SELECT journal_id, count(*) FROM revision
WHERE is_current = 1 AND journal_id IS NOT NULL
  AND +id IN (SELECT CAST(value AS BIGINT) FROM json_each(:numbers))
GROUP BY journal_id
"""
_JOURNAL_LABELS = """
SELECT g.value, (SELECT j.name FROM journal j JOIN revision r ON r.journal_id = j.id AND r.is_current = 1
                 WHERE j.normal = g.value GROUP BY j.id ORDER BY count(*) DESC, j.name LIMIT 1)
FROM json_each(:groups) g
"""
_DATES = """
SELECT a.published_iso, count(*) FROM json_each(:numbers) m CROSS JOIN article a
WHERE a.id = CAST(m.value AS BIGINT) AND a.published_iso IS NOT NULL GROUP BY a.published_iso
"""
_ALL_DATES = """
SELECT published_iso, count(*) FROM article WHERE published_iso IS NOT NULL GROUP BY published_iso
"""
_DATES_SCANNED = """
SELECT published_iso, count(*) FROM article
WHERE published_iso IS NOT NULL AND +id IN (SELECT CAST(value AS BIGINT) FROM json_each(:numbers))
GROUP BY published_iso
"""
