"""In what order matches are shown, found without ranking all of them where they are many.

**Relevance.** Up to `MANY` matches are ranked by bm25, a word in the title weighing ten times and in the
takeaway five times as much as one in the sections. Where more match, how often a word occurs says little (on
a site about MS, `MS` stands in nearly every title), and reckoning it for each takes long. Then those come
first that hold all that was asked for in their title, next those that hold it in their takeaway, then all
others; each of these groups by bm25 when it has at most `MANY`, else the newest first. Without words to go
by, and where words are only one of several ways to match (`iron OR topic:sleep`), the newest come first.

**Date.** As the site dates articles, the latest first, those without a date last; among equals by id.

Every order is total, and so the same on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

from sqlalchemy import Connection, text

from storage.as_of import is_past
from storage.search.matching import expression
from storage.search.selection import FROM, Conditions
from storage.search.total import MANY, count_matches, has_more, matching

Sort = Literal["relevance", "date", "title", "credibility", "interest"]
SORTS: tuple[Sort, ...] = get_args(Sort)
"""What an answer can be sorted by; dates and ratings with the greatest first."""

WEIGHTS = (10.0, 5.0, 1.0)
"""Of a word in title, takeaway and sections, for bm25."""

_RANK = f"bm25({', '.join(map(str, WEIGHTS))})"
_NEWEST = "a.published_iso DESC, a.key DESC, a.site DESC"
_ORDERS: dict[Sort, str] = {
    "title": "r.title COLLATE NOCASE NULLS LAST, a.key, a.site",
    "credibility": f"r.credibility / r.credibility_scale DESC, {_NEWEST}",
    "interest": f"r.interest / r.interest_scale DESC, {_NEWEST}",
}
_PROBED = 100
"""So many of the newest articles are asked one by one whether they match, before all matches are sorted."""


@dataclass(frozen=True, slots=True)
class Place:
    """A match in its place."""

    revision_id: int
    score: float | None
    """bm25, more is better; None when another order decided."""


def ranked(
    connection: Connection, asked: Conditions, total: int, *, sort: Sort, limit: int, offset: int
) -> list[Place]:
    """The matches from the `offset`th on, `limit` at most; `total` is how many there are."""
    if offset >= total:
        return []
    match = None if asked.words is None else expression(asked.words)
    if sort == "date" or (sort == "relevance" and match is None):
        if match is None and total > MANY:
            return _walked(connection, asked, limit, offset)
        return _newest(connection, asked, match, limit, offset)
    if sort != "relevance" or match is None:
        return _sorted(connection, asked, match, _ORDERS[sort], limit, offset)
    if total <= MANY:
        return _by_bm25(connection, asked, match, limit, offset)
    return _by_groups(connection, asked, limit, offset)


def _by_groups(connection: Connection, asked: Conditions, limit: int, offset: int) -> list[Place]:
    places: list[Place] = []
    for match in _groups(asked):
        rank = _newest if has_more(connection, match, MANY) else _by_bm25
        found = rank(connection, asked, match, limit - len(places), offset)
        places += found
        if len(places) == limit:
            break
        if offset:
            offset = 0 if found else offset - count_matches(connection, asked, match)
    return places


def _groups(asked: Conditions) -> tuple[str, ...]:
    """Expressions for what has all words in its title, in its takeaway, and elsewhere; none twice."""
    assert asked.words is not None
    title, takeaway = expression(asked.words, "title"), expression(asked.words, "takeaway")
    return (
        f"{title}",
        f"({takeaway}) NOT ({title})",
        f"({expression(asked.words)}) NOT (({title}) OR ({takeaway}))",
    )


def _by_bm25(connection: Connection, asked: Conditions, match: str, limit: int, offset: int) -> list[Place]:
    statement = f"""
        SELECT r.id, article_search.rank
        {matching(replace(asked, of_articles=True))} AND article_search.rank MATCH :search_rank
        ORDER BY article_search.rank, {_NEWEST} LIMIT :limit OFFSET :offset"""
    values = {"search_match": match, "search_rank": _RANK, "limit": limit, "offset": offset}
    rows = connection.execute(text(statement), {**asked.parameters, **values})
    return [Place(revision_id, -rank) for revision_id, rank in rows]


def _newest(
    connection: Connection, asked: Conditions, match: str | None, limit: int, offset: int
) -> list[Place]:
    if _is_dense(connection, match):
        found = _among_newest(connection, asked, f"{match}", limit + offset)
        if len(found) == limit + offset:
            return found[offset:]
    return _sorted(connection, asked, match, _NEWEST, limit, offset)


def _is_dense(connection: Connection, match: str | None) -> bool:
    """Whether so many match that some of the newest articles do, and asking each is cheap."""
    if match is None or "*" in match or is_past(connection):
        return False
    return has_more(connection, match, 4 * MANY)


def _among_newest(connection: Connection, asked: Conditions, match: str, wanted: int) -> list[Place]:
    """Those of the newest few articles that match."""
    found: list[Place] = []
    for place in _walked(connection, asked, _PROBED, 0):
        values = {"search_match": match, "revision": place.revision_id}
        if connection.execute(text(_MATCHES), values).first():
            found.append(place)
            if len(found) == wanted:
                break
    return found


_MATCHES = "SELECT 1 FROM article_search WHERE article_search MATCH :search_match AND rowid = :revision"


def _walked(connection: Connection, asked: Conditions, limit: int, offset: int) -> list[Place]:
    """The newest that meet the conditions other than words; quick where many do."""
    # In this order SQLite has to walk the articles by their index over dates, and can stop early.
    both = "FROM article a CROSS JOIN revision r ON r.article_key = a.id"
    source = f"{both} WHERE r.is_current = 1 AND {asked.rest}"
    return _places(connection, asked, source, None, _NEWEST, limit, offset)


def _sorted(
    connection: Connection, asked: Conditions, match: str | None, order: str, limit: int, offset: int
) -> list[Place]:
    source = f"{FROM} WHERE r.is_current = 1 AND {asked.rest}"
    if match is not None:
        source = matching(replace(asked, of_articles=True))
    return _places(connection, asked, source, match, order, limit, offset)


def _places(
    connection: Connection,
    asked: Conditions,
    source: str,
    match: str | None,
    order: str,
    limit: int,
    offset: int,
) -> list[Place]:
    values = {**asked.parameters, "search_match": match, "limit": limit, "offset": offset}
    statement = f"SELECT r.id {source} ORDER BY {order} LIMIT :limit OFFSET :offset"
    return [Place(revision_id, None) for (revision_id,) in connection.execute(text(statement), values)]
