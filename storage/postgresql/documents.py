"""What PostgreSQL's full-text search looks at: the words of every revision, as a tsvector.

The words are cut and folded by SQLite's own tokenizer (FTS5, in memory), for whatever an archive answers in
one database it has to answer in the other: PostgreSQL's parser would make a number of `COVID-19`, one word
of an address, and nothing of marks on letters. Title, takeaway and sections weigh A, B and C.

https://www.postgresql.org/docs/current/textsearch-limitations.html: a word's places count up to 16,383, and
the first 255 of them; words over 2 kB and what goes beyond 1 MB are left out.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from sqlite3 import Cursor
from typing import Any

from sqlalchemy import Connection, text

from storage.search_index import TABLE, TOKENIZE
from storage.views.search import DOCUMENTS_BY_REVISION

_COLUMNS = ("title", "takeaway", "sections")
_WEIGHTS = "ABC"
LONGEST_WORD = 2_000
"""Bytes."""
_LARGEST = 900_000
"""Bytes of words and places, of 1,048,575 that a tsvector holds."""
_LAST_PLACE = 16_383
_GAP = 10
"""Places between two columns, so that no phrase begins in one and ends in the next."""
_AT_ONCE = 200

_CREATE = (
    f"CREATE TABLE {TABLE} (rowid BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)",
    f"CREATE INDEX ix_{TABLE}_words ON {TABLE} USING gin (words)",
)
_INSERT = text(f"INSERT INTO {TABLE} (rowid, words) VALUES (:id, CAST(:words AS tsvector))")

_STRAY = text(f"SELECT count(*) FROM {TABLE} WHERE rowid NOT IN (SELECT id FROM search_documents)")
_OTHERWISE = text(
    "SELECT count(*) FROM unnest(CAST(:id AS BIGINT[]), CAST(:words AS TEXT[])) AS given (id, words) "
    f"LEFT JOIN {TABLE} s ON s.rowid = given.id WHERE s.words IS DISTINCT FROM CAST(given.words AS TSVECTOR)"
)

_INSERT_MARKED = f"INSERT INTO {TABLE} (rowid, words) VALUES (?, CAST(? AS tsvector))"
_DOCUMENT = f"{DOCUMENTS_BY_REVISION} WHERE r.id = ?"
_MOVE = (
    f"UPDATE {TABLE} SET rowid = (SELECT CASE WHEN is_current = 1 THEN id ELSE -id END FROM revision "
    "WHERE id = ?) WHERE rowid IN (?, ?)"
)

Document = tuple[int, str | None, str | None, str | None]
"""Its number, title, takeaway and sections."""
Word = tuple[int, int, str]
"""The number of its column, its place in it from 0, and the word folded."""

_GIVEN = f"CREATE VIRTUAL TABLE given USING fts5({', '.join(_COLUMNS)}, content='', tokenize='{TOKENIZE}')"
# https://sqlite.org/fts5.html#the_fts5vocab_virtual_table_module
_VOCABULARY = "CREATE VIRTUAL TABLE vocabulary USING fts5vocab(given, 'instance')"


def create(connection: Connection) -> None:
    """Make the empty index."""
    for statement in _CREATE:
        connection.exec_driver_sql(statement)


def fill(connection: Connection) -> None:
    """Put in all that the view `search_documents` has."""
    every = text("SELECT id, title, takeaway, sections FROM search_documents")
    rows = connection.execute(every.execution_options(yield_per=_AT_ONCE))
    for some in rows.partitions():
        connection.execute(_INSERT, _vectors((row[0], row[1], row[2], row[3]) for row in some))


def disagreeing(connection: Connection) -> int:
    """How many revisions the index has otherwise than their text says, not at all, or without a text."""
    every = text("SELECT id, title, takeaway, sections FROM search_documents")
    found = int(connection.execute(_STRAY).scalar_one())
    for some in connection.execute(every.execution_options(yield_per=_AT_ONCE)).partitions():
        wanted = _vectors((row[0], row[1], row[2], row[3]) for row in some)
        given = {name: [one[name] for one in wanted] for name in ("id", "words")}
        found += int(connection.execute(_OTHERWISE, given).scalar_one())
    return found


def insert(cursor: Cursor, document: Document) -> None:
    """Put a revision in, with a writer's cursor."""
    [row] = _vectors([document])
    cursor.execute(_INSERT_MARKED, (row["id"], row["words"]))


def index(cursor: Cursor, revision_id: int) -> None:
    """Put a revision in, as its rows tell it."""
    row = cursor.execute(_DOCUMENT, (revision_id,)).fetchone()
    if row is not None:
        insert(cursor, row)


def unindex(cursor: Cursor, revision_id: int) -> None:
    """Take a revision out."""
    cursor.execute(f"DELETE FROM {TABLE} WHERE rowid IN (?, ?)", (revision_id, -revision_id))


def unindex_all(cursor: Cursor, revisions: str) -> None:
    """Take out the revisions that the SQL subquery `revisions` gives."""
    either = f"SELECT id FROM {revisions} AS gone UNION ALL SELECT -id FROM {revisions} AS gone"
    cursor.execute(f"DELETE FROM {TABLE} WHERE rowid IN ({either})")


def move(cursor: Cursor, revisions: Sequence[int]) -> None:
    """Put these revisions in the place that is theirs by whether they are current now: their words stay."""
    for revision_id in revisions:
        cursor.execute(_MOVE, (revision_id, revision_id, -revision_id))


def tokens(typed: str) -> list[str]:
    """The words that a text is cut into, folded, in order."""
    return [word for _, _, word in _cut([(1, typed, None, None)])[1]]


def _vectors(documents: Iterable[Document]) -> list[dict[str, Any]]:
    return [{"id": number, "words": _vector(words)} for number, words in _cut(documents).items()]


def _cut(documents: Iterable[Document]) -> dict[int, list[Word]]:
    """The words of each document, in order."""
    found: dict[int, list[Word]] = {}
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as memory:
        memory.execute(_GIVEN)
        memory.execute(_VOCABULARY)
        for document in documents:
            found[document[0]] = []
            memory.execute(
                "INSERT INTO given (rowid, title, takeaway, sections) VALUES (?, ?, ?, ?)", document
            )
        for number, column, place, word in memory.execute('SELECT doc, col, "offset", term FROM vocabulary'):
            found[number].append((_COLUMNS.index(column), place, word))
    for words in found.values():
        words.sort()
    return found


def _vector(words: Iterable[Word]) -> str:
    """Words in order as a tsvector: each with all its places, and the weight of the column it stands in."""
    places: dict[str, list[str]] = {}
    size = begin = last = at = 0
    for column, place, word in words:
        if column != last:
            begin, last = at + _GAP, column
        at = min(begin + place + 1, _LAST_PLACE)
        bytes_of_word = len(word.encode())
        if bytes_of_word > LONGEST_WORD or size + bytes_of_word > _LARGEST:
            continue
        size += 2 if word in places else bytes_of_word + 8
        places.setdefault(word, []).append(f"{at}{_WEIGHTS[column]}")
    return " ".join(f"{quoted(word)}:{','.join(found)}" for word, found in places.items())


def quoted(word: str) -> str:
    """A word as a tsvector or tsquery takes it, whatever it holds."""
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"
