"""What a hit shows: its title and a snippet of its text, with the words marked that were searched for.

Marked in a full-text table of its own, in memory, that holds the shown hits only: asked for single rows, the
archive's index would begin each time anew, and of a prefix gather all the words that begin with it.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from sqlalchemy import Connection, text

from storage.search.matching import any_of
from storage.search.query import Words
from storage.search_index import TOKENIZE
from storage.views.search import DOCUMENTS_BY_REVISION

SNIPPET_WORDS = 24
_AT_ONCE = 200
"""Hits whose texts are in memory at the same time."""
# Noncharacters (Unicode 23.7): no page prints them, so nobody mistakes them for text.
_BEGIN, _END = "\ufdd0", "\ufdd1"


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of a title or snippet."""

    text: str
    match: bool


@dataclass(frozen=True, slots=True)
class Marked:
    """A revision's title, whole, and the best piece of its takeaway or sections."""

    title: tuple[Fragment, ...]
    snippet: tuple[Fragment, ...]


def mark(connection: Connection, revisions: Sequence[int], words: Sequence[Words]) -> dict[int, Marked]:
    """Each revision with `words` marked where they stand; without any of them, how its takeaway begins."""
    marked: dict[int, Marked] = {}
    for first in range(0, len(revisions), _AT_ONCE):
        ids = json.dumps(revisions[first : first + _AT_ONCE])
        rows = connection.execute(text(_TEXTS), {"revisions": ids}).all()
        documents = [(int(row[0]), row[1], row[2], row[3]) for row in rows]
        for number, title, takeaway, sections in documents:
            beginning = _beginning(takeaway or sections)
            marked[number] = Marked(_fragments(title), _fragments(beginning))
        marked.update(_found(documents, words))
    return marked


_TEXTS = f"""
SELECT abs(id), title, takeaway, sections FROM (
    {DOCUMENTS_BY_REVISION} WHERE r.id IN (SELECT CAST(value AS BIGINT) FROM json_each(:revisions))) d
"""
_TABLE = f"CREATE VIRTUAL TABLE shown USING fts5(title, takeaway, sections, tokenize='{TOKENIZE}')"
_FOUND = f"""
SELECT rowid, highlight(shown, 0, :begin, :end),
       snippet(shown, 1, :begin, :end, '…', {SNIPPET_WORDS}),
       snippet(shown, 2, :begin, :end, '…', {SNIPPET_WORDS})
FROM shown WHERE shown MATCH :match
"""

_Document = tuple[int, str | None, str | None, str | None]


def _found(documents: Sequence[_Document], words: Sequence[Words]) -> Iterator[tuple[int, Marked]]:
    """Those of the documents that hold any of `words`."""
    match = any_of(words)
    if match is None:
        return
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as memory:
        memory.execute(_TABLE)
        memory.executemany(
            "INSERT INTO shown (rowid, title, takeaway, sections) VALUES (?, ?, ?, ?)", documents
        )
        for number, title, *snippets in memory.execute(
            _FOUND, {"match": match, "begin": _BEGIN, "end": _END}
        ):
            # The takeaway unless more of what was typed stands in one place of the sections.
            best = max(snippets, key=lambda snippet: (snippet or "").count(_BEGIN))
            yield number, Marked(_fragments(title), _fragments(best))


def _beginning(of: str | None) -> str:
    words = (of or "").split()
    return " ".join(words[:SNIPPET_WORDS]) + ("…" if len(words) > SNIPPET_WORDS else "")


def _fragments(marked: str | None) -> tuple[Fragment, ...]:
    pieces = enumerate(re.split(f"[{_BEGIN}{_END}]", marked or ""))
    return tuple(Fragment(piece, match=number % 2 == 1) for number, piece in pieces if piece)
