"""The parsed document: lxml's plain elements.

Not `lxml.html`'s own element classes: for those lxml asks a Python function at every element it hands out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from lxml import etree

# lxml's type stubs give the union of all that XPath can answer for most calls; tests hold what types can't.
Element: TypeAlias = Any

_COUNT_BELOW = etree.XPath("count(descendant::*)")
_LOOKED_FOR = ("a", "area", "link", "meta", "script", "base", etree.Comment)


@dataclass(frozen=True, slots=True)
class Document:
    """A document, and in their order the elements in it that are looked for by their tags.

    They are found in one pass: each pass over a tree takes a twentieth of the time that it took to parse.
    """

    root: Element
    links: Sequence[Element]
    """`<a>`, `<area>` and `<link>`."""
    metas: Sequence[Element]
    scripts: Sequence[Element]
    bases: Sequence[Element]
    comments: Sequence[Element]
    """Those before and behind the root, too."""

    @classmethod
    def of(cls, root: Element) -> Document:
        """The document below a root."""
        found: dict[Any, list[Element]] = {tag: [] for tag in _LOOKED_FOR}
        links = found["a"] = found["area"] = found["link"]
        for element in root.iter(*_LOOKED_FOR):
            found[element.tag].append(element)
        before = [*root.itersiblings(etree.Comment, preceding=True)][::-1]
        comments = [*before, *found[etree.Comment], *root.itersiblings(etree.Comment)]
        return cls(root, links, found["meta"], found["script"], found["base"], comments)


def text_of(element: Element) -> str:
    """An element's text with that of all below it, as it stands in the source."""
    if len(element) == 0:
        return element.text or ""
    return etree.tostring(element, method="text", encoding="unicode", with_tail=False)


def count_below(element: Element) -> int:
    """How many elements lie below an element."""
    value: Any = _COUNT_BELOW(element)
    return int(value)


def stands_in_text(element: Element) -> bool:
    """Whether bare text stands beside the element: then it is a word in a sentence."""
    parent = element.getparent()
    if parent is None:
        return False
    if parent.text and parent.text.strip():
        return True
    return any(child.tail and child.tail.strip() for child in parent)
