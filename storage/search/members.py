"""Which articles a query matches, as the shorter of two lists: those it means, or those it does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from storage.as_of import is_past
from storage.dialects import is_postgresql
from storage.search.matching import expression
from storage.search.query import Query
from storage.search.selection import FROM, Conditions, conditions
from storage.search.total import count_matches, has_more, matching


@dataclass(frozen=True, slots=True)
class Members:
    """Articles and their current revisions, by their numbers, in the same order."""

    articles: Sequence[int]
    revisions: Sequence[int]
    """What matches; with `complement` what does not, and all the others are meant."""
    complement: bool
    superseded: Sequence[int]
    """With `complement` all revisions that are no current ones, else none."""


def members(connection: Connection, query: Query) -> Members:
    """The articles that a query matches."""
    if is_postgresql(connection):
        from storage.postgresql import asking

        pairs = asking.members(connection, query)
        return Members([one for one, _ in pairs], [one for _, one in pairs], False, ())
    asked = conditions(query)
    match = None if asked.words is None else expression(asked.words)
    values = {**asked.parameters, **({} if match is None else {"search_match": match})}
    most = _are_most(connection, asked, match)
    if not most or match is None:
        meant = f"{FROM} WHERE r.is_current = 1 AND {asked.rest}"
        if match is not None:
            meant = matching(connection, asked, match, joined=True)
    else:
        meant = matching(connection, asked, match)
    if not most:
        rows = connection.execute(text(f"SELECT r.article_key, r.id {meant}"), values).all()
        return Members([row[0] for row in rows], [row[1] for row in rows], False, ())
    within = f"SELECT {'r.id' if match is None else 'article_search.rowid'} {meant}"
    rows = connection.execute(text(_OTHERS.format(within=within)), values).all()
    superseded = connection.execute(text("SELECT id FROM revision WHERE is_current = 0")).scalars().all()
    return Members([row[0] for row in rows], [row[1] for row in rows], True, superseded)


# All numbers are positive; said so, SQLite goes through the index of current revisions, not the table.
_OTHERS = """
SELECT article_key, id FROM revision
WHERE is_current = 1 AND article_key > 0 AND +id NOT IN ({within})
"""


def _are_most(connection: Connection, asked: Conditions, match: str | None) -> bool:
    """Whether more than about half of all articles match."""
    if is_past(connection):
        return False
    half = int(connection.execute(text("SELECT count(*) FROM article")).scalar_one()) // 2
    if match is not None and asked.rest == "1":
        return has_more(connection, match, half)
    return count_matches(connection, asked, match) > half
