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
    """The boilerplate passage that a line is by its words; None when no anchor of the profile is in it.

    A slot reaches from the first appearance of the words before it to the last of those after it: a journal's
    name may hold "like" and "often".
    """
    text = line.text
    lower = text.lower()
    for anchor in profile.anchors:
        if anchor.rarest not in lower:
            continue
        before, after = _patterns(anchor)
        start = before.search(text)
        if start is None:
            continue
        if anchor.slot is None or after is None:
            return Passage(text, text, (), heading)
        ends = [match.start() for match in after.finditer(text, start.end())]
        if not ends:
            continue
        value = text[start.end() : ends[-1]].strip().rstrip(",;")
        at = text.index(value, start.end())
        template = f"{text[:at]}{{{anchor.slot}}}{text[at + len(value) :]}"
        return Passage(text, template, ((anchor.slot, value),), heading)
    return None


def passage_names(line: Line, profile: SiteProfile) -> set[str]:
    """The names of the profile's passages whose anchors stand whole in a line."""
    found = set()
    for anchor in profile.anchors:
        before, after = _patterns(anchor)
        start = before.search(line.text)
        if start is not None and (after is None or after.search(line.text, start.end())):
            found.add(anchor.passage)
    return found


def passages_under(
    lines: Sequence[Line], heading: str | None, profile: SiteProfile
) -> list[tuple[Passage, Line]]:
    """The passages under the boilerplate's heading.

    Paragraphs without a known anchor count too, as far as the profile's number of passages goes: the site may
    have worded one anew. What follows behind them is somebody else's.
    """
    paragraphs = [
        line for line in lines if line.is_text and len(line.text) >= _SHORTEST and not line.block.href
    ]
    anchored = [passage_of(line, heading, profile) for line in paragraphs]
    last = max((number for number, passage in enumerate(anchored, start=1) if passage), default=0)
    count = max(last, len({anchor.passage for anchor in profile.anchors}))
    return [
        (passage or Passage(line.text, line.text, (), heading), line)
        for passage, line in list(zip(anchored, paragraphs, strict=True))[:count]
    ]


def slot_value(passages: Sequence[tuple[Passage, Line]], name: str) -> tuple[str | None, Line | None]:
    """The value of a slot and the line it stands in.

    The value is "" when it is empty or a program's word for nothing; both are None without the slot.
    """
    for passage, line in passages:
        for slot, value in passage.slots:
            if slot == name:
                return "" if comparable(value) in _EMPTY_VALUES else value, line
    return None, None


@lru_cache(maxsize=256)
def _patterns(anchor: Anchor) -> tuple[re.Pattern[str], re.Pattern[str] | None]:
    """What stands before an anchor's slot and after it: its words, with any white space and quotes."""
    before = re.compile(_words(anchor.before) + (r"(?=\s)" if anchor.slot else ""), re.I)
    return before, re.compile(r"\s" + _words(anchor.after), re.I) if anchor.slot else None


def _words(text: str) -> str:
    return r"\s+".join(re.sub(r"['’‘]", "['’‘]", re.escape(word)) for word in text.split())
