"""Ratings, however they are drawn: what stands at a label is tried from the most to the least explicit form.

`meter`, `progress` and ARIA values; `4/5` and `4 out of 5` in text or accessible names; `data-` attributes; star
characters; rows of filled and empty icons; a width in per cent.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from lxml import etree
from lxml.html import HtmlElement

from spiders.reading.model import Rating
from spiders.reading.words import comparable, squeeze

_NUMBER = r"(\d{1,3}(?:[.,]\d+)?)"
_OF = re.compile(rf"{_NUMBER}\s*(?:/|out\s+of|of)\s*{_NUMBER}", re.I)
_STARS_WORD = re.compile(rf"{_NUMBER}\s*(?:stars?|points?)\b", re.I)
_PERCENT = re.compile(rf"{_NUMBER}\s*%")
_ALONE = re.compile(rf"{_NUMBER}")
_WIDTH = re.compile(rf"(?:^|[;\s])(?:max-)?width\s*:\s*{_NUMBER}\s*%", re.I)
_VARIABLE = re.compile(rf"--[\w-]*(?:rating|score|value|percent|fill)[\w-]*\s*:\s*{_NUMBER}\s*(%?)", re.I)
_DATA_VALUE = re.compile(
    r"data-(?:[\w-]+-)?(?:rating|score|value|stars?|credibility|interest|rate|level)(?:-(?:value|score))?$"
)
_DATA_SCALE = re.compile(r"data-(?:[\w-]+-)?(?:max|total|scale|out-?of|best|count)(?:-[\w-]+)?$")
_FULL, _EMPTY, _HALF = "★⭐●🟊✦⬤🌟", "☆○✩◯✧⚪", "½⯨⯪◐"
_STAR = re.compile(f"[{_FULL}{_EMPTY}{_HALF}]")
_FILLED_WORDS = re.compile(
    r"(?<![a-z])(?:filled|full|fill(?!-)|solid|active|on|selected|checked|fas|lit|gold)(?![a-z])", re.I
)
_EMPTY_WORDS = re.compile(
    r"(?<![a-z])(?:empty|outline|outlined|off|far|inactive|unfilled|blank|none|o|regular|grey|gray|disabled|slate|zinc|neutral|muted)(?![a-z])",
    re.I,
)
_HALF_WORDS = re.compile(r"(?<![a-z])half", re.I)
_ICON_TAGS = frozenset(("svg", "i", "img", "span", "use", "li", "div", "b", "em", "td", "a", "label"))
_NO_FILL = frozenset(("none", "transparent", "#fff", "#ffffff", "white"))
_FEWEST_ICONS, _MOST_ICONS = 3, 10
_VALUED_TAGS = frozenset(("meter", "progress", "input"))


def read_rating(elements: Sequence[HtmlElement], label: str, default_scale: float) -> Rating | None:
    """The rating drawn by `elements` (in document order, the label's own among them).

    `label` is the label's text, which is not taken for a value. `default_scale` is the site's scale, used where
    only a share (80 %) or a bare number is given. None when nothing there can be read as one value.
    """
    tags = Counter([element.tag for element in elements])
    names = {name for element in elements for name in element.keys()}
    for detect, worth_a_try in (
        (_semantic, not _VALUED_TAGS.isdisjoint(tags)),
        (_aria, "aria-valuenow" in names),
        (_written, True),
        (_data, any(name.startswith("data-") for name in names)),
        (_characters, True),
        (_icons, any(tags[tag] >= _FEWEST_ICONS for tag in _ICON_TAGS)),
        (_width, "style" in names),
    ):
        rating = detect(elements, label, default_scale) if worth_a_try else None
        if rating is not None:
            return rating
    return None


def rating_in_text(text: str, default_scale: float) -> Rating | None:
    """A rating written out: `4/5`, `4 out of 5`, `★★★★☆`, `4 stars`, `80%`; None when there is none."""
    match = _OF.search(text)
    if match:
        return _checked(_float(match[1]), _float(match[2]), match[0])
    match = _STARS_WORD.search(text)
    if match:
        return _checked(_float(match[1]), default_scale, match[0])
    stars = _star_characters(text)
    if stars:
        return stars
    match = _PERCENT.search(text)
    return _share(_float(match[1]) / 100, default_scale, match[0]) if match else None


def _semantic(elements: Sequence[HtmlElement], label: str, scale: float) -> Rating | None:
    for element in elements:
        if element.tag == "input" and element.get("type") == "radio" and "checked" in element.attrib:
            value = _attribute(element, "value")
            if value is not None:
                return _checked(value, scale, f"<input type=radio value={element.get('value')} checked>")
        if element.tag not in ("meter", "progress"):
            continue
        value, best = _attribute(element, "value"), _attribute(element, "max")
        if value is None:
            continue
        raw = f"<{element.tag} value={element.get('value')} max={element.get('max', '1')}>"
        return _of_best(value, 1.0 if best is None else best, scale, raw)
    return None


def _aria(elements: Sequence[HtmlElement], label: str, scale: float) -> Rating | None:
    for element in elements:
        value, best = _attribute(element, "aria-valuenow"), _attribute(element, "aria-valuemax")
        if value is not None:
            raw = f"aria-valuenow={element.get('aria-valuenow')} aria-valuemax={element.get('aria-valuemax')}"
            return _of_best(value, scale if best is None else best, scale, raw)
    return None


def _written(elements: Sequence[HtmlElement], label: str, scale: float) -> Rating | None:
    for element in elements:
        for name in ("aria-label", "aria-valuetext", "title", "alt"):
            text = element.get(name)
            rating = rating_in_text(text, scale) if text else None
            if rating:
                return rating
    text = squeeze(" ".join(_own_texts(elements)))
    rating = rating_in_text(text, scale)
    if rating:
        return rating
    rest = comparable(text).replace(comparable(label), " ").strip(" :-")
    match = _ALONE.fullmatch(rest)
    return _checked(_float(match[1]), scale, rest) if match else None


def _data(elements: Sequence[HtmlElement], label: str, scale: float) -> Rating | None:
    for element in elements:
        value = best = None
        raw = ""
        for name, text in element.attrib.items():
            if _DATA_VALUE.match(name) and _ALONE.fullmatch(text.strip()):
                value, raw = _float(text.strip()), f"{name}={text}"
            elif _DATA_SCALE.match(name) and _ALONE.fullmatch(text.strip()):
                best = _float(text.strip())
        if value is not None and not _is_icon_of_many(element):
            return _of_best(value, scale if best is None else best, scale, raw)
    return None


def _is_icon_of_many(element: HtmlElement) -> bool:
    """One of several like it side by side, each with a number of its own (`data-value="1"`, `"2"`, …)."""
    parent = element.getparent()
    if parent is None:
        return False
    alike = [
        child for child in parent if child.tag == element.tag and set(child.keys()) == set(element.keys())
    ]
    return len(alike) >= 3


def _characters(elements: Sequence[HtmlElement], label: str, scale: float) -> Rating | None:
    return _star_characters("".join(_own_texts(elements)))


def _star_characters(text: str) -> Rating | None:
    if not _STAR.search(text):
        return None
    full = sum(text.count(star) for star in _FULL)
    empty = sum(text.count(star) for star in _EMPTY)
    half = sum(text.count(star) for star in _HALF)
    total = full + empty + half
    # A row of full stars alone may be an overlay cut by a width, or the background of one.
    if not _FEWEST_ICONS <= total <= _MOST_ICONS or (empty == 0 and half == 0):
        return None
    drawn = "".join(character for character in text if character in _FULL + _EMPTY + _HALF)
    return Rating(full + half / 2, float(total), drawn)


def _icons(elements: Sequence[HtmlElement], label: str, scale: float) -> Rating | None:
    for row in _icon_rows(elements):
        states = [_icon_state(icon) for icon in row]
        if None in states:
            states = _states_by_order([_signature(icon) for icon in row], states)
        if states and None not in states:
            value = sum(state for state in states if state is not None)
            return _checked(value, float(len(states)), f"{value:g} of {len(states)} icons filled")
    return None


def _icon_rows(elements: Sequence[HtmlElement]) -> Iterable[list[HtmlElement]]:
    """Runs of 3 to 10 like children of one parent that hold no words."""
    seen: set[HtmlElement] = set()
    parents = []
    for element in elements:
        parent = element.getparent()
        if parent is not None and parent not in seen:
            seen.add(parent)
            parents.append(parent)
    members = set(elements)
    for parent in parents:
        by_tag: dict[str, list[HtmlElement]] = {}
        for child in parent:
            if (
                isinstance(child.tag, str)
                and child.tag in _ICON_TAGS
                and child in members
                and not _has_words(child)
            ):
                by_tag.setdefault(child.tag, []).append(child)
        for row in by_tag.values():
            if _FEWEST_ICONS <= len(row) <= _MOST_ICONS:
                yield row


def _has_words(element: HtmlElement) -> bool:
    if element.tag == "svg":
        return False
    text = element.text_content()
    return any(character.isalnum() for character in text) and len(text.strip()) > 1


def _icon_state(icon: HtmlElement) -> float | None:
    """1.0 filled, 0.5 half, 0.0 empty by what its names or its fill say; None when they say nothing."""
    names = " ".join(_names(icon))
    if _HALF_WORDS.search(names):
        return 0.5
    filled, empty = _FILLED_WORDS.search(names), _EMPTY_WORDS.search(names)
    if bool(filled) != bool(empty):
        return 1.0 if filled else 0.0
    fills = {fill.strip().lower() for fill in _fills(icon)}
    if fills and fills <= _NO_FILL:
        return 0.0
    return None


def _names(icon: HtmlElement) -> Iterable[str]:
    for element in icon.iter(etree.Element):
        for name in (
            "class",
            "href",
            "{http://www.w3.org/1999/xlink}href",
            "xlink:href",
            "src",
            "alt",
            "data-state",
        ):
            value = element.get(name)
            if value:
                yield value.rsplit("/", 1)[-1] if name == "src" else value
        if element.get("aria-checked") == "true":
            yield "checked"


def _fills(icon: HtmlElement) -> Iterable[str]:
    for element in icon.iter(etree.Element):
        fill = element.get("fill")
        if fill:
            yield fill


def _signature(icon: HtmlElement) -> str:
    """What makes an icon look as it does: everything of it but ids and positions."""
    pieces = []
    for element in icon.iter(etree.Element):
        attributes = sorted(
            (name, value) for name, value in element.attrib.items()
            if name not in ("id", "x", "y", "transform", "key") and not name.startswith(("data-index", "data-key"))
        )  # fmt: skip
        pieces.append(f"{element.tag}{attributes}{(element.text or '').strip()}")
    return "|".join(pieces)


def _states_by_order(signatures: list[str], states: list[float | None]) -> list[float | None]:
    """Settle looks whose names say nothing by their order: filled icons come first, empty ones last.

    Gives `states` back as they are when the row has one look only, or its looks are mixed.
    """
    looks = list(dict.fromkeys(signatures))
    if not 2 <= len(looks) <= 3 or signatures != sorted(signatures, key=looks.index):
        return states
    known = {look: state for look, state in zip(signatures, states, strict=True) if state is not None}
    if len(looks) == 2 and looks[0] not in known and known.get(looks[1]) == 1.0:
        return states  # filled after something unknown: not a row drawn from the left
    by_order = {looks[0]: 1.0, looks[-1]: 0.0} | ({looks[1]: 0.5} if len(looks) == 3 else {})
    return [known.get(look, by_order[look]) for look in signatures]


def _width(elements: Sequence[HtmlElement], label: str, scale: float) -> Rating | None:
    for element in elements:
        style = element.get("style")
        if not style:
            continue
        match = _VARIABLE.search(style)
        if match:
            value = _float(match[1])
            if match[2]:
                return _share(value / 100, scale, match[0].strip())
            return (
                _share(value, scale, match[0].strip())
                if value < 1
                else _checked(value, scale, match[0].strip())
            )
        match = _WIDTH.search(style)
        if match and not (_float(match[1]) == 100 and len(element)):
            return _share(_float(match[1]) / 100, scale, f"width: {match[1]}%")
    return None


def _own_texts(elements: Sequence[HtmlElement]) -> Iterable[str]:
    members = set(elements)
    for element in elements:
        if element.text and element.tag not in ("script", "style"):
            yield element.text
        for child in element:
            if child.tail and (child in members or not isinstance(child.tag, str)):
                yield child.tail


def _attribute(element: HtmlElement, name: str) -> float | None:
    text = (element.get(name) or "").strip()
    return _float(text) if _ALONE.fullmatch(text) else None


def _float(text: str) -> float:
    return float(text.replace(",", "."))


def _of_best(value: float, best: float, scale: float, raw: str) -> Rating | None:
    """A value of a known best; 1 and 100 are shares of the site's scale."""
    if best in (1.0, 100.0) and best != scale:
        return _share(value / best, scale, raw)
    return _checked(value, best, raw)


def _share(share: float, scale: float, raw: str) -> Rating | None:
    return _checked(round(share * scale, 2), scale, raw)


def _checked(value: float, scale: float, raw: str) -> Rating | None:
    return Rating(value, scale, squeeze(raw)) if 0 <= value <= scale and scale > 1 else None
