"""How the articles that match a query divide: by topic, journal and year. Every count is exact."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from storage.search.grammar import quoted
from storage.search.members import Members, members
from storage.search.query import Query


@dataclass(frozen=True, slots=True)
class Facet:
    """One value, and how many of the matching articles have it."""

    filter: str
    """What narrows the query to these, as one types it: `topic:="iron"`, `date:2026`."""
    label: str
    """The value as printed, of several spellings the one that most of the matching articles have."""
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
    return Facets(
        _topics(connection, of, most), _journals(connection, of, most), _years(connection, of, most)
    )


def _topics(connection: Connection, of: Members, most: int) -> tuple[Facet, ...]:
    counts = _counts(connection, of, _TOPICS, _ALL_TOPICS, of.as_json(superseded=True))
    spellings = _spellings(connection, "SELECT id, text, normal FROM topic", counts)
    # An article may have a topic in two spellings, so that a sum of spellings is at most too large.
    bounds = {group: sum(names.values()) for group, names in spellings.items()}
    order = sorted(bounds, key=lambda group: (-bounds[group], group))
    looked_at = 2 * most
    while True:
        exact = _exact(connection, of, {group: bounds[group] for group in order[:looked_at]}, spellings)
        best = sorted(exact, key=lambda group: (-exact[group], group))[:most]
        left = order[looked_at:]
        if not left or (len(best) == most and exact[best[-1]] > bounds[left[0]]):
            break
        looked_at *= 2
    return tuple(Facet(f"topic:={quoted(g)}", _label(spellings[g]), exact[g]) for g in best if exact[g])


def _exact(
    connection: Connection, of: Members, bounds: dict[str, int], spellings: dict[str, Counter[str]]
) -> dict[str, int]:
    """The articles of each group, counted once where the group has several spellings."""
    several = [group for group in bounds if len(spellings[group]) > 1]
    statement = _DISTINCT.format(within="NOT IN" if of.complement else "IN")
    values = {"ids": of.as_json(superseded=True), "groups": json.dumps(several)}
    return {**bounds, **dict(_pairs(connection, statement, values))}


def _journals(connection: Connection, of: Members, most: int) -> tuple[Facet, ...]:
    counts = _counts(connection, of, _JOURNALS, _ALL_JOURNALS, of.as_json())
    spellings = _spellings(connection, "SELECT id, name, normal FROM journal", counts)
    exact = {group: sum(names.values()) for group, names in spellings.items()}
    best = sorted(exact, key=lambda group: (-exact[group], group))[:most]
    return tuple(Facet(f"journal:={quoted(g)}", _label(spellings[g]), exact[g]) for g in best)


def _years(connection: Connection, of: Members, most: int) -> tuple[Facet, ...]:
    years: Counter[str] = Counter()
    dates = _counts(connection, of, _DATES, _ALL_DATES, of.as_json())
    for date, number in dates.items():
        years[date[:4]] += number
    latest = sorted((year for year in years if years[year]), reverse=True)[:most]
    return tuple(Facet(f"date:{year}", year, years[year]) for year in latest)


def _counts(connection: Connection, of: Members, some: str, everything: str, ids: str) -> Counter[Any]:
    """Value -> articles that have it. `everything` counts over all, `some` over `ids`."""
    counted = Counter(dict(_pairs(connection, some, {"ids": ids})))
    if not of.complement:
        return counted
    whole = Counter(dict(_pairs(connection, everything, {})))
    whole.subtract(counted)
    return whole


def _pairs(connection: Connection, statement: str, values: dict[str, str]) -> Iterable[tuple[Any, int]]:
    return ((value, number) for value, number in connection.execute(text(statement), values))


def _spellings(connection: Connection, names: str, counts: Counter[Any]) -> dict[str, Counter[str]]:
    """Grouping form -> spelling as printed -> articles, of what any article has."""
    groups: dict[str, Counter[str]] = defaultdict(Counter)
    for number, name, normal in connection.execute(text(names)):
        if counts[number] > 0:
            groups[normal][name] = counts[number]
    return groups


def _label(spellings: Counter[str]) -> str:
    return min(spellings, key=lambda name: (-spellings[name], name))


_TOPICS = """
SELECT rt.topic_id, count(*) FROM json_each(:ids) m CROSS JOIN revision_topic rt ON rt.revision_id = m.value
GROUP BY rt.topic_id
"""
_ALL_TOPICS = "SELECT topic_id, count(*) FROM revision_topic GROUP BY topic_id"
_DISTINCT = """
SELECT t.normal, count(DISTINCT rt.revision_id)
FROM json_each(:groups) g CROSS JOIN topic t ON t.normal = g.value
CROSS JOIN revision_topic rt ON rt.topic_id = t.id
WHERE rt.revision_id {within} (SELECT value FROM json_each(:ids)) GROUP BY t.normal
"""
_JOURNALS = """
SELECT r.journal_id, count(*) FROM json_each(:ids) m CROSS JOIN revision r ON r.id = m.value
WHERE r.journal_id IS NOT NULL GROUP BY r.journal_id
"""
_ALL_JOURNALS = """
SELECT journal_id, count(*) FROM revision WHERE is_current = 1 AND journal_id IS NOT NULL GROUP BY journal_id
"""
_DATES = """
SELECT a.published_iso, count(*) FROM json_each(:ids) m CROSS JOIN revision r ON r.id = m.value
CROSS JOIN article a ON a.id = r.article_key WHERE a.published_iso IS NOT NULL GROUP BY a.published_iso
"""
_ALL_DATES = """
SELECT published_iso, count(*) FROM article WHERE published_iso IS NOT NULL GROUP BY published_iso
"""
