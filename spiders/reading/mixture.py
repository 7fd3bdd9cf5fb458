"""Two articles on one page: pages that go on with the next article, caches that glue two answers together.

Which of their values belong together can't be told for certain, so none is taken.
"""

from __future__ import annotations

from collections.abc import Sequence

from spiders.reading.outline import Line, part_key
from spiders.reading.profile import SiteProfile
from spiders.reading.words import comparable

_SHORTEST_TEXT = 25
_NEAR = 8
"""Lines behind a heading in which its text begins."""
_FEWEST_PARTS = 2
"""One part alone may be told twice: a table of contents is followed by something, a card has a takeaway."""


def two_articles(lines: Sequence[Line], profile: SiteProfile) -> str | None:
    """Why a page holds more than one article; None when it does not.

    It does when parts of an article stand on it twice, with two texts of which neither is the other's
    beginning.
    """
    texts: dict[str, list[str]] = {}
    twice: dict[str, str] = {}
    for index, line in enumerate(lines):
        part, text = _headed(lines, index, profile)
        if part is None or not (part == "takeaway" or part.startswith("section:")):
            continue
        if text is None:
            continue
        known = texts.setdefault(part, [])
        if any(not (text.startswith(one) or one.startswith(text)) for one in known):
            twice.setdefault(part, line.text)
        known.append(text)
    if len(twice) < _FEWEST_PARTS:
        return None
    return f"two articles stand on it: more than one text under {' and '.join(map(repr, twice.values()))}"[
        :200
    ]


def _headed(lines: Sequence[Line], index: int, profile: SiteProfile) -> tuple[str | None, str | None]:
    """The part that a line heads, and the beginning of its text.

    Also for a heading at the beginning of a paragraph: where another article's headings are clearer the
    outline takes it for text.
    """
    line = lines[index]
    if line.part is not None:
        return line.part, _text_behind(lines, index)
    if len(line.parts) > 1 and line.parts[0].strong and not line.href:
        text = comparable("".join(part.text for part in line.parts[1:])).lstrip(":- ")
        return part_key(line.parts[0].text, profile), text if len(text) >= _SHORTEST_TEXT else None
    return None, None


def _text_behind(lines: Sequence[Line], index: int) -> str | None:
    """The beginning of a heading's text in comparison form; None without one."""
    heading = lines[index]
    # Text that leads elsewhere is none of the part's, unless heading and all stand in one link.
    around = {None, heading.href, *(part.href for part in heading.parts)}
    for line in lines[index + 1 : index + 1 + _NEAR]:
        if line.part is not None:
            if line.part == heading.part:
                continue  # a tab and its panel's heading
            return None
        if line.is_text and len(line.text) >= _SHORTEST_TEXT and line.href in around:
            return comparable(line.text)
    return None
