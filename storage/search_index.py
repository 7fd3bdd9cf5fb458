"""The full-text index of SQLite (FTS5): its table, and how the writer keeps it true.

The index holds no text of its own: its content is the view `search_documents`. FTS5 therefore has to be told
the exact old values before they change (https://sqlite.org/fts5.html#external_content_tables): call `unindex`
before, `index` after.

A revision stands in it under its number, a superseded one with a minus before it. So the bound `rowid > 0`
leaves what articles say now, which FTS5 counts by itself: to look each match up and leave out the superseded
takes ten times as long. `is_current` is as much a part of what is kept here as the text (`moving`).

Words are folded (case, accents) but not stemmed: a stemmed index no longer finds `inflammat*`, because it
keeps `inflammation` as `inflamm`, and what a reader typed must find the article's own words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from sqlite3 import Cursor

from sqlalchemy import Connection

from storage.dialects import postgresql_index
from storage.views.search import DOCUMENTS_BY_REVISION

TABLE = "article_search"

TOKENIZE = "unicode61 remove_diacritics 2"
"""How text becomes words; whoever marks what was found has to do it alike."""

# The double quotes around the content's name are how Datasette recognises a full-text table.
DDL = (
    f'CREATE VIRTUAL TABLE {TABLE} USING fts5(title, takeaway, sections, content="search_documents", '
    'content_rowid="id", '
    f"tokenize='{TOKENIZE}')"
)

_COLUMNS = "rowid, title, takeaway, sections"
_OLD = (
    f"INSERT INTO {TABLE} ({TABLE}, {_COLUMNS}) SELECT 'delete', * FROM ({DOCUMENTS_BY_REVISION} WHERE {{}})"
)
_NEW = f"INSERT INTO {TABLE} ({_COLUMNS}) {DOCUMENTS_BY_REVISION} WHERE r.id = ?"


def create(connection: Connection) -> None:
    """Make the empty index."""
    connection.exec_driver_sql(DDL)


def fill(connection: Connection) -> None:
    """Put everything that the view has into the empty index."""
    connection.exec_driver_sql(f"INSERT INTO {TABLE} ({TABLE}) VALUES ('rebuild')")


def unindex(cursor: Cursor, revision_id: int) -> None:
    """Take a revision out, while its rows are still as they were when it was put in."""
    if (own := postgresql_index(cursor)) is not None:
        own.unindex(cursor, revision_id)
        return
    cursor.execute(_OLD.format("r.id = ?"), (revision_id,))


def unindex_all(cursor: Cursor, revisions: str) -> None:
    """Take out the revisions that the SQL subquery `revisions` gives, as `unindex` does."""
    if (own := postgresql_index(cursor)) is not None:
        own.unindex_all(cursor, revisions)
        return
    left = cursor.execute(f"SELECT EXISTS (SELECT 1 FROM revision WHERE id NOT IN {revisions})").fetchone()
    if left == (0,):
        cursor.execute(f"INSERT INTO {TABLE} ({TABLE}) VALUES ('delete-all')")
        return
    cursor.execute(_OLD.format(f"r.id IN {revisions}"))


def index(cursor: Cursor, revision_id: int) -> None:
    """Put a revision in, once all its rows are written."""
    if (own := postgresql_index(cursor)) is not None:
        own.index(cursor, revision_id)
        return
    cursor.execute(_NEW, (revision_id,))


def insert(
    cursor: Cursor,
    revision_id: int,
    current: bool,
    title: str | None,
    takeaway: str | None,
    sections: str | None,
) -> None:
    """Put a new revision in whose columns of `search_documents` the caller has at hand."""
    document = (revision_id if current else -revision_id, title, takeaway, sections)
    if (own := postgresql_index(cursor)) is not None:
        own.insert(cursor, document)
        return
    cursor.execute(f"INSERT INTO {TABLE} ({_COLUMNS}) VALUES (?, ?, ?, ?)", document)


@contextmanager
def moving(cursor: Cursor, revisions: Sequence[int]) -> Iterator[None]:
    """Keep these revisions in their places while it changes which of them are current."""
    if (own := postgresql_index(cursor)) is not None:
        yield
        own.move(cursor, revisions)
        return
    for revision_id in revisions:
        unindex(cursor, revision_id)
    yield
    for revision_id in revisions:
        index(cursor, revision_id)


def check(connection: Connection) -> None:
    """Raise `sqlalchemy.exc.DatabaseError` when the index does not agree with `search_documents`."""
    connection.exec_driver_sql(f"INSERT INTO {TABLE} ({TABLE}, rank) VALUES ('integrity-check', 1)")
