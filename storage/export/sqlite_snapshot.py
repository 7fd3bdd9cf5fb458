"""A clean SQLite file: the public views as tables that any tool reads, with types, keys and full-text search.

Not a copy of the archive's file: that has the tables that the crawl works with, and what it has not folded in
yet. Booleans are 0 and 1, lists JSON text, as in the views.
"""

from __future__ import annotations

import errno
import json
import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from storage.export.choice import Choice
from storage.export.tables import Table, counted, table, tables
from storage.stopping import stoppable
from storage.views import VIEWS
from storage.views.kinds import Holds

Tell = Callable[[str, int], None]
_TOGETHER = 1000
_LEFT_OUT = frozenset({"search_documents", "related_articles"})
"""The archive's own search index looks at the one, and the snapshot has one of its own. The other weighs
words anew for each article that is asked for, which takes hours for all of a large archive."""
_SEARCHED = {
    "articles": ("title", "takeaway", "teaser", "description", "source_title"),
    "article_sections": ("heading", "text"),
}
"""Tables with a full-text index (`NAME_fts`), and its columns."""


def snapshot_tables(choice: Choice) -> tuple[Table, ...]:
    """The tables of a snapshot: all views, or of a choice what is chosen. Raises `NoSuchField`."""
    if not choice.is_whole:
        return tables(choice)
    return tuple(table(view.name, choice) for view in VIEWS if view.name not in _LEFT_OUT)


def write(
    path: Path, connection: Connection, choice: Choice, stands_for: dict[str, Any], tell: Tell
) -> dict[str, int]:
    """Write a snapshot into the empty file `path`; rows by table. Raises `NoSuchField`, `OSError`."""
    found = snapshot_tables(choice)
    rows: dict[str, int] = {}
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as database, stoppable(database):
            # Whoever is killed gives up the whole file, which takes its place only when it is finished.
            database.execute("PRAGMA journal_mode = OFF")
            database.execute("PRAGMA synchronous = OFF")
            database.execute("BEGIN")
            for one in found:
                database.execute(_table(one, found))
                rows[one.name] = _fill(database, one, connection, tell)
                _index(database, one)
            for one in found:
                _search(database, one)
            _about(database, {**stands_for, "rows": rows})
            database.execute("COMMIT")
            database.execute("ANALYZE")
    except sqlite3.Error as error:
        _raise_full(error, path)
        raise
    return rows


def _raise_full(error: sqlite3.Error, path: Path) -> None:
    """Raise what the disk said of the new file as what it is: not an error of the archive's."""
    numbers = {"SQLITE_FULL": errno.ENOSPC, "SQLITE_IOERR": errno.EIO}
    for name, number in numbers.items():
        if str(getattr(error, "sqlite_errorname", "")).startswith(name):
            raise OSError(number, os.strerror(number), str(path)) from None


def _table(one: Table, others: Sequence[Table]) -> str:
    named = {other.view: other for other in others}
    parts = []
    for name, (kind, _) in one.columns.items():
        part = f"{name} {kind.sql}{' NOT NULL' if kind.required else ''}"
        if kind.holds is Holds.FLAG:
            part += f" CHECK ({name} IN (0, 1))"
        parts.append(part)
    if one.key:
        parts.append(f"PRIMARY KEY ({', '.join(one.key)})")
    parts += [
        f"FOREIGN KEY ({', '.join(mine)}) REFERENCES {named[view].name} ({', '.join(theirs)})"
        for view, (mine, theirs) in _references(one).items()
        if view in named and theirs == list(named[view].key) and view != one.view
    ]
    return f"CREATE TABLE {one.name} ({', '.join(parts)})"


def _references(one: Table) -> dict[str, tuple[list[str], list[str]]]:
    """View referred to -> columns here, columns there."""
    found: dict[str, tuple[list[str], list[str]]] = {}
    for name, (kind, _) in one.columns.items():
        if kind.refers_to is not None:
            view, _, column = kind.refers_to.partition(".")
            mine, theirs = found.setdefault(view, ([], []))
            mine.append(name)
            theirs.append(column)
    return found


def _fill(database: sqlite3.Connection, one: Table, connection: Connection, tell: Tell) -> int:
    marks = ", ".join("?" * len(one.columns))
    rows = counted(one.rows(connection), one.whose, lambda done: tell(one.name, done))
    total = 0
    while some := list(islice(rows, _TOGETHER)):
        total += len(some)
        database.executemany(f"INSERT INTO {one.name} VALUES ({marks})", map(tuple, some))
    return total


def _index(database: sqlite3.Connection, one: Table) -> None:
    """What an article's rows are found by, where that is not how the key begins."""
    if "article_key" in one.columns and one.key[:1] != ("article_key",):
        database.execute(f"CREATE INDEX {one.name}_article ON {one.name} (article_key)")


def _search(database: sqlite3.Connection, one: Table) -> None:
    columns = [name for name in _SEARCHED.get(one.name, ()) if name in one.columns]
    if columns:
        # In double quotes: so Datasette finds which table an index belongs to.
        database.execute(
            f'CREATE VIRTUAL TABLE {one.name}_fts USING fts5({", ".join(columns)}, content="{one.name}")'
        )
        database.execute(f"INSERT INTO {one.name}_fts ({one.name}_fts) VALUES ('rebuild')")


def _about(database: sqlite3.Connection, about: dict[str, Any]) -> None:
    """What the file stands for, in a table of its own."""
    database.execute("CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
    database.executemany(
        "INSERT INTO about VALUES (?, ?)",
        [(name, json.dumps(value, ensure_ascii=False)) for name, value in about.items()],
    )
