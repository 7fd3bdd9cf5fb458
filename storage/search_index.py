"""The full-text index of SQLite (FTS5): its table, and how the writer keeps it true.

The index holds no text of its own: its content is the view `search_documents`. FTS5 therefore has to be told
the exact old values before they change (https://sqlite.org/fts5.html#external_content_tables): call `unindex`
before, `index` after.

Words are folded (case, accents) but not stemmed: a stemmed index no longer finds `inflammat*`, because it
keeps `inflammation` as `inflamm`, and what a reader typed must find the article's own words.
"""

from __future__ import annotations

from sqlite3 import Cursor

from sqlalchemy import Connection

TABLE = "article_search"

TOKENIZE = "unicode61 remove_diacritics 2"
"""How text becomes words; whoever marks what was found has to do it alike."""

# The double quotes around the content's name are how Datasette recognises a full-text table.
DDL = (
    f'CREATE VIRTUAL TABLE {TABLE} USING fts5(title, takeaway, sections, content="search_documents", '
    'content_rowid="id", '
    f"tokenize='{TOKENIZE}')"
)

_OLD = f"""
INSERT INTO {TABLE} ({TABLE}, rowid, title, takeaway, sections)
SELECT 'delete', id, title, takeaway, sections FROM search_documents WHERE id = ?
"""
_NEW = f"""
INSERT INTO {TABLE} (rowid, title, takeaway, sections)
SELECT id, title, takeaway, sections FROM search_documents WHERE id = ?
"""


def create(connection: Connection) -> None:
    """Make the empty index."""
    connection.exec_driver_sql(DDL)


def unindex(cursor: Cursor, revision_id: int) -> None:
    """Take a revision out, while its rows are still as they were when it was put in."""
    cursor.execute(_OLD, (revision_id,))


def unindex_all(cursor: Cursor, revisions: str) -> None:
    """Take out the revisions that the SQL subquery `revisions` gives, as `unindex` does."""
    left = cursor.execute(f"SELECT EXISTS (SELECT 1 FROM revision WHERE id NOT IN {revisions})").fetchone()
    if left == (0,):
        cursor.execute(f"INSERT INTO {TABLE} ({TABLE}) VALUES ('delete-all')")
        return
    cursor.execute(
        f"INSERT INTO {TABLE} ({TABLE}, rowid, title, takeaway, sections) SELECT 'delete', id, title, "
        f"takeaway, sections FROM search_documents WHERE id IN {revisions}"
    )


def index(cursor: Cursor, revision_id: int) -> None:
    """Put a revision in, once all its rows are written."""
    cursor.execute(_NEW, (revision_id,))


def insert(
    cursor: Cursor, revision_id: int, title: str | None, takeaway: str | None, sections: str | None
) -> None:
    """Put a new revision in whose columns of `search_documents` the caller has at hand."""
    cursor.execute(
        f"INSERT INTO {TABLE} (rowid, title, takeaway, sections) VALUES (?, ?, ?, ?)",
        (revision_id, title, takeaway, sections),
    )


def check(connection: Connection) -> None:
    """Raise `sqlalchemy.exc.DatabaseError` when the index does not agree with `search_documents`."""
    connection.exec_driver_sql(f"INSERT INTO {TABLE} ({TABLE}, rank) VALUES ('integrity-check', 1)")
