"""Blocks → outline: which heading starts which part of the article, by the words in it.

Markup is only asked where words can't tell: a table of contents names the same parts as the article, a hidden
copy repeats it, and an unknown heading is told by looking like the known ones.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from spiders.reading.dates import looks_like_date
from spiders.reading.model import IMAGE, Block, Part
from spiders.reading.profile import SiteProfile
from spiders.reading.words import comparable, heading_key, squeeze

LONGEST_HEADING = 120
LONGEST_TEXT_HEADING = 70
"""Of a heading that only its length and its place tell from text."""
_LONGEST_INVISIBLE = 8
_FIRST_WORD = 16
"""Characters among which invisible ones may hide the first word of a heading."""
_PLAIN = frozenset(("p", "div", "span", "li", "td", "dd", "a"))
"""Styles of elements without a class that hold headings and text alike."""
_DIGITS_AROUND = re.compile(r"^\d+\s+|\s+\d+$")
_AFTER_RUN_IN = re.compile(r"\s*[:–—]\s*|\s+-\s+")


class Line(NamedTuple):
    """A block as the outline sees it; a run-in heading and the text behind it are two lines of one block."""

    block: Block
    text: str
    parts: tuple[Part, ...] = ()
    part: str | None = None
    """The profile's key of the part that this heads; None for anything else."""
    href: str | None = None
    """Where it leads, when all of it leads there."""
    run_in: int = 0
    """For a run-in heading what sets it off: 2 bold type or a colon behind an element, 1 a colon; else 0."""

    @property
    def is_text(self) -> bool:
        """Whether it is words, not a picture."""
        return self.block.role is not IMAGE and bool(self.text)


@dataclass(frozen=True, slots=True)
class Mark:
    """A heading that starts a part."""

    part: str
    """`takeaway`, `section:KEY`, `topics`, `details`, `cards`, `boilerplate`, or `other` for an unknown one;
    `copy` for a part's second appearance, whose content counts for nothing."""
    at: int
    """Index of its line."""


@dataclass(frozen=True)
class Outline:
    """A page's lines, and where in them its parts begin."""

    lines: Sequence[Line]
    marks: Sequence[Mark]
    """In document order."""
    scope: tuple[int, ...]
    """The trail that all marks share; what lies outside is not the article's."""

    @cached_property
    def known(self) -> dict[str, Mark]:
        """Known parts by key; each occurs once."""
        return {mark.part: mark for mark in self.marks if mark.part not in ("other", "copy")}

    @cached_property
    def start(self) -> int:
        """Index of the first part's heading; all lines when there is none."""
        return self.marks[0].at if self.marks else len(self.lines)

    @cached_property
    def _ends(self) -> dict[int, int]:
        starts = [mark.at for mark in self.marks]
        return dict(zip(starts, [*starts[1:], len(self.lines)], strict=True))

    def heading(self, mark: Mark) -> Line:
        """The line that starts a part."""
        return self.lines[mark.at]

    def content(self, mark: Mark) -> tuple[list[Line], list[Line]]:
        """A part's lines, and the stray lines behind it that stand outside its container."""
        end = self._ends[mark.at]
        heading = self.lines[mark.at]
        region = _within(self.lines[mark.at + 1 : end], self.scope)
        if not heading.block.chrome:
            region = [line for line in region if not line.block.chrome]
        container = _container(heading.block.trail, region)
        inside = _within(region, container)
        if len(inside) == len(region):
            return inside, []
        depth = len(container)
        return inside, [line for line in region if line.block.trail[:depth] != container]


def outline_of(blocks: Sequence[Block], profile: SiteProfile, titles: Collection[str] = ()) -> Outline:
    """Find the parts of an article in a page's blocks.

    `titles` are the page's titles as its head gives them: a title may begin with a heading's words.
    """
    known_titles = {comparable(title) for title in titles}
    lines, candidates, chosen = _without_false_run_ins(_lines(blocks, profile, known_titles))
    marks = {index: Mark(part, index) for part, index in chosen.items()}
    for index in candidates:
        if index not in marks and not lines[index].block.href:
            marks[index] = Mark("copy", index)
    # One heading alone says nothing of how far its article reaches.
    scope = _shared([lines[index].block.trail for index in chosen.values()]) if len(chosen) > 1 else ()
    for index in _unknown_headings(lines, chosen, scope, profile):
        marks.setdefault(index, Mark("other", index))
    return Outline(lines, tuple(marks[index] for index in sorted(marks)), scope)


def _lines(blocks: Sequence[Block], profile: SiteProfile, titles: Collection[str]) -> list[Line]:
    lines: list[Line] = []
    starts = profile.part_start.match
    for block in blocks:
        text = block.text
        part = None
        if block.role is not IMAGE and (starts(text) or not text[:_FIRST_WORD].isascii()):
            if len(text) <= _LONGEST_INVISIBLE and not comparable(text):
                continue  # zero-width characters that keep a box open
            part = part_key(text, profile) if len(text) <= LONGEST_HEADING else None
            is_title = block.level == 1 or comparable(text) in titles
            split = None if part or is_title else _run_in(block, profile)
            if split:
                lines += split
                continue
        lines.append(_new(Line, (block, text, block.parts, part, block.href, 0)))
    return lines


_new: Any = tuple.__new__
"""Makes a named tuple of all its fields, without the detour through Python that finds their defaults."""


def part_key(text: str, profile: SiteProfile) -> str | None:
    """The part that a heading's words name; None when they name none."""
    key = heading_key(text)
    return profile.parts.get(key) or profile.parts.get(_DIGITS_AROUND.sub("", key))


def _run_in(block: Block, profile: SiteProfile) -> tuple[Line, Line] | None:
    """A heading and the text that follows it in the same block: `<b>Key Takeaway</b> Managing …`.

    A block that leads to another page is that page's title, whatever words it begins with.
    """
    if block.href and not block.href.startswith("#"):
        return None
    taken = ""
    for number, part in enumerate(block.parts[:-1], start=1):
        taken += part.text
        if len(taken) > LONGEST_HEADING:
            break
        rest = block.parts[number:]
        apart = part.strong or part.unit != rest[0].unit
        if taken.strip() and apart and (key := part_key(taken, profile)):
            behind = squeeze("".join(piece.text for piece in rest))
            text = behind.lstrip(":–—- ")
            if text and _may_follow(text, key):
                set_off = part.strong or taken.rstrip().endswith(":") or behind.startswith(":")
                heading = Line(block, squeeze(taken), (), key, run_in=2 if set_off else 1)
                return heading, Line(block, text, rest)
    match = _AFTER_RUN_IN.search(block.text)
    if match and match.start() <= LONGEST_HEADING and (key := part_key(block.text[: match.start()], profile)):
        rest_text = block.text[match.end() :].strip()
        if rest_text and _may_follow(rest_text, key):
            return Line(block, block.text[: match.start()], (), key, run_in=1), Line(block, rest_text)
    return None


def _may_follow(text: str, part: str) -> bool:
    """Whether a text can be a part's: `Topics: memory and mood were asked about.` is prose, no list."""
    return part != "topics" or not text.endswith((".", "!", "?"))


def _without_false_run_ins(lines: list[Line]) -> tuple[list[Line], list[int], dict[str, int]]:
    """The lines, those that name a part, and the one chosen for each part.

    A paragraph or a card's title may begin with a heading's words (`What They Found: Twins and Chance`).
    Where the part has a heading that is set off more clearly, or in a list of cards, it is a text like any
    other.
    """
    while True:
        candidates = [index for index, line in enumerate(lines) if line.part]
        chosen = _chosen(lines, candidates)
        clear = {part: _clarity(lines[index]) for part, index in chosen.items()}
        cards = chosen.get("cards", len(lines))
        cards_end = next(
            (index for index in candidates if index > cards and not lines[index].run_in), len(lines)
        )
        false = {
            index
            for index in candidates
            if lines[index].run_in
            and (
                (_clarity(lines[index]) < clear[lines[index].part or ""] and not lines[index].block.hidden)
                or cards < index < cards_end
            )
        }
        if not false:
            return lines, candidates, chosen
        lines = [
            Line(line.block, line.block.text, line.block.parts, None, line.block.href)
            if index in false
            else line
            for index, line in enumerate(lines)
            if index - 1 not in false
        ]


def _clarity(line: Line) -> int:
    """How clearly a line is a heading: 3 it stands alone, 2 and 1 a run-in, 1 a link among others."""
    if line.run_in:
        return line.run_in
    return 3 if line.block.level is not None or not (line.block.href or "").startswith("#") else 1


def _chosen(lines: Sequence[Line], candidates: Sequence[int]) -> dict[str, int]:
    """For each part the heading that has its text: not a table of contents, not a hidden copy."""
    best: dict[str, tuple[tuple[int, ...], int]] = {}
    for number, index in enumerate(candidates):
        line = lines[index]
        end = candidates[number + 1] if number + 1 < len(candidates) else len(lines)
        follows = any(
            between.is_text and between.block.chrome <= line.block.chrome
            for between in lines[index + 1 : end]
        )
        score = (
            follows,
            not line.block.chrome,
            _clarity(line),
            not line.block.hidden,
            line.block.href is None,
            line.block.level is not None,
        )
        part = line.part or ""
        if part not in best or score > best[part][0]:
            best[part] = (score, index)
    return {part: index for part, (_, index) in best.items()}


def _unknown_headings(
    lines: Sequence[Line], chosen: dict[str, int], scope: tuple[int, ...], profile: SiteProfile
) -> list[int]:
    """Headings that the profile does not know, between and behind those it does."""
    body = [index for part, index in chosen.items() if part == "takeaway" or part.startswith("section:")]
    if not body:
        return []
    of_text = _text_styles(lines, body, set(chosen.values()))
    shared = _heading_styles(lines, body) - of_text
    looks = _shared_look([lines[index].block.style for index in body], of_text)
    plain = all(lines[index].block.level is None and lines[index].block.style in of_text for index in body)
    framed = all(lines[index].block.chrome for index in body)  # all of the article stands in a form, say
    details = chosen.get("details")
    in_text = not lines[body[0]].block.trail
    cards = chosen.get("cards")
    cards_end = min(
        (index for index in chosen.values() if cards is not None and index > cards), default=len(lines)
    )
    # Where a text breaks off in a section, nothing else says where the sections end.
    behind = max(body) if max(chosen.values()) > max(body) else len(lines)
    found = []
    for index in range(min(body) + 1, len(lines)):
        line = lines[index]
        if line.part or line.block.chrome > framed or line.block.trail[: len(scope)] != scope:
            continue
        if details is not None and index > details and heading_key(line.text) in profile.source_labels:
            continue  # a label in "More Details"
        if in_text or plain:
            is_heading = index < behind and _text_heading(lines, index)
        else:
            is_heading = (
                line.is_text
                and len(line.text) <= LONGEST_HEADING
                and (
                    line.block.level is not None
                    or (
                        not line.text.endswith(".")
                        and (
                            line.block.style in shared or _heads(line.block.style) or looks(line.block.style)
                        )
                    )
                )
            )
        if not is_heading:
            continue
        in_cards = cards is not None and cards < index < cards_end
        if in_cards and (line.block.href or line.block.style != lines[cards or 0].block.style):
            continue  # a card's title
        if looks_like_date(line.text) or heading_key(line.text) in profile.labels:
            continue
        found.append(index)
    return found


def _heading_styles(lines: Sequence[Line], body: Sequence[int]) -> set[str]:
    """The looks that known headings share, and those of single ones that are not everybody's."""
    styles = Counter(lines[index].block.style for index in body)
    return {style for style, count in styles.items() if style and (count >= 2 or style not in _PLAIN)}


def _text_styles(lines: Sequence[Line], body: Sequence[int], marks: set[int]) -> set[str]:
    """The looks of running text."""
    return {
        line.block.style
        for index, line in enumerate(lines[min(body) :], start=min(body))
        if index not in marks and len(line.text) > LONGEST_HEADING
    }


def _shared_look(headings: Sequence[str], of_text: set[str]) -> Callable[[str], bool]:
    """Whether a style has the classes that all known headings have and running text has not.

    Style sheets written by programs give each element a class of its own beside those it shares with its
    like.
    """
    tag = headings[0].partition(".")[0]
    common = frozenset.intersection(*map(_classes, headings))
    tells = len(headings) >= 2 and common and not any(common <= _classes(style) for style in of_text)

    def looks(style: str) -> bool:
        return bool(tells) and style.partition(".")[0] == tag and common <= _classes(style)

    return looks


def _classes(style: str) -> frozenset[str]:
    return frozenset(style.partition(".")[2].partition("[")[0].split()) if "/" not in style else frozenset()


def _heads(style: str) -> bool:
    """Whether an element by its nature heads what it stands in."""
    return style.partition(".")[0].partition("/")[0] in ("caption", "legend", "summary")


def _text_heading(lines: Sequence[Line], index: int) -> bool:
    """In a text capture: a short line without a sentence's end, between two long ones.

    In place of the one before a known heading may stand, whose own text is missing; the one behind may be the
    last of the capture, and cut off.
    """
    text = lines[index].text
    if not 3 <= len(text) <= LONGEST_TEXT_HEADING or text[-1] in ".!?…,;\"”’'" or not text[0].isupper():
        return False
    before = lines[index - 1]
    if len(before.text) <= LONGEST_TEXT_HEADING and before.part is None:
        return False
    last = len(lines) - 1
    return index < last and (index + 1 == last or len(lines[index + 1].text) > LONGEST_TEXT_HEADING)


def _container(heading: tuple[int, ...], region: Sequence[Line]) -> tuple[int, ...]:
    """The smallest element around the heading that also holds text of its part."""
    for line in region:
        if line.is_text:
            return _shared([heading, line.block.trail])
    return ()


def _within(lines: Sequence[Line], container: tuple[int, ...]) -> list[Line]:
    """The lines that lie in an element."""
    depth = len(container)
    return [line for line in lines if line.block.trail[:depth] == container] if depth else list(lines)


def _shared(trails: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    if not trails:
        return ()
    low, high = min(trails), max(trails)
    for number, (left, right) in enumerate(zip(low, high, strict=False)):
        if left != right:
            return low[:number]
    return low[: min(len(low), len(high))]


def same_words(left: str, right: str) -> bool:
    """Whether two texts say the same, in comparison form."""
    return left == right or comparable(left) == comparable(right)
