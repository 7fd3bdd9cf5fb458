"""How the articles that match a query divide: by topic, journal and year."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from storage.search.grammar import quoted
from storage.search.query import Query
from storage.search.selection import selected


@dataclass(frozen=True, slots=True)
class Facet:
    """One value, and how many of the matching articles have it."""

    filter: str
    """What narrows the query to these, as one types it: `topic:="iron"`, `date:2026`."""
    label: str
    """The value as printed, of several spellings the most frequent one."""
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
    asked = selected(query)

    def counted(statement: str) -> list[tuple[str, str, int]]:
        values = {**asked.parameters, "most": most}
        rows = connection.execute(text(statement.format(selected=asked.sql)), values)
        return [(value, label, articles) for value, label, articles in rows]

    return Facets(
        tuple(Facet(f"topic:={quoted(value)}", label, n) for value, label, n in counted(_TOPICS)),
        tuple(Facet(f"journal:={quoted(value)}", label, n) for value, label, n in counted(_JOURNALS)),
        tuple(Facet(f"date:{value}", label, n) for value, label, n in counted(_YEARS)),
    )


_TOPICS = """
SELECT t.normal, (SELECT s.text FROM topic s JOIN revision_topic rs ON rs.topic_id = s.id
                  WHERE s.normal = t.normal GROUP BY s.id ORDER BY count(*) DESC, s.text LIMIT 1),
       count(DISTINCT r.id) AS articles
FROM revision r JOIN revision_topic rt ON rt.revision_id = r.id JOIN topic t ON t.id = rt.topic_id
WHERE r.is_current = 1 AND r.article_key IN ({selected})
GROUP BY t.normal ORDER BY articles DESC, t.normal LIMIT :most
"""
_JOURNALS = """
SELECT j.normal, (SELECT s.name FROM journal s JOIN revision rs ON rs.journal_id = s.id
                  WHERE s.normal = j.normal GROUP BY s.id ORDER BY count(*) DESC, s.name LIMIT 1),
       count(*) AS articles
FROM revision r JOIN journal j ON j.id = r.journal_id
WHERE r.is_current = 1 AND r.article_key IN ({selected})
GROUP BY j.normal ORDER BY articles DESC, j.normal LIMIT :most
"""
_YEARS = """
SELECT substr(a.published_iso, 1, 4) AS year, substr(a.published_iso, 1, 4), count(*)
FROM article a WHERE a.published_iso IS NOT NULL AND a.id IN ({selected})
GROUP BY year ORDER BY year DESC LIMIT :most
"""
