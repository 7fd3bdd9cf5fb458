"""Full-text search: what a person typed as a safe FTS5 expression, and the ranked answer with snippets.

FTS5 has a query language of its own (https://sqlite.org/fts5.html#full_text_query_syntax): in it `COVID-19`
is an error and `NEAR(` a function. None of it reaches the database: every word is quoted.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, text

from storage.queries import ROW_FIELDS, ArticleRow, article_row
from storage.views.articles import ARTICLES

MAX_TERMS = 50
"""More words than this are a pasted text, not a search."""

WEIGHTS = (10.0, 5.0, 1.0)
"""Of a word in title, takeaway and sections, for bm25."""

_SNIPPET_WORDS = 24
# Noncharacters (Unicode 23.7): no page prints them, so nobody mistakes them for text.
_BEGIN, _END = "\ufdd0", "\ufdd1"
_QUOTES = str.maketrans(dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\uff02", '"'))
_PHRASE_OR_WORD = re.compile(r'"([^"]*)"|([^\s"]+)')


class SearchError(ValueError):
    """A search that can't be asked; the message is one line for whoever typed it."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of a snippet."""

    text: str
    match: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """An article that matches."""

    article: ArticleRow
    score: float
    """bm25 with `WEIGHTS`, turned so that more is better; comparable within one search only."""
    title: tuple[Fragment, ...]
    """The title as printed, whole; () when there is none."""
    snippet: tuple[Fragment, ...]
    """Up to 24 words of takeaway or sections, around the best match in them; `…` where it was cut."""


@dataclass(frozen=True, slots=True)
class Found:
    """A page of the answer."""

    hits: tuple[Hit, ...]
    total: int
    """How many articles match, on this page and the others."""


def expression(typed: str) -> str:
    """What was typed as an FTS5 expression: all words, and all "phrases in quotes", must occur.

    Anything else FTS5 knows is taken literally. Raises `SearchError` when there is nothing to search for.
    """
    terms = list(dict.fromkeys(_terms(typed)))
    if not terms:
        raise SearchError("nothing to search for: give at least one word or number")
    if len(terms) > MAX_TERMS:
        raise SearchError(f"too much to search for: {len(terms)} words, at most {MAX_TERMS}")
    return " AND ".join(f'"{term}"' for term in terms)


def search(connection: Connection, typed: str, *, limit: int = 20, offset: int = 0) -> Found:
    """Articles whose current title, takeaway or sections hold all that was typed, best match first.

    Boilerplate is not searched. Raises `SearchError`.
    """
    asked = {
        "expression": expression(typed),
        "rank": _RANK,
        "begin": _BEGIN,
        "end": _END,
        "limit": limit,
        "offset": offset,
    }
    ranked = connection.execute(text(_RANKED), asked).all()
    total = connection.execute(text(f"SELECT count(*) {_MATCHES}"), asked).scalar_one()
    hits = []
    for revision_id, score, title, *snippets in ranked:
        row = connection.execute(text(_ARTICLE), {"revision": revision_id}).mappings().one()
        # The takeaway unless more of what was typed stands in one place of the sections.
        snippet = max(snippets, key=lambda marked: (marked or "").count(_BEGIN))
        hits.append(Hit(article_row(row), -score, _fragments(title), _fragments(snippet)))
    return Found(tuple(hits), int(total))


_RANK = f"bm25({', '.join(map(str, WEIGHTS))})"
_MATCHES = """
FROM article_search JOIN revision r ON r.id = article_search.rowid AND r.is_current = 1
WHERE article_search MATCH :expression
"""
# Sorted by FTS5's own `rank`: the snippets, dear ones, are then made for the rows of this page only.
_RANKED = f"""
SELECT r.id, article_search.rank, highlight(article_search, 0, :begin, :end),
       snippet(article_search, 1, :begin, :end, '…', {_SNIPPET_WORDS}),
       snippet(article_search, 2, :begin, :end, '…', {_SNIPPET_WORDS})
{_MATCHES} AND article_search.rank MATCH :rank
ORDER BY article_search.rank LIMIT :limit OFFSET :offset
"""
# The view's own statement narrowed to one row: the view has no column that an index could find it by.
_ARTICLE = f"""
WITH found ({", ".join(ARTICLES.columns)}) AS ({ARTICLES.select} WHERE r.id = :revision)
SELECT {", ".join(ROW_FIELDS)} FROM found
"""


def _terms(typed: str) -> Iterator[str]:
    # NUL would end the expression, and other controls are no text; lone surrogates can't be encoded.
    cleaned = "".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in typed.translate(_QUOTES))
    for found in _PHRASE_OR_WORD.finditer(cleaned):
        term = " ".join((found[1] or found[2] or "").split())
        # The tokenizer sees letters, numbers and private use only; of a term without any it makes a condition
        # that nothing fulfils.
        if any(unicodedata.category(c)[0] in "LN" or unicodedata.category(c) == "Co" for c in term):
            yield term


def _fragments(marked: str | None) -> tuple[Fragment, ...]:
    pieces = enumerate(re.split(f"[{_BEGIN}{_END}]", marked or ""))
    return tuple(Fragment(piece, match=number % 2 == 1) for number, piece in pieces if piece)
