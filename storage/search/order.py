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

import json
from dataclasses import dataclass
from typing import Literal, get_args

from sqlalchemy import Connection, text

from storage.as_of import is_past
from storage.search.matching import expression
from storage.search.selection import Conditions
from storage.search.total import MANY, count_matches, has_more, matching

Sort = Literal["relevance", "date", "title", "credibility", "interest"]
SORTS: tuple[Sort, ...] = get_args(Sort)
"""What an answer can be sorted by; dates and ratings with the greatest first."""

WEIGHTS = (10.0, 5.0, 1.0)
"""Of a word in title, takeaway and sections, for bm25."""

_RANK = f"bm25({', '.join(map(str, WEIGHTS))})"
_NEWEST = "a.published_iso DESC NULLS LAST, a.key DESC, a.site DESC"
ORDERS: dict[Sort, str] = {
    "date": _NEWEST,
    "title": "lower(r.title) NULLS LAST, a.key, a.site",
    "credibility": f"r.credibility / r.credibility_scale DESC NULLS LAST, {_NEWEST}",
    "interest": f"r.interest / r.interest_scale DESC NULLS LAST, {_NEWEST}",
}
"""Orders that do not depend on words."""
WINDOWS = (200, 2_000)
"""So many of the newest articles are looked through for matches, before all matches are sorted."""


@dataclass(frozen=True, slots=True)
class Place:
    """A match in its place."""

    revision_id: int
    score: float | None
    """bm25 (in PostgreSQL ts_rank), more is better; None when another order decided."""


def ranked(
    connection: Connection, asked: Conditions, total: int, *, sort: Sort, limit: int, offset: int
) -> list[Place]:
    """The matches from the `offset`th on, `limit` at most; `total` is how many there are."""
    if offset >= total:
        return []
    match = None if asked.words is None else expression(asked.words)
    if sort == "date" or (sort == "relevance" and match is None):
        first = _sorted_newest if total <= MANY else _newest
        return first(connection, asked, match, limit, offset)
    if sort != "relevance" or match is None:
        return _sorted(connection, asked, match, ORDERS[sort], limit, offset)
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
    # Dates are looked up for those only that may get a place: to join them to all takes as long again.
    scored = f"""
        SELECT article_search.rowid AS number, article_search.rank AS rank
        {matching(connection, asked, match)} AND article_search.rank MATCH :search_rank"""
    statement = f"""
        WITH scored AS MATERIALIZED ({scored})
        SELECT r.id, s.rank FROM scored s JOIN revision r ON r.id = abs(s.number)
        JOIN article a ON a.id = r.article_key
        WHERE s.rank <= (SELECT max(rank) FROM (SELECT rank FROM scored ORDER BY rank LIMIT :last))
        ORDER BY s.rank, {_NEWEST} LIMIT :limit OFFSET :offset"""
    values = {"search_match": match, "search_rank": _RANK, "limit": limit, "offset": offset}
    rows = connection.execute(text(statement), {**asked.parameters, **values, "last": limit + offset})
    return [Place(revision_id, -rank) for revision_id, rank in rows]


def _newest(
    connection: Connection, asked: Conditions, match: str | None, limit: int, offset: int
) -> list[Place]:
    if not is_past(connection):  # in the past no index knows the dates
        for window in WINDOWS:
            if window < limit + offset:
                continue
            few = _among_newest(connection, asked, match, window)
            if len(few) >= limit + offset:
                return few[offset : offset + limit]
    return _sorted_newest(connection, asked, match, limit, offset)


def _among_newest(connection: Connection, asked: Conditions, match: str | None, window: int) -> list[Place]:
    """Those of the newest articles that match, in order."""
    rest = asked.rest.replace("r.id IN", "+r.id IN")  # else each article is sought with all the numbers
    passing = f"""
        SELECT r.id FROM (SELECT * FROM article a ORDER BY {_NEWEST} LIMIT :window) a
        CROSS JOIN revision r ON r.article_key = a.id
        WHERE r.is_current = 1 AND {rest} ORDER BY {_NEWEST}"""
    numbers = connection.execute(text(passing), {**asked.parameters, "window": window}).scalars().all()
    if match is not None and numbers:
        values = {"first": min(numbers), "last": max(numbers), "among": json.dumps(list(numbers))}
        holding = set(connection.execute(text(_HOLDING), {"search_match": match, **values}).scalars())
        numbers = [number for number in numbers if number in holding]
    return [Place(number, None) for number in numbers]


_HOLDING = """
SELECT rowid FROM article_search WHERE article_search MATCH :search_match
AND rowid BETWEEN :first AND :last AND +rowid IN (SELECT value FROM json_each(:among))
"""


def _sorted_newest(
    connection: Connection, asked: Conditions, match: str | None, limit: int, offset: int
) -> list[Place]:
    return _sorted(connection, asked, match, _NEWEST, limit, offset)


def _sorted(
    connection: Connection, asked: Conditions, match: str | None, order: str, limit: int, offset: int
) -> list[Place]:
    if match is not None:
        source = matching(connection, asked, match, joined=True)
    else:
        # Without CROSS, SQLite may go through all articles by date, however few revisions pass.
        join = "JOIN" if asked.reach == "articles" else "CROSS JOIN"
        source = f"""
            FROM revision r {join} article a ON a.id = r.article_key
            WHERE r.is_current = 1 AND {asked.rest}"""
    values = {**asked.parameters, "search_match": match, "limit": limit, "offset": offset}
    statement = f"SELECT r.id {source} ORDER BY {order} LIMIT :limit OFFSET :offset"
    return [Place(revision_id, None) for (revision_id,) in connection.execute(text(statement), values)]
