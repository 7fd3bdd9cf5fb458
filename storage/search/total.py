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
    source = f"{_source(asked)} WHERE r.is_current = 1 AND {asked.rest}"
    if match is not None:
        source = matching(connection, asked, match)
    values = {**asked.parameters, "search_match": match}
    return int(connection.execute(text(f"SELECT count(*) {source}"), values).scalar_one())


def matching(connection: Connection, asked: Conditions, match: str, *, joined: bool = False) -> str:
    """FROM and WHERE for what meets the conditions and the expression `match` (`:search_match`).

    `article_search` is in it, and with `joined` also `revision r` and `article a`.
    """
    words = "article_search MATCH :search_match"
    if is_past(connection):  # what was current then may be superseded now, and no index knows
        articles = "JOIN article a ON a.id = r.article_key" if joined or asked.reach == "articles" else ""
        return f"""
            FROM article_search JOIN revision r ON r.id = abs(article_search.rowid) AND r.is_current = 1
            {articles} WHERE {words} AND {asked.rest}"""
    # What the number alone decides is asked before the revision is looked up; the + keeps FTS5 from looking
    # up each number by itself.
    rest, reach = asked.rest.replace("r.id IN", "+article_search.rowid IN"), asked.reach
    if reach != "numbers" and has_more(connection, match, MANY):
        # Sooner than each match is looked up, all that pass the filters are listed.
        passing = f"SELECT r.id {_source(asked)} WHERE r.is_current = 1 AND {asked.rest}"
        rest, reach = f"+article_search.rowid IN ({passing})", "numbers"
    source = "article_search"
    if joined or reach != "numbers":
        source += " JOIN revision r ON r.id = article_search.rowid"
    if joined or reach == "articles":
        source += " JOIN article a ON a.id = r.article_key"
    return f"FROM {source} WHERE {words} AND {CURRENT} AND {rest}"


CURRENT = "article_search.rowid > 0"
"""What leaves only current revisions of what the index has (`storage.search_index`); not in the past."""


def _source(asked: Conditions) -> str:
    return FROM if asked.reach == "articles" else "FROM revision r"


def has_more(connection: Connection, match: str, number: int) -> bool:
    """Whether more than `number` articles hold the words now."""
    asked = text(
        f"SELECT 1 FROM article_search WHERE article_search MATCH :search_match AND {CURRENT} "
        "LIMIT 1 OFFSET :number"
    )
    return connection.execute(asked, {"search_match": match, "number": number}).first() is not None
