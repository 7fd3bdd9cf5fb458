"""Card lists: which lines make one card.

Cards are told apart by what they link to and the element they stand in; where there are no links (text
captures) or no element of their own (flat markup), by their order and by "Read More".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from operator import eq

from spiders.reading.addresses import absolute_address, article_id, page_address
from spiders.reading.card import LEAST_SURE, CardFields, card_line, is_more, read_card
from spiders.reading.dates import looks_like_date
from spiders.reading.model import IMAGE, Card, Part
from spiders.reading.outline import Line, same_words
from spiders.reading.profile import SiteProfile
from spiders.reading.words import squeeze

_MOST_LEADING = 6
_DATE_AT_END = re.compile(r"(?<![\w/])(\d{1,2}/\d{1,2}/\d{4})\)?$")
_DATE_FIRST = re.compile(r"\d{1,2}/\d{1,2}/\d{4}(?!\d).{0,24}$")
_SAVED_BESIDE = re.compile(r"(?:\./)?[^/:]*_files/")  # where browsers put the pictures of a page they save
_AROUND_A_DATE = " ()[]·•|–—-"

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
        read = [
            (target, members, read_card(tuple(map(card_line, members)), self._profile))
            for target, members in groups
            if target is None or not article_id(target, self._profile) == own_id is not None
        ]
        usual = _usual_way([fields for _, _, fields in read])
        cards: list[Card] = []
        for target, members, fields in read:
            card = self._card(len(cards) + 1, target, members, fields, fields.told_by <= usual)
            if card is not None:
                cards.append(card)
        return tuple(cards)

    def _pieces(self, line: Line) -> list[Line]:
        """A line whose inline elements are a card's title, date, teaser and "Read More", taken apart."""
        if len(line.parts) < 2:
            return title_and_date(line)
        pieces: list[list[Part]] = [[]]
        marked = False
        for part in line.parts:
            text = squeeze(part.text).strip(_AROUND_A_DATE)
            is_mark = (
                _DATE_FIRST.match(text) is not None or looks_like_date(text) or is_more(text, self._profile)
            )
            other_link = bool(pieces[-1]) and bool(text) and pieces[-1][-1].href != part.href
            behind_title = not part.strong and len(pieces) == 1 and _is_title(pieces[0])
            if is_mark or marked or behind_title or (other_link and bool(part.href)):
                pieces.append([])
            pieces[-1].append(part)
            marked = is_mark
        if len(pieces) < 2:
            return title_and_date(line)
        found: list[Line] = []
        for group in pieces:
            text = squeeze("".join(part.text for part in group))
            if found:
                text = text.lstrip(" ·•|–—")  # what parted it from the date
            hrefs = {part.href for part in group if part.text.strip()}
            if text:
                found.append(Line(line.block, text, href=hrefs.pop() if len(hrefs) == 1 else None))
        return found

    def _targets(self, lines: Sequence[Line]) -> dict[int, str]:
        """Index of each line that links to an article → the article's address."""
        found: dict[int, str] = {}
        known: dict[str, str | None] = {}
        for index, line in enumerate(lines):
            hrefs = (line.href, *[part.href for part in line.parts]) if line.parts else (line.href,)
            for href in hrefs:
                if not href:
                    continue
                if href not in known:
                    known[href] = self._article(href)
                address = known[href]
                if address is not None:
                    found[index] = address
                    break
        return found

    def _article(self, href: str) -> str | None:
        """The address of the article that a link leads to; None when it leads to none."""
        address = page_address(href, self._url or self._profile.base_url, self._profile)
        return address if article_id(address, self._profile) else None

    def _is_more(self, line: Line) -> bool:
        return is_more(line.text, self._profile)

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
        if not has_more and len(groups) > 1:
            *others, last = groups
            behind = max(len(group) - _behind_date(group) for group in others)
            del last[_behind_date(last) + behind :]
        return [(None, group) for group in groups if any(line.is_text for line in group)]

    def _card(
        self, position: int, target: str | None, lines: Sequence[Line], fields: CardFields, has_title: bool
    ) -> Card | None:
        """None for what is no card; `has_title` False: what was taken for its title may be something else."""
        if target is None and fields.date is None and not fields.has_more:
            return None  # nothing says that this is a card: text behind the list
        for line, role in zip(lines, fields.roles, strict=True):
            if role is not None and (has_title or role != "title"):
                self._take(line, f"card {position}: {role}")
        src = None if fields.src and _SAVED_BESIDE.match(fields.src) else fields.src
        image = absolute_address(src, self._url or self._profile.base_url) if src else None
        title = fields.title if has_title else None
        return Card(position, title, target, fields.date, fields.teaser, image)


def _usual_way(cards: Sequence[CardFields]) -> int:
    """The way in which most of a list tell their titles: a card told less surely may have lost its own."""
    ways = Counter(card.told_by for card in cards if card.title is not None)
    way, number = ways.most_common(1)[0] if ways else (0, 0)
    return way if number > 1 and 2 * number > len(cards) else LEAST_SURE


def _is_title(parts: Sequence[Part]) -> bool:
    """Whether a block begins with several bold words: a card's title before its teaser."""
    text = "".join(part.text for part in parts)
    return text.count(" ") >= 2 and all(part.strong for part in parts if part.text.strip())


def title_and_date(line: Line) -> list[Line]:
    """A linked or heading line that closes with a date, taken apart: `Naps and Nerves (1/1/2027)`."""
    match = _DATE_AT_END.search(line.text) if line.href or line.block.level is not None else None
    if match is None or not any(map(str.isalpha, line.text[: match.start()])):
        return [line]
    return [
        Line(line.block, line.text[: match.start()].rstrip(_AROUND_A_DATE), href=line.href),
        Line(line.block, match[1]),
    ]


def _titles_at_end(group: list[Line]) -> list[Line]:
    """Take from the end of a card what is the next card's title, printed twice."""
    if len(group) >= 2 and same_words(group[-1].text, group[-2].text):
        titles = group[-2:]
        del group[-2:]
        return titles
    return []


def _behind_date(group: Sequence[Line]) -> int:
    """Where in a card its date is behind one; its end where it has none."""
    return next((at for at, line in enumerate(group, start=1) if looks_like_date(line.text)), len(group))


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
    # Below where they part no element is in both, and none stands at the same depth twice.
    return sum(map(eq, left, right))


def _flat(
    lines: Sequence[Line], targets: dict[int, str], owner: dict[int, str], is_more: Callable[[Line], bool]
) -> None:
    """Give lines that no element claims to the card before them, or, once that is closed, after them."""
    following: list[str | None] = [None] * (len(lines) + 1)
    for index in range(len(lines) - 1, -1, -1):
        following[index] = owner.get(index, following[index + 1])
    first, last = min(owner), max(owner)
    leading = _before_first(lines, first, is_more(lines[first]))
    for index in leading:
        owner[index] = owner[first]
    dates_lead = any(looks_like_date(lines[index].text) for index in leading)
    before = owner[first]
    closed = False
    behind: Counter[str] = Counter()
    for index in range(first, last + 1):
        if index in owner:
            closed = (closed and owner[index] == before) or is_more(lines[index])
            before = owner[index]
            continue
        next_one = following[index + 1]
        starts_next = closed or (dates_lead and before != next_one and looks_like_date(lines[index].text))
        chosen = next_one if starts_next else before
        if chosen is not None:
            owner[index] = chosen
            behind[chosen] += not starts_next
    if not closed:
        alone = len(set(targets.values())) == 1
        most = len(lines) if alone else max(behind.values(), default=0)
        for index in _behind_last(lines, targets, last)[:most]:
            owner[index] = before


def _behind_last(lines: Sequence[Line], targets: dict[int, str], last: int) -> list[int]:
    """The lines behind the last card's own that still stand in the list: not in the frame around it.

    A list is the smallest element that holds all of its links; of a single card's, that holds its date, too.
    """
    linked = [lines[index].block.trail for index in targets]
    low, high = min(linked), max(linked)
    around = low[: _agree(low, high)]
    if len(set(targets.values())) == 1:
        dates = [line.block.trail for line in lines if looks_like_date(line.text)]
        depth = max((_agree(around, trail) for trail in dates), default=len(around) - 1)
        around = around[: max(depth, 0)]
    found: list[int] = []
    for index in range(last + 1, len(lines)):
        if not _within(lines[index], around):
            break
        found.append(index)
    return found


def _before_first(lines: Sequence[Line], first: int, link_closes: bool) -> list[int]:
    """Unclaimed lines before the first card's first link that are part of it.

    Where the link is its "Read More", that is everything back to its heading; else only a date or a picture.
    """
    taken: list[int] = []
    for index in range(first - 1, -1, -1):
        line = lines[index]
        if line.block.level == 1 or len(taken) >= _MOST_LEADING:
            break
        if not link_closes and not (looks_like_date(line.text) or line.block.role is IMAGE):
            break
        taken.append(index)
        if line.block.level is not None:
            break
    return taken
