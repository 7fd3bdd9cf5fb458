"""Topics: one by one, in order, as printed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from spiders.reading.model import Part, Role, Topic
from spiders.reading.outline import Line
from spiders.reading.words import squeeze

LONGEST_TOPIC = 120
_COMMA = re.compile(r"\s*[,;|•·]\s+|\s+[|•·]\s*")
_SEPARATOR_ONLY = re.compile(r"[\s,;|•·/]*")
# A capital at once after a small letter or a closing parenthesis: two words never stand so in a topic, but names
# of molecules do (mRNA, pH, siRNA, MRI-basedIL): what stands before must be a word.
_BORDER = re.compile(
    r"(?<=[^\W\d_]{3})(?<=[a-zà-öø-ÿ])(?=[A-ZÀ-ÖØ-Þ])|(?<=[a-z]\))(?=[A-Z])|(?<=[A-Z]\))(?=[A-Z])"
)


def read_topics(lines: Sequence[Line], glued: bool) -> tuple[tuple[Topic, Line], ...]:
    """The topics in the lines under the topics' heading, each with its line.

    `glued` says that the capture may have lost the borders between neighbouring elements: then they are split
    where a capital follows a small letter, and what may still hide a border is marked uncertain.
    """
    found: list[tuple[Topic, Line]] = []
    glued = glued and sum(line.is_text for line in lines) == 1  # a line each was kept apart
    for line in lines:
        if not line.is_text or len(line.text) > (4000 if glued else 1000):
            continue
        for topic in _unglued(line.text) if glued else _separate(line):
            found.append((topic, line))
    once: dict[str, tuple[Topic, Line]] = {}
    for topic, line in found:
        once.setdefault(topic.text, (topic, line))
    return tuple(once.values())


def _separate(line: Line) -> list[Topic]:
    """Topics of one block: its inline elements, or its comma-separated text."""
    pieces = _inline_elements(line.parts)
    if len(pieces) < 2:
        one_element = line.block.role in (Role.LIST_ITEM, Role.LINK) or len(pieces) == 1
        pieces = [line.text] if one_element else _COMMA.split(line.text)
    topics = [squeeze(piece).strip(",;|•·").removeprefix("#").strip() for piece in pieces]
    return [Topic(text) for text in topics if text and len(text) <= LONGEST_TOPIC]


def _inline_elements(parts: Sequence[Part]) -> list[str]:
    """The texts of a block's inline elements, when nothing but separators stands between them."""
    units: dict[int, str] = {}
    for part in parts:
        if part.unit == 0:
            if not _SEPARATOR_ONLY.fullmatch(part.text):
                return []
            continue
        units[part.unit] = units.get(part.unit, "") + part.text
    return [text for text in units.values() if not _SEPARATOR_ONLY.fullmatch(text)]


def _unglued(text: str) -> list[Topic]:
    pieces = [piece for chunk in _COMMA.split(text) for piece in _BORDER.split(chunk) if piece.strip()]
    return [
        Topic(piece.strip(), uncertain=_may_hide_a_border(pieces, index))
        for index, piece in enumerate(pieces)
    ]


def _may_hide_a_border(pieces: Sequence[str], index: int) -> bool:
    """Whether a piece may be several topics.

    Topics are sorted by code point, capitals first: topics in small letters, if any, come last, glued to the last
    capital one and to each other without a visible border. So only the last piece can hide one, or a piece that
    breaks the order, or one with a border that a digit or a hyphen blurs.
    """
    piece = pieces[index]
    if index == len(pieces) - 1:
        return len(pieces) > 1 and piece[:1].isupper()
    return bool(re.search(r"\d(?=[A-Z][a-z])|[A-Z]{2}(?=[A-Z][a-z])", piece)) or piece > pieces[index + 1]
