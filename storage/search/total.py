"""How many articles match, exactly, without looking at each where the full-text index can tell."""

from __future__ import annotations

from sqlalchemy import Connection, text

from storage.as_of import is_past
from storage.search.matching import expression
from storage.search.selection import FROM, Conditions

MANY = 5_000
"""From so many matches on, going through all of them takes longer than is pleasant."""


def total_of(connection: Connection, asked: Conditions) -> int:
    """How many articles' current revisions meet the conditions."""
    match = None if asked.words is None else expression(asked.words)
    return count_matches(connection, asked, match)


def count_matches(connection: Connection, asked: Conditions, match: str | None) -> int:
    """The same with another expression (None: with none) in place of the one for `asked.words`."""
    values = {**asked.parameters, "search_match": match}
    if match is None:
        return _number(connection, f"{_source(asked)} WHERE r.is_current = 1 AND {asked.rest}", values)
    if asked.rest == "1" and not is_past(connection) and has_more(connection, match, MANY):
        return int(connection.execute(text(_NOT_SUPERSEDED), values).scalar_one())
    return _number(connection, matching(asked), values)


def matching(asked: Conditions) -> str:
    """FROM and WHERE for what meets the conditions and the expression `:search_match`."""
    article = "JOIN article a ON a.id = r.article_key" if asked.of_articles else ""
    # What the number alone decides is asked before the revision is looked up; the + keeps FTS5 from looking
    # up each number by itself.
    rest = asked.rest.replace("r.id IN", "+article_search.rowid IN")
    return f"""
        FROM article_search JOIN revision r ON r.id = article_search.rowid AND r.is_current = 1 {article}
        WHERE article_search MATCH :search_match AND {rest}"""


def _source(asked: Conditions) -> str:
    return FROM if asked.of_articles else "FROM revision r"


def has_more(connection: Connection, match: str, number: int) -> bool:
    """Whether more than `number` revisions match, superseded ones among them."""
    asked = text(f"SELECT 1 {_IN_INDEX} LIMIT 1 OFFSET :number")
    return connection.execute(asked, {"search_match": match, "number": number}).first() is not None


_IN_INDEX = "FROM article_search WHERE article_search MATCH :search_match"
# FTS5 counts matches by itself in no time. Only the superseded ones are looked up, in an index of just those:
# to leave them out one by one takes half as long again, to join each match to its revision ten times.
_NOT_SUPERSEDED = f"""
SELECT (SELECT count(*) {_IN_INDEX}) - (
    SELECT count(*) FROM article_search
    CROSS JOIN revision r INDEXED BY ix_revision_superseded
    ON r.id = article_search.rowid AND r.is_current = 0
    WHERE article_search MATCH :search_match)
"""


def _number(connection: Connection, rest: str, values: dict[str, str | float | None]) -> int:
    return int(connection.execute(text(f"SELECT count(*) {rest}"), values).scalar_one())
