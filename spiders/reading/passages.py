"""Boilerplate by the profile's anchors: passages, and the slots in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from spiders.reading.model import Passage
from spiders.reading.outline import Line
from spiders.reading.profile import Anchor, SiteProfile
from spiders.reading.words import comparable

_SHORTEST = 40
_EMPTY_VALUES = frozenset(("", "undefined", "null", "none", "nan", "n/a", "[object object]", "unknown"))


def passage_of(line: Line, heading: str | None, profile: SiteProfile) -> Passage | None:
    """The boilerplate passage that a line is by its words; None when no anchor of the profile is in it."""
    for anchor in profile.anchors:
        match = _pattern(anchor).search(line.text)
        if match is None:
            continue
        if anchor.slot is None:
            return Passage(line.text, line.text, (), heading)
        start, end = match.span(1)
        template = f"{line.text[:start]}{{{anchor.slot}}}{line.text[end:]}"
        return Passage(line.text, template, ((anchor.slot, match[1].strip().rstrip(",;")),), heading)
    return None


def passages_under(
    lines: Sequence[Line], heading: str | None, profile: SiteProfile
) -> list[tuple[Passage, Line]]:
    """The passages under the boilerplate's heading: known or not, paragraphs there are boilerplate."""
    found = []
    for line in lines:
        if not line.is_text:
            continue
        passage = passage_of(line, heading, profile)
        if passage is None and len(line.text) >= _SHORTEST and not line.block.href:
            passage = Passage(line.text, line.text, (), heading)
        if passage is not None:
            found.append((passage, line))
    return found


def slot_value(passages: Sequence[Passage], name: str) -> str | None:
    """The value of a slot, "" when it stands empty or holds a program's word for nothing, None without the slot."""
    for passage in passages:
        for slot, value in passage.slots:
            if slot == name:
                return "" if comparable(value) in _EMPTY_VALUES else value
    return None


@lru_cache(maxsize=256)
def _pattern(anchor: Anchor) -> re.Pattern[str]:
    """Words of the anchor with any white space and any kind of quote between them.

    The slot reaches from the first appearance of the words before it to the last of those after it: a journal's
    name may hold "like" and "often".
    """
    before = _words(anchor.before)
    if anchor.slot is None:
        return re.compile(before, re.I)
    return re.compile(rf"{before}\s+(.*\S|)\s*{_words(anchor.after)}", re.I | re.S)


def _words(text: str) -> str:
    return r"\s+".join(re.sub(r"['’‘]", "['’‘]", re.escape(word)) for word in text.split())  # noqa: RUF001
