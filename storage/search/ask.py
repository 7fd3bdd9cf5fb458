"""The answer to a search: which articles, in what order, with what was found marked in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, text

from storage.dialects import is_postgresql
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
    """bm25 (in PostgreSQL ts_rank), turned so that more is better; comparable within one search only. None
    when it has its place by another order."""
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
    total = count(connection, query)
    most = total if limit is None else limit
    if is_postgresql(connection):
        from storage.postgresql import asking

        places = asking.ranked(connection, query, total, sort=sort, limit=most, offset=offset)
    else:
        places = ranked(connection, conditions(query), total, sort=sort, limit=most, offset=offset)
    marked = mark(connection, [place.revision_id for place in places], query.words())
    rows = _articles(connection, [place.revision_id for place in places])
    hits = []
    for place in places:
        shown = marked[place.revision_id]
        hits.append(Hit(rows[place.revision_id], place.score, shown.title, shown.snippet))
    return Found(tuple(hits), total)


def _articles(connection: Connection, revisions: Sequence[int]) -> dict[int, ArticleRow]:
    """The articles that these are the current revisions of."""
    found = {}
    for first in range(0, len(revisions), _AT_ONCE):
        some = revisions[first : first + _AT_ONCE]
        for row in connection.execute(_ARTICLES, {"revisions": list(some)}).mappings():
            found[int(row["number"])] = article_row(row)
    return found


def count(connection: Connection, query: Query) -> int:
    """How many articles match."""
    if is_postgresql(connection):
        from storage.postgresql import asking

        return asking.count(connection, query)
    return total_of(connection, conditions(query))


_AT_ONCE = 500
# The view's own statement narrowed to a few rows: the view has no column that an index could find them by.
_NUMBERED = ARTICLES.select.replace("SELECT ", "SELECT r.id, ", 1)
_ARTICLES = text(
    f"WITH found (number, {', '.join(ARTICLES.columns)}) AS ({_NUMBERED} WHERE r.id IN :revisions) "
    f"SELECT number, {', '.join(ROW_FIELDS)} FROM found"
).bindparams(bindparam("revisions", expanding=True))
