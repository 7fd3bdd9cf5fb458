"""Where a page's ratings stand: the label's words, then the elements that belong to it and no other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from lxml import etree

from spiders.reading.icons import icon_states, looks_of
from spiders.reading.model import IMAGE, Rating
from spiders.reading.outline import Line
from spiders.reading.profile import RATINGS, SiteProfile
from spiders.reading.ratings import icons_rating, rating_below, rating_in_text, read_rating
from spiders.reading.tree import Element, text_of
from spiders.reading.words import comparable, heading_key, squeeze, word_set

_MOST_TEXT = 160
_MOST_CLIMBS = 4
_MOST_LABELS = 12
_BARE_NUMBER = re.compile(r"\d(?:[.,]\d+)?")


@dataclass(frozen=True, slots=True)
class Found:
    """What stands at a rating's label."""

    line: Line | None
    rating: Rating | None
    """None when something is drawn there that can't be read, or nothing at all."""
    rule: str
    where: str = ""


def find_ratings(
    lines: Sequence[Line],
    elements: Sequence[Element],
    root: Element | None,
    boundaries: Sequence[Element],
    profile: SiteProfile,
) -> dict[str, Found]:
    """For each rating whose label stands on the page what was found there.

    `lines` are those of the article's area, `elements` the page's elements by block index (empty for text),
    `boundaries` the headings that no rating's elements may reach.
    """
    labelled = list(_labels(lines, profile))
    found: dict[str, Found] = {}
    for name, line, key in labelled:
        written = _written_beside(line, key, profile) or _word_behind(line, key, lines, profile)
        if written is not None and (name not in found or found[name].rating is None):
            found[name] = Found(line, written, "text")
        else:
            found.setdefault(name, Found(line, None, "label"))
    if elements:
        spots = [
            (name, line, _label_element(elements[line.block.index], key), key) for name, line, key in labelled
        ]
        for name, drawn in _drawn(spots, boundaries, profile).items():
            if found[name].rating is None:
                found[name] = drawn
    if root is not None and any(name not in found or found[name].rating is None for name in RATINGS):
        for name, named in _named(root, profile).items():
            if name not in found or found[name].rating is None:
                found[name] = named
    return found


def _labels(lines: Sequence[Line], profile: SiteProfile) -> Iterator[tuple[str, Line, str]]:
    first_look = profile.rating_label.search
    for line in lines:
        if len(line.text) > _MOST_TEXT or line.block.role is IMAGE:
            continue
        if not first_look(line.text) and (line.text.isascii() or not first_look(comparable(line.text))):
            continue
        text = _apart(line)
        taken: set[str] = set()
        for key, name, words in _label_words(profile):
            if name not in taken and words.search(text):
                taken.add(name)
                rest = words.sub(" ", text)
                if heading_key(text) == key or not _is_prose(rest, profile):
                    yield name, line, key


@lru_cache(maxsize=100)
def _label_words(profile: SiteProfile) -> Sequence[tuple[str, str, re.Pattern[str]]]:
    """The ratings' labels in comparison form, the longest first, each with its rating and what matches it."""
    keys = sorted((key for key, name in profile.labels.items() if name in RATINGS), key=len, reverse=True)
    return [(key, profile.labels[key], re.compile(rf"(?<!\w){re.escape(key)}(?![^\W\d_])")) for key in keys]


def _apart(line: Line) -> str:
    """A line's words in comparison form, its inline elements kept apart."""
    return comparable(" ".join(part.text for part in line.parts) if line.parts else line.text)


def _is_prose(text: str, profile: SiteProfile) -> bool:
    """Whether words are left that no label, number or unit explains."""
    for key, name in profile.labels.items():
        if name in RATINGS:
            text = text.replace(key, " ")
    if profile.reading_time is not None:
        text = profile.reading_time.sub(" ", text)
    for words_for_a_value in profile.rating_words:
        text = text.replace(words_for_a_value, " ")
    words = re.findall(r"[^\W\d_]{2,}", text)
    return len([word for word in words if word not in _UNITS]) > 1


_UNITS = word_set("out of stars star points point rating rated score von level high medium low")


def _written_beside(line: Line, key: str, profile: SiteProfile) -> Rating | None:
    """`Credibility: 4/5 | Interest: 3/5`: the value behind its own label and before the next."""
    text = _apart(line)
    start = text.find(key) + len(key)
    others = [
        at for other, name in profile.labels.items()
        if name in RATINGS and (at := text.find(other, start)) >= 0
    ]  # fmt: skip
    segment = text[start : min(others, default=len(text))].strip(" :-|·•,;()")
    rating = rating_in_text(segment, profile.rating_scale) or _in_words(segment, profile)
    if (
        rating is None
        and _BARE_NUMBER.fullmatch(segment)
        and float(segment.replace(",", ".")) <= profile.rating_scale
    ):
        rating = Rating(float(segment.replace(",", ".")), profile.rating_scale, segment)
    return rating


def _word_behind(line: Line, key: str, lines: Sequence[Line], profile: SiteProfile) -> Rating | None:
    """A rating in words that stands in the line behind its label's: `Credibility`, then `high`."""
    if not profile.rating_words or heading_key(line.text) != key:
        return None
    at = next(index for index, other in enumerate(lines) if other is line)
    return _in_words(lines[at + 1].text, profile) if at + 1 < len(lines) else None


def _in_words(text: str, profile: SiteProfile) -> Rating | None:
    """The rating that the profile has for a word: `high`."""
    value = profile.rating_words.get(heading_key(text)) if profile.rating_words else None
    return None if value is None else Rating(value, profile.rating_scale, squeeze(text))


def _label_element(block: Element, key: str) -> Element:
    """The smallest element in a block that holds the label's words."""
    best = block
    for element in block.iterdescendants(etree.Element):
        text = text_of(element) if element.tag != "svg" else ""
        if len(text) <= _MOST_TEXT and key in comparable(text):
            best = element
    return best


@dataclass(frozen=True, slots=True, eq=False)
class _Spot:
    """A rating's label on the page."""

    name: str
    line: Line
    element: Element
    key: str
    fences: set[Element]
    """Elements that its drawing can't reach into."""


@dataclass(frozen=True, slots=True)
class _Drawing:
    """The elements that a label's rating was read from."""

    spot: _Spot
    rating: Rating
    rule: str
    elements: Mapping[Element, None]
    """In document order."""


def _drawn(
    labelled: Sequence[tuple[str, Line, Element, str]],
    boundaries: Sequence[Element],
    profile: SiteProfile,
) -> dict[str, Found]:
    headings = _with_ancestors(boundaries)
    drawings: dict[str, _Drawing] = {}
    copies: list[_Drawing] = []
    undrawn: list[_Spot] = []
    for name, line, element, key in labelled[:_MOST_LABELS]:
        others = [other for other_name, _, other, _ in labelled if other_name != name]
        spot = _Spot(name, line, element, key, headings | _with_ancestors(others))
        drawing = _read_spot(spot, [*drawings.values(), *copies], profile)
        if drawing is None:
            undrawn.append(spot)
        elif name not in drawings:
            drawings[name] = drawing
        else:
            copies.append(drawing)  # where ratings stand twice, a copy's drawing is no other label's
    for spot in undrawn:
        if spot.name not in drawings:
            drawings |= _values_before_labels(spot, drawings, profile) or _alike(spot, drawings, copies)
    return {
        name: Found(drawing.spot.line, drawing.rating, drawing.rule) for name, drawing in drawings.items()
    }


def _read_spot(
    spot: _Spot, drawings: Iterable[_Drawing], profile: SiteProfile, only: str = ""
) -> _Drawing | None:
    """The nearest drawing at a label that is no other's; `only` names the one neighbourhood to look in."""
    for roots, rule in _neighbourhoods(spot.element, spot.fences):
        if only and rule != only:
            continue
        candidates = _all_of(roots)
        if _taken(spot, candidates, drawings):
            continue
        rating = rating_below(roots, candidates, spot.key, profile.rating_scale)
        if rating is not None:
            return _Drawing(spot, rating, rule, dict.fromkeys(candidates))
    return None


def _taken(spot: _Spot, candidates: Sequence[Element], drawings: Iterable[_Drawing]) -> bool:
    return any(
        drawing.spot.name != spot.name and not drawing.elements.keys().isdisjoint(candidates)
        for drawing in drawings
    )


def _values_before_labels(
    last: _Spot, drawings: Mapping[str, _Drawing], profile: SiteProfile
) -> dict[str, _Drawing]:
    """`★★★ Credibility ★★ Interest`: what the last label lacks went to the one before."""
    own = _read_spot(last, (), profile, only="drawn-before-label")
    for name, drawing in drawings.items() if own is not None else ():
        if (
            drawing.rule != "drawn-after-label"
            or own is None
            or drawing.elements.keys().isdisjoint(own.elements)
        ):
            continue
        moved = _read_spot(drawing.spot, (own,), profile, only="drawn-before-label")
        if moved is not None:
            return {name: moved, last.name: own}
    return {}


def _alike(spot: _Spot, drawings: Mapping[str, _Drawing], copies: Sequence[_Drawing]) -> dict[str, _Drawing]:
    """A row of icons that look all the same, told by the looks of the other rating's row."""
    looks = {
        look: state
        for drawing in drawings.values()
        if drawing.rating.raw.endswith("icons filled")
        for look, state in looks_of(list(drawing.elements)).items()
    }
    for roots, rule in _neighbourhoods(spot.element, spot.fences) if looks else ():
        candidates = _all_of(roots)
        if _taken(spot, candidates, [*drawings.values(), *copies]):
            continue
        rating = icons_rating(icon_states(candidates, looks))
        if rating is not None:
            return {spot.name: _Drawing(spot, rating, rule, dict.fromkeys(candidates))}
    return {}


def _with_ancestors(elements: Sequence[Element]) -> set[Element]:
    found: set[Element] = set()
    for element in elements:
        while element is not None and element not in found:
            found.add(element)
            element = element.getparent()
    return found


def _all_of(roots: Sequence[Element]) -> list[Element]:
    """Elements with all below them, in the order given."""
    return [element for root in roots for element in root.iter(etree.Element)]


def _neighbourhoods(label: Element, fences: set[Element]) -> Iterator[tuple[Sequence[Element], str]]:
    """Groups of elements that with all below them may draw a label's rating, the nearest first."""
    below = _column_below(label)
    top = label
    yield (label,), "drawn-in-label"
    for _ in range(_MOST_CLIMBS):
        after = [*_until_fence(top.itersiblings(), fences)]
        if after:
            yield after, "drawn-after-label"
        parent = top.getparent()
        if parent is None or parent in fences or len(squeeze(text_of(parent))) > _MOST_TEXT:
            break
        top = parent
        yield (top,), "drawn-around-label"
    else:
        top = label
    if below is not None:
        yield (below,), "drawn-below-label"
    before = [*_until_fence(top.itersiblings(preceding=True), fences)]
    if before:
        yield before, "drawn-before-label"


def _until_fence(siblings: Iterator[Element], fences: set[Element]) -> Iterator[Element]:
    for sibling in siblings:
        if not isinstance(sibling.tag, str):
            continue
        if sibling in fences or len(squeeze(text_of(sibling))) > _MOST_TEXT:
            return
        yield sibling


def _column_below(label: Element) -> Element | None:
    """In a table whose first row holds the labels, the cell under this one."""
    cell = label if label.tag in ("td", "th") else next(label.iterancestors("td", "th"), None)
    row = cell.getparent() if cell is not None else None
    if cell is None or row is None or row.tag != "tr":
        return None
    below = row.getnext()
    if below is None and row.getparent() is not None and row.getparent().tag == "thead":
        body = row.getparent().getnext()
        below = body[0] if body is not None and len(body) else None
    cells = list(below) if below is not None else []
    at = list(row).index(cell)
    return cells[at] if at < len(cells) and len(cells) == len(row) else None


def _named(root: Element, profile: SiteProfile) -> dict[str, Found]:
    """Ratings whose label is only an accessible name: `aria-label="Credibility: 4/5"`, or an attribute."""
    found: dict[str, Found] = {}
    for element in root.xpath("//*[@aria-label or @title or @alt]"):
        for attribute in ("aria-label", "title", "alt"):
            text = element.get(attribute)
            if not text or not profile.rating_label.match(text.lstrip()):
                continue
            text = comparable(text)
            for key, name in profile.labels.items():
                if name not in RATINGS or name in found or not text.startswith(key):
                    continue
                rating = rating_in_text(text[len(key) :], profile.rating_scale) or read_rating(
                    [*element.iter(etree.Element)], key, profile.rating_scale
                )
                if rating is not None:
                    found[name] = Found(None, rating, "accessible-name", f"{element.tag}[{attribute}]")
    for name in RATINGS:
        if name in found:
            continue
        for element in root.xpath(f"//*[@data-{name} or @data-{name}-score or @data-{name}-rating]"):
            rating = read_rating([element], name, profile.rating_scale)
            if rating is not None:
                found[name] = Found(None, rating, "data-attribute", element.tag)
                break
    return found
