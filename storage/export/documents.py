"""An article with all that belongs to it as one JSON object: its row, and its rows of every other table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from storage.export.choice import Choice
from storage.export.tables import Table, counted, table, tables
from storage.schema import json_schema
from storage.schema.values import converter
from storage.views.kinds import Kind

_OWN = ("article_id", "article_key", "site")
"""Columns of a row that say no more than whose it is."""
Columns = Mapping[str, tuple[Kind, str]]
Key = tuple[str, str]
Taken = tuple[int, str, Callable[[Any], Any] | None]
"""Where a column stands in a row, its name, and what makes its values what they mean."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the objects of a choice have."""

    columns: Columns
    """Of articles."""
    tables: tuple[Table, ...]
    """Whose rows stand in an object under the table's name."""

    @property
    def schema(self) -> json_schema.Schema:
        """The JSON Schema of an object."""
        more = {
            one.name: json_schema.array_of(json_schema.of_object(_beside(one.columns), one.doc), one.doc)
            for one in self.tables
        }
        return json_schema.of_object(self.columns, "An article with all that belongs to it.", more=more)


def shape(choice: Choice) -> Shape:
    """What the objects of a choice have. Raises `NoSuchField`."""
    columns: Columns = {}
    belonging = []
    for one in tables(choice):
        if one.name == "articles":
            columns = one.columns
        elif one.whose is not None:
            belonging.append(one)
    return Shape(columns, tuple(belonging))


def documents(
    connection: Connection, choice: Choice, tell: Callable[[int], None] = lambda done: None
) -> Iterator[dict[str, Any]]:
    """The chosen articles, one by one, in the order of their keys. Raises `NoSuchField`."""
    found = shape(choice)
    articles = table("articles", choice)
    beside = [_Beside(one, connection) for one in found.tables]
    names = list(articles.columns)
    own = _taken(articles.columns, lambda name: name in found.columns)
    key, site = names.index("key"), names.index("site")
    for row in counted(articles.rows(connection), articles.whose, tell):
        document = _object(own, row)
        for one in beside:
            document[one.name] = one.of((row[key], row[site]))
        yield document


class _Beside:
    """The rows of a table, article by article, in step with the articles' own."""

    def __init__(self, table: Table, connection: Connection) -> None:
        self.name = table.name
        names = list(table.columns)
        self._key, self._site = names.index("article_key"), names.index("site")
        self._taken = _taken(table.columns, lambda name: name not in _OWN)
        self._rows = table.rows(connection)
        self._next = next(self._rows, None)

    def of(self, key: Key) -> list[dict[str, Any]]:
        """The rows of the article `key`; to be asked in the order of keys."""
        found = []
        while self._next is not None and self._key_of(self._next) <= key:
            if self._key_of(self._next) == key:
                found.append(_object(self._taken, self._next))
            self._next = next(self._rows, None)
        return found

    def _key_of(self, row: Sequence[Any]) -> Key:
        # Captures that only an event names have no key, and come first.
        return row[self._key] or "", row[self._site]


def _taken(columns: Columns, wanted: Callable[[str], bool]) -> Sequence[Taken]:
    return [(n, name, converter(kind)) for n, (name, (kind, _)) in enumerate(columns.items()) if wanted(name)]


def _object(taken: Sequence[Taken], row: Sequence[Any]) -> dict[str, Any]:
    return {
        name: row[n] if convert is None or row[n] is None else convert(row[n]) for n, name, convert in taken
    }


def _beside(columns: Columns) -> Columns:
    return {name: said for name, said in columns.items() if name not in _OWN}
