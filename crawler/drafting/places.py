"""Where its pages show a value that is known from elsewhere: the CSS selector that gives it on all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from cssselect import SelectorError
from lxml import etree

from crawler.drafting.blocks import most
from crawler.drafting.model import Guess, SeenPage
from spiders.reading.tree import Element, text_of
from spiders.reading.words import squeeze

_LONGEST = 300
_NAME = re.compile(r"[A-Za-z][\w-]*")
_SKIPPED = frozenset(("html", "head", "body", "title", "meta", "script", "style", "option"))

Says = Callable[[SeenPage, Element, str], bool | None]
"""Whether an element with that text shows a page's value; None for a page of which the value is not known."""


def place_of(pages: Sequence[SeenPage], says: Says) -> Guess | None:
    """The simplest selector whose first element shows the value on most pages, and a wrong one on none."""
    scores: dict[str, tuple[int, int]] = {}
    for page in pages:
        for selector in _selectors_on(page, says):
            scores.setdefault(selector, (0, 0))
    known = 0
    for page in pages:
        verdicts = {selector: _verdict(page, selector, says) for selector in scores}
        known += any(verdict is not None for verdict in verdicts.values())
        for selector, verdict in verdicts.items():
            right, wrong = scores[selector]
            scores[selector] = (right + (verdict is True), wrong + (verdict is False))
    fitting = [
        (selector, right) for selector, (right, wrong) in scores.items() if not wrong and right >= most(known)
    ]
    if not fitting:
        return None
    selector, right = min(fitting, key=lambda entry: (-entry[1], len(entry[0]), entry[0]))
    return Guess(selector, right, len(pages))


def _selectors_on(page: SeenPage, says: Says) -> Iterator[str]:
    if page.document is None:
        return
    for element in page.document.root.iter(etree.Element):
        if element.tag in _SKIPPED or not isinstance(element.tag, str):
            continue
        text = squeeze(text_of(element))
        if text and len(text) <= _LONGEST and says(page, element, text):
            yield from _selectors(element)


def _selectors(element: Element) -> Iterator[str]:
    """Selectors for an element: by its own class or id, or by those of the nearest element that has any."""
    own = list(_simple(element))
    yield from own
    around = element.getparent()
    for _ in range(4):
        if around is None or around.tag in _SKIPPED:
            return
        for simple in _simple(around):
            if simple != around.tag:
                yield from (f"{simple} {one}" for one in own)
        around = around.getparent()


def _simple(element: Element) -> Iterator[str]:
    tag = str(element.tag)
    yield tag
    identity = element.get("id") or ""
    if _NAME.fullmatch(identity):
        yield f"{tag}#{identity}"
    for name in (element.get("class") or "").split():
        if _NAME.fullmatch(name):
            yield f"{tag}.{name}"


def _verdict(page: SeenPage, selector: str, says: Says) -> bool | None:
    if page.document is None:
        return None
    try:
        found = page.document.root.cssselect(selector)
    except SelectorError:
        return False
    if not found:
        return False
    return says(page, found[0], squeeze(text_of(found[0])))
