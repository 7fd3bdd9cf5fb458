"""The answer to a search: which articles, in what order, with what was found marked in them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from storage.queries import ROW_FIELDS, ArticleRow, article_row
from storage.search.marking import Fragment, mark
from storage.search.order import SORTS, Sort, ranked
from storage.search.query import Query
from storage.search.selection import conditions
from storage.search.total import total_of
from storage.views.articles import ARTICLES

__all__ = ["SORTS", "Found", "Fragment", "Hit", "Sort", "count", "search"]


@dataclass(frozen=True, slots=True)
class Hit:
    """An article that matches."""

    article: ArticleRow
    score: float | None
    """bm25, turned so that more is better; comparable within one search only. None when it has its place by
    another order."""
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
    """Articles whose current revision matches, in the order that `storage.search.order` describes.

    Boilerplate is not searched. `limit` None is all of them.
    """
    asked = conditions(query)
    total = total_of(connection, asked)
    most = total if limit is None else limit
    places = ranked(connection, asked, total, sort=sort, limit=most, offset=offset)
    marked = mark(connection, [place.revision_id for place in places], query.words())
    hits = []
    for place in places:
        row = connection.execute(text(_ARTICLE), {"revision": place.revision_id}).mappings().one()
        shown = marked[place.revision_id]
        hits.append(Hit(article_row(row), place.score, shown.title, shown.snippet))
    return Found(tuple(hits), total)


def count(connection: Connection, query: Query) -> int:
    """How many articles match."""
    return total_of(connection, conditions(query))


# The view's own statement narrowed to one row: the view has no column that an index could find it by.
_ARTICLE = f"""
WITH found ({", ".join(ARTICLES.columns)}) AS ({ARTICLES.select} WHERE r.id = :revision)
SELECT {", ".join(ROW_FIELDS)} FROM found
"""
