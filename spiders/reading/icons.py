"""Rows of drawn icons: how many of them are filled, by their names, their looks, or how they are cut."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from lxml import etree

from spiders.reading.tree import Element, text_of
from spiders.reading.words import comparable

_FILLED_WORDS = re.compile(
    r"(?<![a-z])(?:filled|full|fill(?!-)|fill-(?!no|tr|wh|gr[ae]y|sl|zi|ne|mu|st)|solid|active|on|selected|checked|fas|lit|gold)(?![a-z])",
    re.I,
)
_EMPTY_WORDS = re.compile(
    r"(?<![a-z])(?:empty|outline|outlined|off|far|inactive|unfilled|blank|none|o|regular|grey|gray|disabled|slate|zinc|neutral|muted)(?![a-z])",
    re.I,
)
_HALF_WORDS = re.compile(r"(?<![a-z])half", re.I)
_ICON_TAGS = frozenset(("svg", "i", "img", "span", "use", "li", "div", "b", "em", "td", "a", "label"))
_NO_FILL = frozenset(("none", "transparent", "#fff", "#ffffff", "white"))
_FEWEST_ICONS, _MOST_ICONS = 3, 10
_ICON_FONT = re.compile(r"(?:^|\s)(?:mat-icon|material-(?:icons|symbols))")
_LIGATURE = re.compile(r"(?:star|star_rate|grade|favorite|circle)(_half|_border|_outline)?")
# What differs between icons that look the same: numbers, names, positions.
_NO_LOOK = frozenset(
    ("id", "x", "y", "transform", "key", "for", "name", "value", "title", "aria-label", "tabindex")
)
_BRIGHT = re.compile(r"(?<![a-z])(?:yellow|amber|gold|orange|warning)(?![a-z])", re.I)
_HEX = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})")
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)\s*(%?)")

ICON_TAGS = _ICON_TAGS
FEWEST_ICONS, MOST_ICONS = _FEWEST_ICONS, _MOST_ICONS


def icon_states(
    elements: Sequence[Element], looks: Mapping[str, float] | None = None, mixed_only: bool = False
) -> list[float] | None:
    """How full each icon of the first readable row is, 0.0 to 1.0; None when no row can be read.

    `looks` are looks known from another row (`looks_of`). `mixed_only` leaves out rows of one look: they may
    be an overlay that a width cuts, or what lies under one.
    """
    return next((states for _, states in _read_rows(elements, looks or {}, mixed_only)), None)


def looks_of(elements: Sequence[Element]) -> dict[str, float]:
    """What the icons of readable rows look like, and how full each look is."""
    return {
        look: state
        for row, states in _read_rows(elements, {}, False)
        for look, state in zip(map(_signature, row), states, strict=True)
    }


def cut_share(icon: Element) -> float | None:
    """How much of an SVG its clip path or hard-edged gradient shows, 0.0 to 1.0; None without one."""
    share: float | None = None
    for element in icon.iter("lineargradient", "clippath"):
        if element.tag == "lineargradient":
            stops = [_share_of(stop.get("offset"), 1.0) for stop in element.iter("stop")]
            found = stops[0] if len(stops) >= 2 and stops[0] == stops[1] else None
        else:
            rect = element.find("rect")
            svg = element if element.tag == "svg" else next(element.iterancestors("svg"), None)
            box = (svg.get("viewbox") or "").replace(",", " ").split() if svg is not None else []
            found = (
                _share_of(rect.get("width"), float(box[2])) if rect is not None and len(box) == 4 else None
            )
        if found is None or (share is not None and share != found):
            return None
        share = found
    return share


def _share_of(text: str | None, whole: float) -> float | None:
    match = _NUMBER.fullmatch((text or "").strip())
    if not match or whole <= 0:
        return None
    share = float(match[1]) / (100 if match[2] else whole)
    return round(share, 4) if share <= 1 else None


def _read_rows(
    elements: Sequence[Element], looks: Mapping[str, float], mixed_only: bool
) -> Iterable[tuple[list[Element], list[float]]]:
    for row in _icon_rows(elements):
        signatures = [_signature(icon) for icon in row]
        if mixed_only and len(set(signatures)) == 1:
            continue
        states = [
            looks[look] if look in looks else _named_state(icon)
            for icon, look in zip(row, signatures, strict=True)
        ]
        if None in states:
            states = _states_by_fill(row, signatures, states)
        if None in states:
            states = _states_by_order(signatures, states)
        known = [state for state in states if state is not None]
        if known and len(known) == len(states):
            yield row, known


def _icon_rows(elements: Sequence[Element]) -> Iterable[list[Element]]:
    """Runs of 3 to 10 like children of one parent that hold no words."""
    seen: set[Element] = set()
    parents = []
    for element in elements:
        parent = element.getparent()
        if parent is not None and parent not in seen:
            seen.add(parent)
            parents.append(parent)
    members = set(elements)
    for parent in parents:
        by_tag: dict[str, list[Element]] = {}
        for child in parent:
            if (
                isinstance(child.tag, str)
                and (child.tag in _ICON_TAGS or "-" in child.tag)
                and child in members
                and not _has_words(child)
            ):
                by_tag.setdefault(child.tag, []).append(child)
        for row in by_tag.values():
            if _FEWEST_ICONS <= len(row) <= _MOST_ICONS:
                yield row


def _has_words(element: Element) -> bool:
    if element.tag == "svg" or _is_icon_font(element):
        return False
    text = text_of(element)
    return any(character.isalnum() for character in text) and len(text.strip()) > 1


def _named_state(icon: Element) -> float | None:
    """1.0 filled, 0.5 half, 0.0 empty by its names, else by how it is cut; None when nothing says it."""
    names = " ".join(_names(icon))
    if _HALF_WORDS.search(names):
        return 0.5
    filled, empty = _FILLED_WORDS.search(names), _EMPTY_WORDS.search(names)
    if bool(filled) != bool(empty):
        return 1.0 if filled else 0.0
    ligature = _LIGATURE.fullmatch(comparable(icon.text or "")) if _is_icon_font(icon) else None
    if ligature:
        return {None: 1.0, "_half": 0.5}.get(ligature[1], 0.0)
    return cut_share(icon)


def _states_by_fill(
    row: Sequence[Element], signatures: Sequence[str], states: list[float | None]
) -> list[float | None]:
    """Settle what names leave open by the `fill` attribute, where it makes a difference between the icons.

    Icon sets draw lines with `fill="none"` whether lit or not: where all icons have it, it says nothing. A
    row of one look is full when it is filled with a colour that is no grey.
    """
    fills = [{fill.strip().lower() for fill in _fills(icon)} for icon in row]
    hollow = [bool(fill) and fill <= _NO_FILL for fill in fills]
    if any(hollow) and not all(hollow):
        return [
            0.0 if state is None and is_hollow else state
            for state, is_hollow in zip(states, hollow, strict=True)
        ]
    if len(set(signatures)) == 1 and not any(hollow) and fills[0]:
        bright = any(map(_is_colour, fills[0])) or (
            "currentcolor" in fills[0] and _BRIGHT.search(" ".join(_names(row[0])))
        )
        if bright:
            return [1.0] * len(row)
    return states


def _is_colour(fill: str) -> bool:
    """Whether a fill is a colour by itself: no grey, no black, no reference."""
    if _BRIGHT.search(fill):
        return True
    if not _HEX.fullmatch(fill):
        return False
    size = (len(fill) - 1) // 3
    channels = [int(fill[1 + at * size : 1 + (at + 1) * size] * (3 - size), 16) for at in range(3)]
    return max(channels) - min(channels) > 60


def _is_icon_font(icon: Element) -> bool:
    return _ICON_FONT.search(icon.get("class") or "") is not None


def _names(icon: Element) -> Iterable[str]:
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


def _fills(icon: Element) -> Iterable[str]:
    for element in icon.iter(etree.Element):
        fill = element.get("fill")
        if fill:
            yield fill


def _signature(icon: Element) -> str:
    """What makes an icon look as it does: everything of it but ids and positions."""
    pieces = []
    for element in icon.iter(etree.Element):
        attributes = sorted(
            (name, value) for name, value in element.attrib.items()
            if name not in _NO_LOOK and not name.startswith(("data-index", "data-key"))
        )  # fmt: skip
        pieces.append(f"{element.tag}{attributes}{comparable(element.text or '')}")
    return "|".join(pieces)


def _states_by_order(signatures: list[str], states: list[float | None]) -> list[float | None]:
    """Settle looks whose names say nothing by their order: filled icons come first, empty ones last.

    Gives `states` back as they are when the row has one look only, or its looks are mixed.
    """
    looks = list(dict.fromkeys(signatures))
    if (
        not 2 <= len(looks) <= 3
        or len(looks) == len(signatures)
        or signatures != sorted(signatures, key=looks.index)
    ):
        return states
    if len(looks) == 3 and signatures.count(looks[1]) > 1:
        return states  # the one in the middle would be half
    known = {look: state for look, state in zip(signatures, states, strict=True) if state is not None}
    if len(looks) == 2 and looks[0] not in known and known.get(looks[1]) == 1.0:
        return states  # filled after something unknown: not a row drawn from the left
    by_order = {looks[0]: 1.0, looks[-1]: 0.0} | ({looks[1]: 0.5} if len(looks) == 3 else {})
    return [known.get(look, by_order[look]) for look in signatures]
