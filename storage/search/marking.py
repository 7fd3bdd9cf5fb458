"""What a hit shows: its title and a snippet of its text, with the words marked that were searched for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from storage.search.matching import any_of
from storage.search.query import Words

SNIPPET_WORDS = 24
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


def mark(connection: Connection, revision_id: int, words: Sequence[Words]) -> Marked:
    """A revision with `words` marked where they stand; with none of them there, the begin of its takeaway."""
    asked = {"revision": revision_id, "match": any_of(words), "begin": _BEGIN, "end": _END}
    row = connection.execute(text(_MARKED), asked).first() if words else None
    if row is None:
        title, takeaway, sections = connection.execute(text(_PLAIN), asked).one()
        return Marked(_fragments(title), _fragments(_beginning(takeaway or sections)))
    title, takeaway, sections = row
    # The takeaway unless more of what was typed stands in one place of the sections.
    best = max((takeaway, sections), key=lambda marked: (marked or "").count(_BEGIN))
    return Marked(_fragments(title), _fragments(best))


_MARKED = f"""
SELECT highlight(article_search, 0, :begin, :end),
       snippet(article_search, 1, :begin, :end, '…', {SNIPPET_WORDS}),
       snippet(article_search, 2, :begin, :end, '…', {SNIPPET_WORDS})
FROM article_search WHERE article_search MATCH :match AND rowid = :revision
"""
_PLAIN = "SELECT title, takeaway, sections FROM search_documents WHERE id = :revision"


def _beginning(of: str | None) -> str:
    words = (of or "").split()
    return " ".join(words[:SNIPPET_WORDS]) + ("…" if len(words) > SNIPPET_WORDS else "")


def _fragments(marked: str | None) -> tuple[Fragment, ...]:
    pieces = enumerate(re.split(f"[{_BEGIN}{_END}]", marked or ""))
    return tuple(Fragment(piece, match=number % 2 == 1) for number, piece in pieces if piece)
