"""Which revisions a query matches, as the shorter of two lists: those it means, or those it does not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from storage.as_of import is_past
from storage.search.matching import expression
from storage.search.query import Query
from storage.search.selection import FROM, Conditions, conditions
from storage.search.total import matching, total_of


@dataclass(frozen=True, slots=True)
class Members:
    """Numbers of revisions, each the current one of its article."""

    ids: Sequence[int]
    """What matches; with `complement` what does not, and all the other current ones are meant."""
    complement: bool
    superseded: Sequence[int]
    """With `complement` all revisions that are no current ones, else none."""

    def as_json(self, *, superseded: bool = False) -> str:
        """The list for `json_each`, with those that are no current ones where a statement goes over all."""
        return json.dumps([*self.ids, *self.superseded] if superseded else list(self.ids))


def members(connection: Connection, query: Query) -> Members:
    """The revisions that a query matches."""
    asked = conditions(query)
    articles = connection.execute(text("SELECT count(*) FROM article")).scalar_one()
    if is_past(connection) or 2 * total_of(connection, asked) <= articles:
        return Members(_column(connection, *_meant(asked)), False, ())
    superseded = _column(connection, "SELECT id FROM revision WHERE is_current = 0", {})
    return Members(_column(connection, *_others(asked)), True, superseded)


def _meant(asked: Conditions) -> tuple[str, dict[str, str | float]]:
    if asked.words is None:
        return f"SELECT r.id {FROM} WHERE r.is_current = 1 AND {asked.rest}", asked.parameters
    return f"SELECT r.id {matching(asked)}", {
        **asked.parameters,
        "search_match": f"{expression(asked.words)}",
    }


def _others(asked: Conditions) -> tuple[str, dict[str, str | float]]:
    statement, values = _meant(asked)
    # All numbers are positive; said so, SQLite goes through the index of current revisions, not the table.
    return (
        f"SELECT id FROM revision WHERE is_current = 1 AND article_key > 0 AND +id NOT IN ({statement})",
        values,
    )


def _column(connection: Connection, statement: str, values: dict[str, str | float]) -> Sequence[int]:
    return connection.execute(text(statement), values).scalars().all()
