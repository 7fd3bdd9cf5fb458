"""Ratings, however they are drawn: what stands at a label is tried from the most to the least explicit form.

`meter`, `progress` and ARIA values; `4/5` and `4 out of 5` in text or accessible names; `data-` attributes;
star characters; rows of filled and empty icons; a width in per cent.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from lxml import etree

from spiders.reading.icons import FEWEST_ICONS, ICON_TAGS, MOST_ICONS, cut_share, icon_states
from spiders.reading.model import Rating
from spiders.reading.tree import Element, text_of
from spiders.reading.words import comparable, shown, squeeze

_NUMBER = r"(\d{1,3}(?:[.,]\d+)?)"
_OF = re.compile(rf"{_NUMBER}\s*(?:/|out\s+of|of)\s*{_NUMBER}", re.I)
_STARS_WORD = re.compile(rf"{_NUMBER}\s*(?:stars?|points?)\b", re.I)
_NUMBERED = re.compile(r"\d")
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
_VALUED_TAGS = frozenset(("meter", "progress", "input", "option", "data"))
_CONIC = re.compile(
    rf"conic-gradient\(\s*(?:from[^,]+,\s*)?[^,()]*(?:\([^()]*\))?[^,()]*?\s{_NUMBER}\s*(%|deg|turn)\s*,",
    re.I,
)
_LINEAR = re.compile(
    rf"linear-gradient\(\s*(?:90deg|to\s+right)\s*,[^,()]*(?:\([^()]*\))?\s+{_NUMBER}\s*%\s*,"
    rf"[^,()]*(?:\([^()]*\))?\s+{_NUMBER}\s*%?\s*[,)]",
    re.I,
)
_FILE_VALUE = re.compile(
    r"(?:^|[/_-])(?:(?:stars|ratings?|score)[-_]?(\d(?:\.5)?)|(\d(?:\.5)?)[-_]?stars)(?:@\dx)?\.(?:png|gif|svg|webp|jpe?g)$",
    re.I,
)


def read_rating(elements: Sequence[Element], label: str, default_scale: float) -> Rating | None:
    """The rating drawn by `elements` (in document order, the label's own among them).

    `label` is the label's text, which is not taken for a value. `default_scale` is the site's scale, used
    where only a share (80 %) or a bare number is given. None when nothing there can be read as one value.
    """
    tags = Counter([element.tag for element in elements])
    names = {name for element in elements for name in element.attrib}
    for detect, worth_a_try in (
        (_semantic, not _VALUED_TAGS.isdisjoint(tags)),
        (_microdata, "itemprop" in names),
        (_aria, "aria-valuenow" in names),
        (_written, True),
        (_data, any(name.startswith("data-") for name in names)),
        (_characters, True),
        (
            _icons,
            any(count >= FEWEST_ICONS and (tag in ICON_TAGS or "-" in tag) for tag, count in tags.items()),
        ),
        (_file_name, "img" in tags),
        (_cut, "svg" in tags),
        (_width, "style" in names),
    ):
        rating = detect(elements, label, default_scale) if worth_a_try else None
        if rating is not None:
            return rating
    return None


def rating_below(
    roots: Sequence[Element], elements: Sequence[Element], label: str, default_scale: float
) -> Rating | None:
    """What `read_rating` reads in `elements`: in `roots` (siblings, or one alone) and all below them.

    A site draws four stars in the same markup on every page, so what a piece of markup draws is remembered.
    """
    if any(map(_depends_on_outside, roots)):
        return read_rating(elements, label, default_scale)
    markup = tuple([etree.tostring(root, with_tail=False) for root in roots])
    if sum(map(len, markup)) > _LONGEST_MARKUP:
        return read_rating(elements, label, default_scale)
    key = (markup, label, default_scale)
    if key not in _drawn:
        if len(_drawn) >= _MOST_DRAWN:
            _drawn.clear()
        _drawn[key] = read_rating(elements, label, default_scale)
    return _drawn[key]


def _depends_on_outside(root: Element) -> bool:
    """Whether its own markup alone does not tell what an element draws (`_is_icon_of_many`, `cut_share`)."""
    return (
        any(name.startswith("data-") for name in root.attrib)
        or next(root.iterancestors("svg"), None) is not None
    )


def forget() -> None:
    """Forget what was remembered: a test's way to show that it makes no difference."""
    _drawn.clear()


_MOST_DRAWN, _LONGEST_MARKUP = 1_000, 4_000
_drawn: dict[tuple[tuple[bytes, ...], str, float], Rating | None] = {}


def rating_in_text(text: str, default_scale: float) -> Rating | None:
    """A rating written out: `4/5`, `4 out of 5`, `★★★★☆`, `4 stars`, `80%`; None when there is none."""
    text = shown(text)
    match = _OF.search(text)
    if match:
        return _checked(_float(match[1]), _float(match[2]), match[0])
    match = _STARS_WORD.search(text)
    if match and not _NUMBERED.search(text[: match.start()]):  # else the scale, and the value is before it
        return _checked(_float(match[1]), default_scale, match[0])
    stars = _star_characters(text)
    if stars:
        return stars
    match = _PERCENT.search(text)
    return _share(_float(match[1]) / 100, default_scale, match[0]) if match else None


def _semantic(elements: Sequence[Element], label: str, scale: float) -> Rating | None:
    for element in elements:
        tag, kind = element.tag, element.get("type")
        value, best = _attribute(element, "value"), _attribute(element, "max")
        if tag == "option" and value is None:
            match = _ALONE.fullmatch((element.text or "").strip())
            value = _float(match[1]) if match else None
        if value is None:
            continue
        if (tag == "input" and kind == "radio" and "checked" in element.attrib) or (
            tag == "option" and "selected" in element.attrib
        ):
            return _checked(value, scale, f"<{tag} value={value:g}> chosen")
        if tag == "data" or (tag == "input" and kind == "range" and best is not None):
            return _of_best(value, scale if best is None else best, scale, f"<{tag} value={value:g}>")
        if tag in ("meter", "progress"):
            raw = f"<{tag} value={element.get('value')} max={element.get('max', '1')}>"
            return _of_best(value, 1.0 if best is None else best, scale, raw)
    return None


def _microdata(elements: Sequence[Element], label: str, scale: float) -> Rating | None:
    """schema.org/Rating: `ratingValue`, and `bestRating` where it is given."""
    given: dict[str, float] = {}
    for element in elements:
        name = element.get("itemprop")
        if name in ("ratingValue", "bestRating"):
            text = (element.get("content") or element.get("value") or text_of(element)).strip()
            if _ALONE.fullmatch(text):
                given.setdefault(name, _float(text))
    if "ratingValue" not in given:
        return None
    value, best = given["ratingValue"], given.get("bestRating", scale)
    return _of_best(value, best, scale, f"ratingValue={value:g} bestRating={best:g}")


def _aria(elements: Sequence[Element], label: str, scale: float) -> Rating | None:
    for element in elements:
        value, best = _attribute(element, "aria-valuenow"), _attribute(element, "aria-valuemax")
        if value is not None:
            raw = f"aria-valuenow={element.get('aria-valuenow')} aria-valuemax={element.get('aria-valuemax')}"
            return _of_best(value, scale if best is None else best, scale, raw)
    return None


def _written(elements: Sequence[Element], label: str, scale: float) -> Rating | None:
    named = []
    for element in elements:
        for name in ("aria-label", "aria-valuetext", "title", "alt"):
            text = element.get(name)
            rating = rating_in_text(text, scale) if text else None
            if rating:
                named.append(rating)
    if named:  # several that differ are the choices of a form, not one value
        return named[0] if len({rating.value / rating.scale for rating in named}) == 1 else None
    text = squeeze(" ".join(_own_texts(elements)))
    rating = rating_in_text(text, scale)
    if rating:
        return rating
    rest = comparable(text).replace(comparable(label), " ").strip(" :-")
    match = _ALONE.fullmatch(rest)
    return _checked(_float(match[1]), scale, rest) if match else None


def _data(elements: Sequence[Element], label: str, scale: float) -> Rating | None:
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


def _is_icon_of_many(element: Element) -> bool:
    """One of several like it side by side, each with a number of its own (`data-value="1"`, `"2"`, …)."""
    parent = element.getparent()
    if parent is None:
        return False
    alike = [
        child for child in parent if child.tag == element.tag and set(child.keys()) == set(element.keys())
    ]
    return len(alike) >= 3


def _characters(elements: Sequence[Element], label: str, scale: float) -> Rating | None:
    return _star_characters("".join(_own_texts(elements)))


def _star_characters(text: str) -> Rating | None:
    if not _STAR.search(text):
        return None
    full = sum(text.count(star) for star in _FULL)
    empty = sum(text.count(star) for star in _EMPTY)
    half = sum(text.count(star) for star in _HALF)
    total = full + empty + half
    # A row of full stars alone may be an overlay cut by a width, or the background of one.
    if not FEWEST_ICONS <= total <= MOST_ICONS or (empty == 0 and half == 0):
        return None
    drawn = "".join(character for character in text if character in _FULL + _EMPTY + _HALF)
    return Rating(full + half / 2, float(total), drawn)


def _icons(elements: Sequence[Element], label: str, scale: float) -> Rating | None:
    cut = any(_WIDTH.search(style) or _VARIABLE.search(style) for e in elements if (style := e.get("style")))
    return icons_rating(icon_states(elements, mixed_only=cut))


def icons_rating(states: Sequence[float] | None) -> Rating | None:
    """The rating that a row of icons draws; None without a row."""
    if not states:
        return None
    value = round(sum(states), 2)
    return _checked(value, float(len(states)), f"{value:g} of {len(states)} icons filled")


def _file_name(elements: Sequence[Element], label: str, scale: float) -> Rating | None:
    """One picture of all the stars, whose file is named for their number (`stars-4.png`)."""
    images = [element for element in elements if element.tag == "img"]
    if len(images) != 1:
        return None
    name = (images[0].get("src") or "").split("?")[0].rsplit("/", 1)[-1]
    match = _FILE_VALUE.search(name)
    return _checked(float(match[1] or match[2]), scale, name) if match else None


def _cut(elements: Sequence[Element], label: str, scale: float) -> Rating | None:
    """One drawing of all the stars, cut by a clip path or a gradient."""
    drawings = [element for element in elements if element.tag == "svg"]
    share = cut_share(drawings[0]) if len(drawings) == 1 else None
    return None if share is None else _share(share, scale, f"{share:.0%} of a drawing shown")


def _width(elements: Sequence[Element], label: str, scale: float) -> Rating | None:
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
        share = _gradient_share(style)
        if share is not None:
            return _share(share, scale, f"gradient to {share:.0%}")
        match = _WIDTH.search(style)
        if match and not (_float(match[1]) == 100 and len(element)):
            return _share(_float(match[1]) / 100, scale, f"width: {match[1]}%")
    return None


def _gradient_share(style: str) -> float | None:
    """Where a gradient with a hard edge changes its colour, as a share of the whole."""
    if "gradient" not in style:
        return None
    match = _CONIC.search(style)
    if match:
        return round(_float(match[1]) / {"%": 100, "deg": 360, "turn": 1}[match[2].lower()], 4)
    match = _LINEAR.search(style)
    if match and _float(match[2]) in (_float(match[1]), 0):
        return _float(match[1]) / 100
    return None


def _own_texts(elements: Sequence[Element]) -> Iterable[str]:
    members = set(elements)
    for element in elements:
        if element.text and element.tag not in ("script", "style"):
            yield element.text
        for child in element:
            if child.tail and (child in members or not isinstance(child.tag, str)):
                yield child.tail


def _attribute(element: Element, name: str) -> float | None:
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
