"""Topics: one by one, in order, as printed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from spiders.reading.model import Part, Role, Topic
from spiders.reading.outline import Line
from spiders.reading.words import squeeze

LONGEST_TOPIC = 120
_COMMA = re.compile(r"\s*[,;|•·]\s+|\s+[|•·]\s*")
_COUNT = re.compile(r"(?<=\S)\s+(?:\(\d+\)|\[\d+\]|\d+)$")
_LAST_AND = re.compile(r",\s+and\s+(?=[^,]+$)")
_SEPARATOR_ONLY = re.compile(r"[\s,;|•·/]*")
# A capital at once after a small letter parts two words; but names of molecules are written so (mRNA, siRNA):
# what stands before the border must end in a word.
_BORDER = re.compile(r"(?<=[^\W\d_]{3})(?<=[a-zà-öø-ÿ])(?=[A-ZÀ-ÖØ-Þ])")
_BLURRED = re.compile(r"[\d)](?=[A-Z][a-z ])|[A-Z]{2}(?=[a-z]{3})|[\d)](?=[a-z]{3})")


def read_topics(lines: Sequence[Line], glued: bool) -> tuple[tuple[Topic, Line], ...]:
    """The topics in the lines under the topics' heading, each with its line.

    `glued` says that the capture may have lost the borders between neighbouring elements: then they are split
    where a capital follows a small letter, and what may still hide a border is marked uncertain.
    """
    found: list[tuple[Topic, Line]] = []
    alone = sum(line.is_text for line in lines) == 1
    glued = glued and alone  # a line each was kept apart
    for line in lines:
        if not line.is_text or len(line.text) > (4000 if glued else 1000):
            continue
        for topic in _unglued(line.text) if glued else _separate(line, alone):
            found.append((topic, line))
    names = found[::2]
    if len(found) > 2 and len(found) == 2 * len(names) and _numbers(found[1::2]) and not _numbers(names):
        found = names  # a count behind each
    if len(found) > 1 and all(_COUNT.search(topic.text) for topic, _ in found):
        found = [(replace(topic, text=_COUNT.sub("", topic.text)), line) for topic, line in found]
    once: dict[str, tuple[Topic, Line]] = {}
    for topic, line in found:
        once.setdefault(topic.text, (topic, line))
    return tuple(once.values())


def _numbers(found: Sequence[tuple[Topic, Line]]) -> bool:
    return all(topic.text.strip("()[]").isdigit() for topic, _ in found)


def _separate(line: Line, alone: bool) -> list[Topic]:
    """Topics of one block: its inline elements, or its comma-separated text when it is the only block."""
    pieces = inline_elements(line.parts)
    if len(pieces) < 2:
        one_element = not alone or line.block.role in (Role.LIST_ITEM, Role.LINK) or len(pieces) == 1
        pieces = [line.text] if one_element else _COMMA.split(_LAST_AND.sub(", ", line.text))
    topics = [squeeze(piece).strip(",;|•·").removeprefix("#").strip() for piece in pieces]
    return [Topic(text) for text in topics if text and len(text) <= LONGEST_TOPIC]


def inline_elements(parts: Sequence[Part]) -> list[str]:
    """The texts of a block's inline elements, when nothing but separators stands between them."""
    units: dict[int, str] = {}
    for part in parts:
        if part.unit == 0:
            if not _SEPARATOR_ONLY.fullmatch(part.text):
                return []
            continue
        units[part.unit] = units.get(part.unit, "") + part.text
    return [squeeze(text) for text in units.values() if not _SEPARATOR_ONLY.fullmatch(text)]


def _unglued(text: str) -> list[Topic]:
    pieces = [piece.strip() for piece in _BORDER.split(text)]
    listed = [piece.strip() for piece in text.split(", ")]
    if len(pieces) == 1 and len(listed) > 2 and all(piece[:1].isupper() for piece in listed):
        return [Topic(piece) for piece in listed]  # separated as printed, not glued
    return [Topic(piece, uncertain=_may_hide_a_border(pieces, index)) for index, piece in enumerate(pieces)]


def _may_hide_a_border(pieces: Sequence[str], index: int) -> bool:
    """Whether a piece may be several topics.

    Topics are sorted by code point, capitals first: topics in small letters, if any, come last, glued to the
    last capital one and to each other without a visible border. So the last piece may hide one, and a piece
    that breaks the order, and one where a digit, a parenthesis or an abbreviation blurs a border.
    """
    piece = pieces[index]
    if _BLURRED.search(piece):
        return True
    if index == len(pieces) - 1:
        return len(pieces) > 1 and piece[:1].isupper()
    return piece > pieces[index + 1]
