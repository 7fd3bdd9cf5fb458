"""Two texts word by word: what both have, what went, what came. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

PieceKind = Literal["same", "removed", "added"]
MAX_PAIRS = 4_000_000
"""Words times words that are compared; difflib takes quadratic time, and a page's texts are not ours."""

_WORD = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text that both have, or only one."""

    kind: PieceKind
    text: str


def word_diff(before: str, after: str) -> tuple[Piece, ...]:
    """`before` and `after` as pieces: without the added ones it is `before`, without the removed `after`.

    Of texts too long to be compared, what lies between the first and the last difference is one removed and
    one added piece.
    """
    one, other = _WORD.findall(before), _WORD.findall(after)
    begin = _common(one, other)
    end = _common(one[begin:][::-1], other[begin:][::-1])
    pieces = [("same", one[:begin])]
    pieces += _compared(one[begin : len(one) - end], other[begin : len(other) - end])
    pieces.append(("same", one[len(one) - end :]))
    return tuple(_merged(pieces))


def _common(one: list[str], other: list[str]) -> int:
    """How many words both begin with."""
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _compared(one: list[str], other: list[str]) -> list[tuple[str, list[str]]]:
    if len(one) * len(other) > MAX_PAIRS:
        return [("removed", one), ("added", other)]
    pieces = []
    for what, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if what == "equal" and not "".join(one[a:b]).strip():
            # White space alone between two changes: a phrase reads better whole.
            pieces += [("removed", one[a:b]), ("added", other[c:d])]
        elif what == "equal":
            pieces.append(("same", one[a:b]))
        else:
            pieces += [("removed", one[a:b]), ("added", other[c:d])]
    return pieces


def _merged(pieces: list[tuple[str, list[str]]]) -> Iterator[Piece]:
    """Pieces with what lies between two common ones put together: first what went, then what came."""
    removed, added, same = "", "", ""
    for kind, words in [*pieces, ("same", [])]:
        text = "".join(words)
        if kind == "removed":
            removed += text
        elif kind == "added":
            added += text
        if kind != "same" and text and same:
            yield Piece("same", same)
            same = ""
        if kind == "same" and text:
            yield from _changed(removed, added)
            removed = added = ""
            same += text
    if same:
        yield Piece("same", same)
    yield from _changed(removed, added)


def _changed(removed: str, added: str) -> Iterator[Piece]:
    if removed:
        yield Piece("removed", removed)
    if added:
        yield Piece("added", added)
