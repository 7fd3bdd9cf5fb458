"""What a person typed into a search box, as a `Query`.

Habits of search boxes, read so that anything typed means something: all words must occur; "phrases" as they
stand; AND, OR (which binds less), NOT in capitals, - before what must not be; parentheses; prefix*;
`field:value`, `field:"two words"`. What is out of place (a quote or parenthesis without its partner, an
operator with nothing beside it) is passed over; a prefix that is no field is words. An error is only a field
whose value can't be read, and a query with nothing in it to look for, or far too much.

No library reads this: luqum, the kept parser of Lucene's language, refuses nearly all of the odd inputs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, cast, get_args

from storage.search.query import All, Any, FilterField, Node, Not, Query, SearchError, TextField, Words
from storage.search.values import filter_of, missing

MAX_TERMS = 50
"""More words and filters than this are a pasted text, not a search."""
MAX_DEPTH = 50
"""Parentheses within parentheses: more than anyone types."""

Grouping = Callable[[str], str]
"""From a topic or journal as typed to the form that groups its spellings."""

_TEXT_FIELDS = get_args(TextField)
_FIELDS = (*_TEXT_FIELDS, *get_args(FilterField))
_QUOTES = str.maketrans(dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\uff02", '"'))
_PLAIN = re.compile(r"\w[\w.+/-]*")
_TOKEN = re.compile(
    r"""(?P<minus>-?) (?P<open>\() | (?P<close>\))
      | (?P<minus_>-?) (?:(?P<field>[A-Za-z]+):(?P<comparison>[<>]=?|=)?)?
        (?: "(?P<phrase>(?:[^"]|"")*)"(?P<star>\*?) | (?P<word>[^\s"()]+) )""",
    re.VERBOSE,
)


def parse(*typed: str, grouping: Grouping) -> Query:
    """What was typed; of several texts, each read on its own, an article must match all.

    `grouping` is called for topics and journals only. Raises `SearchError`.
    """
    parts = [part for text in typed if (part := _Reader(_tokens(text, grouping)).read()) is not None]
    root = _joined(All, parts)
    if root is None:
        raise SearchError("nothing to search for: give at least one word, number or filter")
    many = _count(root)
    if many > MAX_TERMS:
        raise SearchError(f"too much to search for: {many} words, at most {MAX_TERMS}")
    return Query(root)


def quoted(value: str) -> str:
    """A value as it is typed after a field, whatever it holds; in quotes only where it must be."""
    if _PLAIN.fullmatch(value):
        return value
    return '"' + value.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class _Token:
    kind: Literal["open", "close", "and", "or", "not", "leaf"]
    negated: bool = False
    node: Node | None = None


class _Reader:
    """Recursive descent over tokens: any = all (OR all)*; all = part*; part = NOT* (leaf | "(" any ")")."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def read(self) -> Node | None:
        """The tree; None when there is nothing to look for."""
        parts = [self._all()]
        while self._peek() == "or":
            self._at += 1
            parts.append(self._all())
        return _joined(Any, [part for part in parts if part is not None])

    def _all(self) -> Node | None:
        parts = []
        while (kind := self._peek()) not in (None, "or", "close"):
            part = self._part()
            if kind != "and" and part is not None:
                parts.append(part)
        return _joined(All, parts)

    def _part(self) -> Node | None:
        negated = False
        while self._peek() == "not":
            negated = not negated
            self._at += 1
        if self._peek() in (None, "or", "close"):
            return None  # NOT with nothing after it
        token = self._tokens[self._at]
        self._at += 1
        node = token.node
        if token.kind == "open":
            node = self.read()
            self._at += 1  # the closing one: `_balanced` saw to it
        if node is None or negated == token.negated:
            return node
        return Not(node)

    def _peek(self) -> str | None:
        return self._tokens[self._at].kind if self._at < len(self._tokens) else None


def _tokens(typed: str, grouping: Grouping) -> list[_Token]:
    # NUL would end the expression, and other controls are no text; lone surrogates can't be encoded.
    cleaned = "".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in typed.translate(_QUOTES))
    return list(_balanced(_token(found, grouping) for found in _TOKEN.finditer(cleaned)))


def _balanced(tokens: Iterator[_Token]) -> Iterator[_Token]:
    """Tokens without the parentheses that close nothing, and with those that were left out at the end."""
    depth = 0
    for token in tokens:
        if token.kind == "close" and depth == 0:
            continue
        depth += {"open": 1, "close": -1}.get(token.kind, 0)
        if depth > MAX_DEPTH:
            raise SearchError(f"too many parentheses within each other: at most {MAX_DEPTH}")
        yield token
    yield from [_Token("close")] * depth


def _token(found: re.Match[str], grouping: Grouping) -> _Token:
    if found["close"]:
        return _Token("close")
    if found["open"]:
        return _Token("open", negated=bool(found["minus"]))
    word = found["word"]
    if word in ("AND", "OR", "NOT") and not found["minus_"] and not found["field"]:
        return _Token(cast(Literal["and", "or", "not"], word.lower()))
    return _Token("leaf", bool(found["minus_"]), _leaf(found, grouping))


def _leaf(found: re.Match[str], grouping: Grouping) -> Node | None:
    field, word, phrase = (found["field"] or "").lower(), found["word"], found["phrase"]
    if word is not None:
        text, prefix = word.rstrip("*"), word.endswith("*")
    else:
        text, prefix = phrase.replace('""', '"') if field else phrase, bool(found["star"])
    text = " ".join(text.split())
    if field in _FIELDS:
        if not text:
            raise missing(field)
        if field in _TEXT_FIELDS:
            return _words(text, prefix, cast(TextField, field))
        return filter_of(cast(FilterField, field), found["comparison"], text, prefix, grouping)
    if word is not None and word[:-1].lower() in _FIELDS and word.endswith(":"):
        raise missing(word[:-1].lower())
    if field and word is None:
        return _joined(All, [part for part in (_words(field), _words(text, prefix)) if part is not None])
    lead = f"{found['field']}:{found['comparison'] or ''}" if field else ""
    return _words(lead + text, prefix)


def _words(text: str, prefix: bool = False, field: TextField | None = None) -> Words | None:
    """None for a text that holds nothing that can be found: the index knows letters, numbers, private use."""
    known = [c for c in text if unicodedata.category(c)[0] in "LN" or unicodedata.category(c) == "Co"]
    if prefix and len(known) == 1:
        raise SearchError(f"{text}*: give at least two letters before the *")
    return Words(text, prefix, field) if known else None


def _joined(kind: type[All] | type[Any], parts: list[Node]) -> Node | None:
    flat = [one for part in parts for one in (part.parts if isinstance(part, kind) else (part,))]
    different = tuple(dict.fromkeys(flat))
    return kind(different) if len(different) > 1 else next(iter(different), None)


def _count(node: Node) -> int:
    if isinstance(node, All | Any):
        return sum(map(_count, node.parts))
    return _count(node.part) if isinstance(node, Not) else 1
