"""The answer to a search: which articles, in what order, with what was found marked in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from sqlalchemy import Connection, text

from storage.queries import ROW_FIELDS, ArticleRow, article_row
from storage.search.marking import Fragment, mark
from storage.search.query import Query
from storage.search.selection import FROM, Conditions, conditions
from storage.views.articles import ARTICLES

Sort = Literal["relevance", "date", "title", "credibility", "interest"]
SORTS: tuple[Sort, ...] = get_args(Sort)
"""What an answer can be sorted by; dates and ratings with the greatest first."""

WEIGHTS = (10.0, 5.0, 1.0)
"""Of a word in title, takeaway and sections, for bm25."""

_RANK = f"bm25({', '.join(map(str, WEIGHTS))})"
# The key and the site make every order total, and so the same on every machine.
_BY_DATE = "a.published_iso DESC, a.key DESC, a.site DESC"
_ORDERS: dict[Sort, str] = {
    "date": _BY_DATE,
    "title": "r.title COLLATE NOCASE NULLS LAST, a.key, a.site",
    "credibility": f"r.credibility / r.credibility_scale DESC, {_BY_DATE}",
    "interest": f"r.interest / r.interest_scale DESC, {_BY_DATE}",
}


@dataclass(frozen=True, slots=True)
class Hit:
    """An article that matches."""

    article: ArticleRow
    score: float | None
    """bm25 with `WEIGHTS`, turned so that more is better; comparable within one search only. None when the
    order does not go by it."""
    title: tuple[Fragment, ...]
    """The title as printed, whole; () when there is none."""
    snippet: tuple[Fragment, ...]
    """Up to 24 words of takeaway or sections, around the best match in them; `…` where it was cut."""


@dataclass(frozen=True, slots=True)
class Found:
    """A page of the answer."""

    hits: tuple[Hit, ...]
    total: int
    """How many articles match, on this page and the others."""


def search(
    connection: Connection,
    query: Query,
    *,
    sort: Sort = "relevance",
    limit: int | None = 20,
    offset: int = 0,
) -> Found:
    """Articles whose current revision matches, best first; by date when there are no words to go by.

    Boilerplate is not searched. `limit` None is all of them.
    """
    asked = conditions(query)
    limits = {"limit": -1 if limit is None else limit, "offset": offset}
    if sort == "relevance" and asked.match is not None:
        ranked = _by_relevance(connection, asked, limits)
    else:
        ranked = _in_order(connection, asked, _ORDERS["date" if sort == "relevance" else sort], limits)
    words = query.words()
    hits = []
    for revision_id, score in ranked:
        row = connection.execute(text(_ARTICLE), {"revision": revision_id}).mappings().one()
        marked = mark(connection, revision_id, words)
        hits.append(Hit(article_row(row), score, marked.title, marked.snippet))
    return Found(tuple(hits), count(connection, query))


def count(connection: Connection, query: Query) -> int:
    """How many articles match."""
    asked = conditions(query)
    return int(connection.execute(text(f"SELECT count(*) {_matching(asked)}"), _values(asked)).scalar_one())


def _by_relevance(
    connection: Connection, asked: Conditions, limits: dict[str, int]
) -> list[tuple[int, float | None]]:
    statement = f"""
        SELECT r.id, article_search.rank {_matching(asked)} AND article_search.rank MATCH :search_rank
        ORDER BY article_search.rank, {_BY_DATE} LIMIT :limit OFFSET :offset"""
    rows = connection.execute(text(statement), {**_values(asked), "search_rank": _RANK, **limits})
    return [(revision_id, -rank) for revision_id, rank in rows]


def _in_order(
    connection: Connection, asked: Conditions, order: str, limits: dict[str, int]
) -> list[tuple[int, float | None]]:
    statement = f"SELECT r.id {_matching(asked)} ORDER BY {order} LIMIT :limit OFFSET :offset"
    rows = connection.execute(text(statement), {**_values(asked), **limits})
    return [(revision_id, None) for (revision_id,) in rows]


def _matching(asked: Conditions) -> str:
    if asked.match is None:
        return f"{FROM} WHERE r.is_current = 1 AND {asked.rest}"
    return f"""
        FROM article_search JOIN revision r ON r.id = article_search.rowid AND r.is_current = 1
        JOIN article a ON a.id = r.article_key
        WHERE article_search MATCH :search_match AND {asked.rest}"""


def _values(asked: Conditions) -> dict[str, str | float]:
    return {**asked.parameters, **({} if asked.match is None else {"search_match": asked.match})}


# The view's own statement narrowed to one row: the view has no column that an index could find it by.
_ARTICLE = f"""
WITH found ({", ".join(ARTICLES.columns)}) AS ({ARTICLES.select} WHERE r.id = :revision)
SELECT {", ".join(ROW_FIELDS)} FROM found
"""
