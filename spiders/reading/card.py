"""One card: which of its lines is the title, the date, the teaser, the picture.

The same cards stand on page after page, so what a card's lines come to is remembered.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from spiders.reading.dates import looks_like_date, read_date
from spiders.reading.model import IMAGE, PartialDate
from spiders.reading.outline import Line, same_words
from spiders.reading.profile import SiteProfile
from spiders.reading.words import comparable, heading_key

_DATE_INSIDE = re.compile(r"(?<![\d/])\d{1,2}/\d{1,2}/\d{4}(?![\d/])")
_WORDY_DATE = re.compile(
    r"\b(?:\d{1,2}\s+)?[A-Z][a-z]{2,8}\.?\s+(?:\d{1,2},\s+)?\d{4}\b|\b\d{4}-\d{2}-\d{2}\b"
)
_SHORT = 60
LEAST_SURE = 5
_LOST = "\ufffd"  # what stands for bytes that are no text (Unicode, "replacement character")


class CardLine(NamedTuple):
    """What a line's part in its card depends on."""

    text: str
    is_image: bool
    level: int | None
    href: str | None
    src: str | None
    datetime: str | None
    """Of a `<time>` that is all of the line."""
    in_element: bool
    """False in a text capture, where nothing but the order tells."""


class CardFields(NamedTuple):
    """What one card says; None for what it does not show."""

    title: str | None
    date: PartialDate | None
    teaser: str | None
    src: str | None
    has_more: bool
    """It closes with "Read More"."""
    told_by: int
    """How its title was told, 1 to `LEAST_SURE`: the lesser the surer."""
    roles: tuple[str | None, ...]
    """For each line what it was taken for: `title`, `date`, `teaser`, `image`, `more`."""


def card_line(line: Line) -> CardLine:
    """A line as its card sees it."""
    block = line.block
    return CardLine(
        line.text,
        block.role is IMAGE,
        block.level,
        line.href,
        block.src,
        block.datetime if block.datetime and line.text == block.text else None,
        bool(block.trail),
    )


def is_more(text: str, profile: SiteProfile) -> bool:
    """Whether a text is `Read More`, also with what it is about behind it for screen readers."""
    if len(text) > 2 * _SHORT:
        return False
    key = heading_key(text)
    return profile.labels.get(key) == "card_more" or (
        " about " in key and profile.labels.get(key.split(" about ")[0]) == "card_more"
    )


@lru_cache(maxsize=5_000)
def read_card(lines: tuple[CardLine, ...], profile: SiteProfile) -> CardFields:
    """Tell the lines of one card apart."""
    roles: list[str | None] = [None] * len(lines)
    rest: list[int] = []
    date: PartialDate | None = None
    src = None
    for index, line in enumerate(lines):
        if line.is_image:
            src = src or line.src
            roles[index] = "image"
        elif is_more(line.text, profile):
            roles[index] = "more"
        elif (found := _date(line, profile)) is not None and (
            date is None or looks_like_date(line.text) or found == date
        ):
            date = date or found
            roles[index] = "date"
        elif any(character.isalnum() for character in line.text):
            rest.append(index)
    title, told_by = _title(lines, [lines[index] for index in rest], profile)
    teaser = None
    for index in rest:
        text = lines[index].text
        if title is not None and (same_words(text, title) or _is_damaged_copy(text, title)):
            roles[index] = "title"
        elif teaser is None or (len(text) > len(teaser) and len(teaser) < _SHORT):
            teaser = text
            roles[index] = "teaser"
    return CardFields(title, date, teaser, src, "more" in roles, told_by, tuple(roles))


def _is_damaged_copy(text: str, title: str) -> bool:
    """Whether two texts are the same but for characters that could not be decoded."""
    if _LOST not in text + title or len(text) != len(title):
        return False
    return all(one == other or _LOST in (one, other) for one, other in zip(text, title, strict=True))


def _title(
    lines: Sequence[CardLine], rest: Sequence[CardLine], profile: SiteProfile
) -> tuple[str | None, int]:
    """The title, and how it was told (`CardFields.told_by`)."""
    for line in rest:
        if line.level is not None:
            return line.text, 1
    alts = [line.text for line in lines if line.is_image and any(map(str.isalnum, line.text))]
    for line in rest:
        if any(same_words(line.text, alt) for alt in alts):
            return line.text, 2
    texts = [comparable(line.text) for line in rest]
    for line, text in zip(rest, texts, strict=True):
        if texts.count(text) > 1:
            return line.text, 2
    linked = [line for line in rest if line.href and line.in_element]
    plain = [line for line in rest if not line.href and line.in_element]
    if linked and (plain or len(linked) == 1 or len({line.href for line in linked}) == 1):
        return linked[0].text, 3
    if len(rest) > 1 and rest[0].in_element:
        return rest[0].text, 4
    return (alts[0], 2) if alts else (_text_title(lines, rest, profile), LEAST_SURE)


def _text_title(lines: Sequence[CardLine], rest: Sequence[CardLine], profile: SiteProfile) -> str | None:
    """In a text capture the title stands before the date, the teaser behind it."""
    for line in lines:
        if _date(line, profile) is not None:
            return None
        if line in rest:
            return line.text
    return None


def _date(line: CardLine, profile: SiteProfile) -> PartialDate | None:
    order, languages = profile.date_order, profile.date_languages
    text = line.text
    if line.is_image or len(text) > _SHORT:
        return None
    if looks_like_date(text):
        return read_date(text, order)
    match = _DATE_INSIDE.search(text)
    if match:
        return read_date(match[0], order)
    if line.datetime:
        printed = read_date(text, order, languages)
        return printed if printed.iso else read_date(line.datetime, order)
    if line.level is None and languages != ("en",):  # others write dates otherwise: `3. Mai 2024`
        printed = read_date(text, order, languages)
        if printed.iso:
            return printed
    if line.level is None and (match := _WORDY_DATE.search(text)) and len(text) - len(match[0]) <= 12:
        printed = read_date(match[0], order, languages)
        return printed if printed.iso else None
    return None
