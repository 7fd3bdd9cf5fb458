"""Long lists of articles a page at a time, read-only.

A list's order is worked out once, as the articles' internal numbers (four bytes each), and may be kept by
whoever asks until the archive changes; a page of it is then a slice, and only its articles are read.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Literal

from sqlalchemy import Connection, bindparam, text

from storage.queries import OF_TOPIC, ROW_FIELDS, ArticleRow, article_row
from storage.views.articles import ARTICLES

Order = Literal["date", "seen", "title", "credibility", "interest"]

_NEWEST = "a.published_iso DESC NULLS LAST, a.id DESC"
# The number makes every order total, and so the same on every machine.
_ORDERS: dict[Order, str] = {
    "date": _NEWEST,
    "seen": "a.first_seen_at DESC, a.id DESC",
    "title": "lower(r.title) NULLS LAST, a.id",
    "credibility": f"r.credibility / r.credibility_scale DESC NULLS LAST, {_NEWEST}",
    "interest": f"r.interest / r.interest_scale DESC NULLS LAST, {_NEWEST}",
}
ORDERS: tuple[Order, ...] = tuple(_ORDERS)
"""Dates, first sight and ratings with the greatest first, what has none at the end."""

_CURRENT = "JOIN revision r ON r.article_key = a.id AND r.is_current = 1"
_OF_JOURNAL = "r.journal_id IN (SELECT id FROM journal WHERE normal = :journal)"
_ROWS = text(
    f"WITH found ({', '.join(ARTICLES.columns)}) AS ({ARTICLES.select} WHERE a.id IN :numbers) "
    f"SELECT {', '.join(ROW_FIELDS)} FROM found"
).bindparams(bindparam("numbers", expanding=True))
_NAMES = text("SELECT id, site, key FROM article WHERE id IN :numbers").bindparams(
    bindparam("numbers", expanding=True)
)


def article_numbers(
    connection: Connection,
    order: Order,
    *,
    topic_group: str | None = None,
    journal_group: str | None = None,
) -> array[int]:
    """Internal numbers of all articles, or of those of a topic's or a journal's grouping form, in order."""
    conditions = {OF_TOPIC: topic_group, _OF_JOURNAL: journal_group}
    where = " AND ".join(condition for condition, value in conditions.items() if value is not None) or "TRUE"
    # The revisions are the widest rows there are; a list by date or first sight does without them.
    joined = _CURRENT if "r." in _ORDERS[order] or journal_group is not None else ""
    rows = connection.execute(
        text(f"SELECT a.id FROM article a {joined} WHERE {where} ORDER BY {_ORDERS[order]}"),
        {"topic": topic_group, "journal": journal_group},
    )
    return array("I", rows.scalars())


def article_rows(connection: Connection, numbers: Sequence[int]) -> list[ArticleRow]:
    """The articles with these internal numbers, in this order; one that is there no more is left out."""
    if not numbers:
        return []
    asked = {"numbers": list(numbers)}
    place = {(site, key): number for number, site, key in connection.execute(_NAMES, asked)}
    found = {
        place[row["site"], row["key"]]: article_row(row)
        for row in connection.execute(_ROWS, asked).mappings()
    }
    return [found[number] for number in numbers if number in found]
