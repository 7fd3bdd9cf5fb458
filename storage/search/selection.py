"""A query as SQL: which articles it means.

Over the tables' plain names, so that under `storage.as_of.as_of` it means the articles as they were then.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from storage.search.matching import expression
from storage.search.query import All, Any, Filter, Node, Not, Query, Words

FROM = "FROM revision r JOIN article a ON a.id = r.article_key"
"""What `Conditions` speak of: revisions, each with its article."""

# A superseded revision stands in the index under its number with a minus before it: `storage.search_index`.
_IN_INDEX = "{} IN (SELECT abs(rowid) FROM article_search WHERE article_search MATCH {})"
# What can stand beside a whole word in a grouping form, which is in small letters: anything but these.
_NO_LETTER = "[^0-9a-z\u00b5-\u1fff\u3040-\uffff]"
_GLOB = re.compile(r"[*?\[]")


Reach = Literal["numbers", "revisions", "articles"]


@dataclass(frozen=True, slots=True)
class Selected:
    """A sub-select that gives the internal numbers (`article.id`) of articles, for use inside a statement:
    `text(f"SELECT … FROM article a WHERE a.id IN ({selected.sql})"), selected.parameters`.

    Views have no such number: `WHERE (site, key) IN (SELECT site, key FROM article WHERE id IN (…))`.
    """

    sql: str
    parameters: dict[str, str | float]
    """Its named parameters; their names begin with `search_`."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a query asks of an article: words for the full-text index, and SQL for the rest."""

    words: All | None
    """What `expression` takes; None when the index alone can't answer any part of it."""
    rest: str
    """SQL over `FROM`; `1` when the index answers it all."""
    reach: Reach
    """What `rest` speaks of at most: which revision it is, what a revision has, what an article has."""
    parameters: dict[str, str | float]
    """Of `rest`."""


def selected(query: Query, *, in_postgresql: bool = False) -> Selected:
    """The articles whose current revision a query matches; as SQL for the database that they are in."""
    if in_postgresql:
        from storage.postgresql import asking

        return asking.selected(query)
    asked = conditions(query)
    found, parameters = asked.rest, dict(asked.parameters)
    match = None if asked.words is None else expression(asked.words)
    if match is not None:
        parameters["search_match"] = match
        found = f"{_IN_INDEX.format('r.id', ':search_match')} AND {asked.rest}"
    source = FROM if asked.reach == "articles" else "FROM revision r"
    return Selected(f"SELECT r.article_key {source} WHERE r.is_current = 1 AND {found}", parameters)


def conditions(query: Query) -> Conditions:
    """The parts of a query that all must hold, sorted by who can answer them."""
    if query.root is None:
        return Conditions(None, "1", "numbers", {})
    parts = query.root.parts if isinstance(query.root, All) else (query.root,)
    words = [part for part in parts if expression(part) is not None]
    unwanted = [part for part in parts if isinstance(part, Not) and expression(part.part) is not None]
    if words:  # only beside something that must occur can FTS5 say what must not
        words += unwanted
    writer = SqlWriter()
    rest = " AND ".join(writer.condition(part) for part in parts if part not in words) or "1"
    return Conditions(All(tuple(words)) if words else None, rest, _reach(rest), writer.parameters)


def _reach(sql: str) -> Reach:
    if "a." in sql:
        return "articles"
    return "revisions" if "r." in sql.replace("r.id IN", "") else "numbers"


class SqlWriter:
    """Conditions as SQL text over `FROM`, collecting their values."""

    def __init__(self) -> None:
        self.parameters: dict[str, str | float] = {}

    def condition(self, node: Node) -> str:
        """The condition that a part of a query is."""
        found = expression(node)
        if found is not None:
            return _IN_INDEX.format("r.id", self.value(found))
        if isinstance(node, Not):
            # Of a value that is not there SQL says neither yes nor no; it does not match, so "not" holds.
            return f"NOT coalesce({self.condition(node.part)}, FALSE)"
        if isinstance(node, All | Any):
            joint = " AND " if isinstance(node, All) else " OR "
            return f"({joint.join(map(self.condition, node.parts))})"
        assert not isinstance(node, Words)
        return _FILTERS[node.field](self, node)

    def _topic(self, asked: Filter) -> str:
        return (
            "r.id IN (SELECT rt.revision_id FROM topic t JOIN revision_topic rt ON rt.topic_id = t.id "
            f"WHERE {self._name('t.normal', asked)})"
        )

    def _journal(self, asked: Filter) -> str:
        return f"r.journal_id IN (SELECT j.id FROM journal j WHERE {self._name('j.normal', asked)})"

    def _after(self, asked: Filter) -> str:
        return f"a.published_iso >= {self.value(_first_of(asked.value))}"

    def _before(self, asked: Filter) -> str:
        # As text `2026-05` stands before `2026-05-15`: true of its first days only, so it is not sure.
        first = _first_of(asked.value)
        unsure = [self.value(first[:length]) for length in (4, 7) if length < len(first)]
        sure = f" AND a.published_iso NOT IN ({', '.join(unsure)})" if unsure else ""
        return f"(a.published_iso < {self.value(first)}{sure})"

    def _date(self, asked: Filter) -> str:
        # Within 2026-05 are it and all that begin with `2026-05-`; `.` is what comes after `-`.
        value = self.value(asked.value)
        return f"(a.published_iso >= {value} AND a.published_iso < {value} || '.')"

    def _rating(self, asked: Filter) -> str:
        return f"r.{asked.field} {asked.comparison} {self.value(float(asked.value))}"

    def _site(self, asked: Filter) -> str:
        return f"a.site = {self.value(asked.value)}"

    def _id(self, asked: Filter) -> str:
        return f"a.key = {self.value(asked.value)}"

    def _name(self, column: str, asked: Filter) -> str:
        if asked.comparison == "=":
            return f"{column} = {self.value(asked.value)}"
        within = _GLOB.sub(r"[\g<0>]", asked.value)
        pattern = f"*{_NO_LETTER}{within}{'' if asked.prefix else _NO_LETTER}*"
        return f"glob({self.value(pattern)}, ' ' || {column} || ' ')"

    def value(self, value: str | float) -> str:
        """A value's place in the text."""
        name = f"search_{len(self.parameters)}"
        self.parameters[name] = value
        return f":{name}"


_FILTERS: dict[str, Callable[[SqlWriter, Filter], str]] = {
    "topic": SqlWriter._topic,
    "journal": SqlWriter._journal,
    "after": SqlWriter._after,
    "before": SqlWriter._before,
    "date": SqlWriter._date,
    "credibility": SqlWriter._rating,
    "interest": SqlWriter._rating,
    "site": SqlWriter._site,
    "id": SqlWriter._id,
}


def _first_of(value: str) -> str:
    """The shortest date that begins on the same day: 2026-01-01 and 2026-01 begin as 2026 does.

    Compared as text, a date is at or after it exactly when its first day is.
    """
    while value.endswith("-01"):
        value = value[:-3]
    return value
