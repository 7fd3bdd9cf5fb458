"""The tables of an export: public views, narrowed to the chosen articles and put in order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, text

from storage.export.choice import Choice, NoSuchField
from storage.views import VIEWS, View
from storage.views.kinds import Kind

_BY_NAME = {view.name: view for view in VIEWS}
_FETCHED = 500
"""Rows taken from the database at a time."""

CURRENT = (
    "articles", "article_sections", "article_topics", "article_cards", "article_unplaced", "article_absences",
    "journals", "article_captures",
)  # fmt: skip
"""What is taken of the articles as they are."""
HISTORY = (
    "article_revisions", "revision_sections", "revision_topics", "revision_absences", "revision_changes",
    "article_events",
)  # fmt: skip
"""What is taken besides of how they came to be so."""
_NAMED = {"article_captures": "captures", "article_revisions": "revisions"}
"""Tables of another name than their view: of captures those that show an article; and `revisions` counts them
in articles."""
_CHOSEN = "SELECT site, key FROM article WHERE id IN ({})"
_OF_ARTICLES = "article_key IS NOT NULL OR id IN (SELECT capture FROM article_events)"
_OF_CHOSEN = (
    "(site, article_key) IN ({0}) OR id IN (SELECT capture FROM article_events "
    "WHERE (site, article_key) IN ({0}))"
)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of an export."""

    name: str
    view: str
    doc: str
    columns: Mapping[str, tuple[Kind, str]]
    """Column name -> (what it holds, description), in the order of the rows."""
    sql: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    whose: int | None = None
    """Where in a row the key of its article stands; None when its rows are not article by article."""

    def rows(self, connection: Connection) -> Iterator[Sequence[Any]]:
        """Its rows as the database has them, in order, a few at a time in memory."""
        asked = text(_with_own_colons(self.sql, self.parameters)).execution_options(yield_per=_FETCHED)
        result = connection.execute(asked, dict(self.parameters))
        try:
            for some in result.partitions(_FETCHED):
                yield from some
        except GeneratorExit:  # who asked for them has failed
            if not connection.closed:
                result.close()
            raise

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What each column holds."""
        return tuple(kind for kind, _ in self.columns.values())

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that identify a row; empty when one of those is left out."""
        key = _BY_NAME[self.view].key
        return key if set(key) <= set(self.columns) else ()


def tables(choice: Choice) -> tuple[Table, ...]:
    """The tables that a choice comes to. Raises `NoSuchField`."""
    names: tuple[str, ...] = (*CURRENT, *HISTORY) if choice.history else CURRENT
    if choice.selected is not None:
        names = tuple(name for name in names if name != "journals")  # which counts over the whole archive
    if choice.fields is None:
        return tuple(table(name, choice) for name in names)
    columns = tuple(name for name in choice.fields if name in _BY_NAME["articles"].columns)
    for name in choice.fields:
        if name not in {*columns, *names}:
            raise NoSuchField(_unknown(name, names))
    wanted = [name for name in names if name in choice.fields and name != "articles"]
    first = [table("articles", choice, columns or None)] if columns or "articles" in choice.fields else []
    return (*first, *(table(name, choice) for name in wanted))


def table(name: str, choice: Choice, columns: Sequence[str] | None = None) -> Table:
    """The table `name` with the rows that belong to the chosen articles, ordered by its key; `columns` None:
    all."""
    view = _BY_NAME[_NAMED.get(name, name)]
    taken = view.columns if columns is None else {one: view.columns[one] for one in columns}
    # Not the stored view: an archive that no writer has opened since keeps those of an earlier version.
    sql = f"WITH {view.name}_ ({', '.join(view.columns)}) AS ({view.select}) SELECT {', '.join(taken)} "
    order = _order(name, view)
    sql += f"FROM {view.name}_ WHERE {_where(name, view, choice)} ORDER BY {', '.join(order)}"
    whose = next((n for n, one in enumerate(taken) if one == _whose(view) == order[0]), None)
    return Table(name, view.name, view.doc, taken, sql, choice.parameters, whose)


def count(connection: Connection, choice: Choice) -> int:
    """How many articles are chosen."""
    where = "TRUE" if choice.selected is None else f"id IN ({choice.selected})"
    found = connection.execute(text(f"SELECT count(*) FROM article WHERE {where}"), choice.parameters)
    return int(found.scalar_one())


def counted(
    rows: Iterator[Sequence[Any]], whose: int | None, tell: Callable[[int], None]
) -> Iterator[Sequence[Any]]:
    """The same rows; `tell` hears, at times, of how many articles they were so far."""
    articles, last = 0, None
    for row in rows:
        if whose is not None and row[whose] != last:
            last = row[whose]
            articles += 1
            if articles % _FETCHED == 0:
                tell(articles)
        yield row


def _with_own_colons(sql: str, parameters: Mapping[str, Any]) -> str:
    """SQL for text() in which only `parameters` are parameters: a view's own SQL may hold colons."""
    names = "|".join(map(re.escape, parameters))
    return re.sub(rf":(?!(?:{names})\b)" if names else ":", r"\:", sql)


def _whose(view: View) -> str:
    return "key" if view.name == "articles" else "article_key"


def _where(named: str, view: View, choice: Choice) -> str:
    chosen = None if choice.selected is None else _CHOSEN.format(choice.selected)
    if view.name == "captures" and named == "article_captures":
        return _OF_ARTICLES if chosen is None else _OF_CHOSEN.format(chosen)
    if chosen is None or _whose(view) not in view.columns:
        return "TRUE"
    return f"(site, {_whose(view)}) IN ({chosen})"


def _order(named: str, view: View) -> list[str]:
    rest = view.key or tuple(view.columns)  # without a key, whatever tells rows apart
    if view.key and named not in (*CURRENT, *HISTORY):
        return list(rest)  # a table of its own, which no reader merges: the order in which SQLite has it
    first = [name for name in (_whose(view), "site") if name in view.columns]
    return [*first, *(name for name in rest if name not in first)]


def _unknown(name: str, tables: Sequence[str]) -> str:
    from difflib import get_close_matches

    known = [*_BY_NAME["articles"].columns, *tables]
    near = get_close_matches(name, known, n=1)
    if name in HISTORY:
        return f"{name} is a part of the history, which --history takes"
    if name in CURRENT:
        return f"{name} is not there for a part of the archive: it counts over all of it"
    hint = f"did you mean {near[0]}?" if near else "'msarchive schema' lists them"
    return f"there is no field {name!r}; {hint}"
