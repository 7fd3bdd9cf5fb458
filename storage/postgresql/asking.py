"""Searches in PostgreSQL: the same queries as SQLite's index answers, and so the same articles.

**Relevance** is PostgreSQL's own: up to `MANY` matches are ranked by ts_rank, a word in the title weighing
ten times and in the takeaway five times as much as one in the sections. Where more match, those come first
that hold all words in their title, next those that hold them in their takeaway, then all others, and within
these the newest. All other orders are as in `storage.search.order`.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

from storage.postgresql.documents import LONGEST_WORD, quoted, tokens
from storage.search import total as totals
from storage.search.order import ORDERS, Place, Sort
from storage.search.query import All, Any, Filter, Node, Not, Query, TextField, Words
from storage.search.selection import FROM, Selected, SqlWriter

_WEIGHTS = "'{0, 0.1, 0.5, 1}'"
"""Of D (which no word has), C, B and A."""
_NOWHERE = "\ufdd0"
"""A noncharacter, which no word holds: for what the index can't have."""
_LABELS: dict[TextField | None, str] = {None: "", "title": "A", "takeaway": "B"}


def selected(query: Query) -> Selected:
    """The articles whose current revision a query matches."""
    writer = _Writer()
    where = writer.condition(query.root) if query.root is not None else "TRUE"
    return Selected(f"SELECT r.article_key {FROM} WHERE r.is_current = 1 AND {where}", writer.parameters)


def count(connection: Connection, query: Query) -> int:
    """How many articles match."""
    asked = selected(query)
    rows = connection.execute(text(f"SELECT count(*) FROM ({asked.sql}) matches"), asked.parameters)
    return int(rows.scalar_one())


def members(connection: Connection, query: Query) -> Sequence[tuple[int, int]]:
    """The numbers of the articles that match, each with that of its current revision."""
    asked = selected(query)
    sql = asked.sql.replace("SELECT r.article_key", "SELECT r.article_key, r.id", 1)
    return [(row[0], row[1]) for row in connection.execute(text(sql), asked.parameters)]


def ranked(
    connection: Connection, query: Query, total: int, *, sort: Sort, limit: int, offset: int
) -> list[Place]:
    """The matches from the `offset`th on, `limit` at most; `total` is how many there are."""
    asked = selected(query)
    values = {**asked.parameters, "limit": limit, "offset": offset}
    words = _required(query) if sort == "relevance" else None
    score, first = "NULL", ORDERS["date" if sort == "relevance" else sort]
    if words is not None and total <= totals.MANY:
        values["ranked_by"] = _tsquery(words)
        score = f"ts_rank({_WEIGHTS}, s.words, CAST(:ranked_by AS tsquery))"
        first = f"2 DESC, {first}"
    elif words is not None:
        values["in_title"], values["in_takeaway"] = _tsquery(words, "title"), _tsquery(words, "takeaway")
        place = "CASE WHEN s.words @@ CAST(:in_title AS tsquery) THEN 0 "
        place += "WHEN s.words @@ CAST(:in_takeaway AS tsquery) THEN 1 ELSE 2 END"
        first = f"{place}, {first}"
    sql = asked.sql.replace("SELECT r.article_key", f"SELECT r.id, {score}", 1)
    sql = sql.replace(FROM, f"{FROM} JOIN article_search s ON abs(s.rowid) = r.id", 1) if words else sql
    rows = connection.execute(text(f"{sql} ORDER BY {first} LIMIT :limit OFFSET :offset"), values)
    return [Place(row[0], row[1]) for row in rows]


class _Writer(SqlWriter):
    """Conditions as SQL, of which the index answers all that are words alone."""

    def condition(self, node: Node) -> str:
        found = _tsquery(node) if _is_of_words(node) else None
        if found is None:
            return super().condition(node)
        sought = f"SELECT abs(rowid) FROM article_search WHERE words @@ CAST({self.value(found)} AS tsquery)"
        return f"r.id IN ({sought})"


def _is_of_words(node: Node) -> bool:
    if isinstance(node, All | Any):
        return all(map(_is_of_words, node.parts))
    return _is_of_words(node.part) if isinstance(node, Not) else isinstance(node, Words)


def _required(query: Query) -> Node | None:
    """The words that every match holds, to rank by; None when there are none."""
    parts = query.root.parts if isinstance(query.root, All) else (query.root,)
    words = [part for part in parts if part is not None and _is_of_words(part) and _holds_something(part)]
    return words[0] if len(words) == 1 else All(tuple(words)) if words else None


def _holds_something(node: Node) -> bool:
    """Whether what matches holds a word for certain, rather than lacking some."""
    if isinstance(node, All):
        return any(map(_holds_something, node.parts))
    if isinstance(node, Any):
        return all(map(_holds_something, node.parts))
    return isinstance(node, Words)


def _tsquery(node: Node, field: TextField | None = None) -> str:
    """Words as a tsquery; with `field` those that must occur have to stand in that one."""
    if isinstance(node, Words):
        return _words(node, field)
    if isinstance(node, Not):
        return f"!({_tsquery(node.part)})"
    assert not isinstance(node, Filter)
    joint = " & " if isinstance(node, All) else " | "
    return f"({joint.join(_tsquery(part, field) for part in node.parts)})"


def _words(words: Words, field: TextField | None) -> str:
    label = _LABELS[words.field or field]
    cut = [word if len(word.encode()) <= LONGEST_WORD else _NOWHERE for word in tokens(words.text)] or [
        _NOWHERE
    ]
    marks = [label] * len(cut)
    if words.prefix:
        marks[-1] = f"*{label}"
    pieces = [quoted(word) + (f":{mark}" if mark else "") for word, mark in zip(cut, marks, strict=True)]
    return f"({' <-> '.join(pieces)})"
