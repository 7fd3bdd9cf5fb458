"""Card lists: which lines make one card, and what each line of a card is.

Cards are told apart by what they link to and the element they stand in; where there are no links (text captures) or
no element of their own (flat markup), by their order and by "Read More".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from spiders.reading.addresses import article_id, canonical, page_address
from spiders.reading.dates import looks_like_date, read_date
from spiders.reading.model import Card, Part, PartialDate, Role
from spiders.reading.outline import Line, same_words
from spiders.reading.profile import SiteProfile
from spiders.reading.words import comparable, heading_key, squeeze

_DATE_INSIDE = re.compile(r"(?<![\d/])\d{1,2}/\d{1,2}/\d{4}(?![\d/])")
_WORDY_DATE = re.compile(
    r"\b(?:\d{1,2}\s+)?[A-Z][a-z]{2,8}\.?\s+(?:\d{1,2},\s+)?\d{4}\b|\b\d{4}-\d{2}-\d{2}\b"
)
_SHORT = 60
_MOST_LEADING = 6

Take = Callable[[Line, str], None]


class CardReader:
    """Reads card lists of one page."""

    def __init__(self, profile: SiteProfile, url: str | None, take: Take) -> None:
        self._profile, self._url, self._take = profile, url, take

    def read(self, lines: Sequence[Line], own_id: str | None = None) -> tuple[Card, ...]:
        """The cards in a run of lines, in the order shown, a cloned one once.

        `own_id` is the page's article: a link to itself makes no card.
        """
        lines = [piece for line in lines for piece in self._pieces(line)]
        visible = [line for line in lines if not line.block.hidden]
        targets = self._targets(visible)
        if targets:
            lines = visible
        else:  # all of it waits in a hidden place, or none of it links
            targets = self._targets(lines)
        groups = _by_target(lines, targets, self._is_more) if targets else self._by_order(lines)
        cards: list[Card] = []
        for target, members in groups:
            if target is not None and article_id(target, self._profile) == own_id is not None:
                continue
            card = self._card(len(cards) + 1, target, members)
            if card is not None:
                cards.append(card)
        return tuple(cards)

    def _pieces(self, line: Line) -> list[Line]:
        """A line whose inline elements are a card's title, date, teaser and "Read More", taken apart."""
        if len(line.parts) < 2:
            return [line]
        pieces: list[list[Part]] = [[]]
        marked = False
        for part in line.parts:
            text = squeeze(part.text)
            is_mark = looks_like_date(text) or self._is_more_text(text)
            other_link = bool(pieces[-1]) and bool(text) and pieces[-1][-1].href != part.href
            if is_mark or marked or (other_link and bool(part.href)):
                pieces.append([])
            pieces[-1].append(part)
            marked = is_mark
        if len(pieces) < 2:
            return [line]
        found = []
        for group in pieces:
            text = squeeze("".join(part.text for part in group))
            hrefs = {part.href for part in group if part.text.strip()}
            if text:
                found.append(Line(line.block, text, href=hrefs.pop() if len(hrefs) == 1 else None))
        return found

    def _targets(self, lines: Sequence[Line]) -> dict[int, str]:
        """Index of each line that links to an article → the article's address."""
        found = {}
        for index, line in enumerate(lines):
            for href in (line.href, *(part.href for part in line.parts)):
                if href:
                    address = page_address(href, self._url or self._profile.base_url, self._profile)
                    if article_id(address, self._profile):
                        found[index] = str(address)
                        break
        return found

    def _is_more(self, line: Line) -> bool:
        return self._is_more_text(line.text)

    def _is_more_text(self, text: str) -> bool:
        """`Read More`, also with what it is about behind it for screen readers."""
        if len(text) > 2 * _SHORT:
            return False
        key = heading_key(text)
        return self._profile.labels.get(key) == "card_more" or (
            " about " in key and self._profile.labels.get(key.split(" about ")[0]) == "card_more"
        )

    def _by_order(self, lines: Sequence[Line]) -> list[tuple[None, list[Line]]]:
        """Cards without links: each ends with "Read More", or where the next one's title or date begins."""
        has_more = any(map(self._is_more, lines))
        groups: list[list[Line]] = [[]]
        for line in lines:
            group = groups[-1]
            if (
                not has_more
                and looks_like_date(line.text)
                and any(looks_like_date(other.text) for other in group)
            ):
                groups.append(_titles_at_end(group))
            groups[-1].append(line)
            if self._is_more(line):
                groups.append([])
        return [(None, group) for group in groups if any(line.is_text for line in group)]

    def _card(self, position: int, target: str | None, lines: Sequence[Line]) -> Card | None:
        date = image = title = teaser = None
        rest: list[Line] = []
        takes: list[tuple[Line, str]] = []
        for line in lines:
            if line.block.role is Role.IMAGE:
                image = image or canonical(line.block.src or "", self._url or self._profile.base_url)
                takes.append((line, "image"))
            elif self._is_more(line):
                takes.append((line, "more"))
            elif date is None and (found := self._date(line)) is not None:
                date = found
                takes.append((line, "date"))
            elif line.is_text:
                rest.append(line)
        title = self._title(lines, rest, has_date=date is not None)
        for line in rest:
            if title is not None and same_words(line.text, title):
                takes.append((line, "title"))
            elif teaser is None or len(line.text) > len(teaser) and len(teaser) < _SHORT:
                teaser = line.text
                takes.append((line, "teaser"))
        if title is None and teaser is None and date is None and target is None:
            return None
        if target is None and date is None and not any(map(self._is_more, lines)):
            return None  # nothing says that this is a card: text behind the list
        for line, what in takes:
            self._take(line, f"card {position}: {what}")
        return Card(position, title, target, date, teaser, image)

    def _title(self, lines: Sequence[Line], rest: Sequence[Line], has_date: bool) -> str | None:
        for line in rest:
            if line.block.level is not None:
                return line.text
        alts = [line.text for line in lines if line.block.role is Role.IMAGE and line.text]
        for line in rest:
            if any(same_words(line.text, alt) for alt in alts):
                return line.text
        texts = [comparable(line.text) for line in rest]
        for line, text in zip(rest, texts, strict=True):
            if texts.count(text) > 1:
                return line.text
        linked = [line for line in rest if line.href and line.block.trail]
        plain = [line for line in rest if not line.href and line.block.trail]
        if linked and (plain or len(linked) == 1 or len({line.href for line in linked}) == 1):
            return linked[0].text
        if rest and rest[0].block.trail and len(rest) > 1:
            return rest[0].text
        if alts:
            return alts[0]
        return self._text_title(lines, rest)

    def _text_title(self, lines: Sequence[Line], rest: Sequence[Line]) -> str | None:
        """In a text capture the title stands before the date, the teaser behind it."""
        for line in lines:
            if self._date(line) is not None:
                return None
            if line in rest:
                return line.text
        return None

    def _date(self, line: Line) -> PartialDate | None:
        order = self._profile.date_order
        text = line.text
        if line.block.role is Role.IMAGE or len(text) > _SHORT:
            return None
        if looks_like_date(text):
            return read_date(text, order)
        match = _DATE_INSIDE.search(text)
        if match:
            return read_date(match[0], order)
        if line.block.datetime and text == line.block.text:
            printed = read_date(text, order)
            return printed if printed.iso else read_date(line.block.datetime, order)
        if (
            line.block.level is None
            and (match := _WORDY_DATE.search(text))
            and len(text) - len(match[0]) <= 12
        ):
            printed = read_date(match[0], order)
            return printed if printed.iso else None
        return None


def _titles_at_end(group: list[Line]) -> list[Line]:
    """Take from the end of a card what is the next card's title, printed twice."""
    if len(group) >= 2 and same_words(group[-1].text, group[-2].text):
        titles = group[-2:]
        del group[-2:]
        return titles
    return []


def _by_target(
    lines: Sequence[Line], targets: dict[int, str], is_more: Callable[[Line], bool]
) -> list[tuple[str, list[Line]]]:
    """Lines grouped by the article they lead to, in order of first appearance."""
    order = list(dict.fromkeys(targets.values()))
    owner: dict[int, str] = dict(targets)
    linked = sorted(targets)
    for number, index in enumerate(linked):
        container = _own_container(lines, targets, linked, number)
        for step in (1, -1):  # an element's lines are neighbours
            at = index + step
            while 0 <= at < len(lines) and at not in owner and _within(lines[at], container):
                owner[at] = targets[index]
                at += step
    _flat(lines, targets, owner, is_more)
    groups: dict[str, list[Line]] = {target: [] for target in order}
    for index in sorted(owner):
        groups[owner[index]].append(lines[index])
    return list(groups.items())


def _own_container(
    lines: Sequence[Line], targets: dict[int, str], linked: Sequence[int], number: int
) -> tuple[int, ...] | None:
    """The largest element around a link that holds no other target's; None where there is none (flat markup).

    Only the nearest links to other targets matter: in document order, they share most with it.
    """
    index = linked[number]
    trail = lines[index].block.trail
    depth = 0
    for direction in (range(number + 1, len(linked)), range(number - 1, -1, -1)):
        other = next((linked[at] for at in direction if targets[linked[at]] != targets[index]), None)
        if other is not None:
            depth = max(depth, _agree(trail, lines[other].block.trail))
    if depth == 0:  # the only target: its card is as large as the links to it agree, and one element more
        depth = max(min(_agree(trail, lines[at].block.trail) for at in linked) - 2, 0)
    return trail[: depth + 1] if depth < len(trail) else None


def _within(line: Line, container: tuple[int, ...] | None) -> bool:
    return container is not None and line.block.trail[: len(container)] == container


def _agree(left: tuple[int, ...], right: tuple[int, ...]) -> int:
    count = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        count += 1
    return count


def _flat(
    lines: Sequence[Line], targets: dict[int, str], owner: dict[int, str], is_more: Callable[[Line], bool]
) -> None:
    """Give lines that no element of their own claims to the card before them, or, once that is closed, after."""
    following: list[str | None] = [None] * (len(lines) + 1)
    for index in range(len(lines) - 1, -1, -1):
        following[index] = owner.get(index, following[index + 1])
    first = min(owner)
    leading = _before_first(lines, first, is_more(lines[first]))
    for index in leading:
        owner[index] = owner[first]
    dates_lead = any(looks_like_date(lines[index].text) for index in leading)
    before = owner[first]
    closed = False
    for index in range(first, len(lines)):
        if index in owner:
            closed = (closed and owner[index] == before) or is_more(lines[index])
            before = owner[index]
            continue
        next_one = following[index + 1]
        starts_next = closed or (dates_lead and before != next_one and looks_like_date(lines[index].text))
        chosen = next_one if starts_next else before
        if chosen is not None:
            owner[index] = chosen


def _before_first(lines: Sequence[Line], first: int, link_closes: bool) -> list[int]:
    """Unclaimed lines before the first card's first link that are part of it.

    Where the link is its "Read More", that is everything back to its heading; else only a date or a picture.
    """
    taken: list[int] = []
    for index in range(first - 1, -1, -1):
        line = lines[index]
        if line.block.level == 1 or len(taken) >= _MOST_LEADING:
            break
        if not link_closes and not (looks_like_date(line.text) or line.block.role is Role.IMAGE):
            break
        taken.append(index)
        if line.block.level is not None:
            break
    return taken
