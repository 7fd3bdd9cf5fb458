"""The parsed document: lxml's plain elements.

Not `lxml.html`'s own element classes: for those lxml asks a Python function at every element it hands out.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from lxml import etree

# lxml's type stubs give the union of all that XPath can answer for most calls; tests hold what types can't.
Element: TypeAlias = Any

_STRING_VALUE = etree.XPath("string()")
_COUNT_BELOW = etree.XPath("count(descendant::*)")


def text_of(element: Element) -> str:
    """An element's text with that of all below it, as it stands in the source."""
    value: Any = _STRING_VALUE(element)
    return str(value)


def count_below(element: Element) -> int:
    """How many elements lie below an element."""
    value: Any = _COUNT_BELOW(element)
    return int(value)
