"""The parsed document: as lxml's plain elements, and flat, as the tags and texts that it is written in.

Most of reading is one pass over the flat form (`html.py`): lxml makes a Python object for every element that
is looked at, while it writes the whole tree out, in C, in a sixth of the time that parsing took. Elements are
for what needs a tree.

Not `lxml.html`'s own element classes: for those lxml asks a Python function at every element it hands out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from lxml import etree

# lxml's type stubs give the union of all that XPath can answer for most calls; tests hold what types can't.
Element: TypeAlias = Any

_COMMENT = re.compile(r"<!--(.*?)-->", re.S)
_LOST = "&#xFFFD;"
"""What libxml2 writes for control characters, which XML can't hold."""


@dataclass(frozen=True)
class Document:
    """A document, as elements and flat."""

    root: Element
    written: str
    """All of it as XML, but for control characters, and `<` and `>` in names."""
    tags: Sequence[str]
    """Start tags (`p class="x"`, `br/`), end tags (`/p`) and comments (`!--`), from the root's start to its
    end; with references for `<`, `>`, `&`, `"` and line breaks (`unescaped`)."""
    texts: Sequence[str]
    """The text behind each of the tags, without references."""

    @classmethod
    def of(cls, root: Element) -> Document:
        """The document below a root. Its document type goes: as XHTML it would be written otherwise."""
        root.getroottree().docinfo.clear()
        written = etree.tostring(root, encoding="unicode")
        whole = written if "<!--" not in written else _COMMENT.sub(_plain_comment, written)
        # `>` stands in no text and no value (XML 1.0 section 2.4, as libxml2 writes it).
        if _LOST in whole or whole.count("<") != whole.count(">"):
            return cls(root, written, *_written_out(root))
        pieces = whole.replace(">", "<").split("<")
        texts = pieces[2::2]
        if "&" in whole:
            texts = [unescaped(text) if "&" in text else text for text in texts]
        return cls(root, written, pieces[1::2], texts)

    @cached_property
    def may_have_tabs(self) -> bool:
        """Whether a tab's or its panel's attributes stand anywhere in it."""
        return ' aria-controls="' in self.written or ' role="tab"' in self.written

    @cached_property
    def elements(self) -> Sequence[Element]:
        """All elements in document order: the one that `(//*)[n]` finds is the nth."""
        return [*self.root.iter(etree.Element)]


def unescaped(text: str) -> str:
    """A text or an attribute's value, as `tags` hold it, without references."""
    for reference, character in _REFERENCES:
        text = text.replace(reference, character)
    return text


_REFERENCES = (
    ("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#10;", "\n"), ("&#9;", "\t"), ("&#13;", "\r"),
    ("&amp;", "&"),
)  # fmt: skip


def _written_out(root: Element) -> tuple[list[str], list[str]]:
    """`tags` and `texts`, made one by one: control characters and all."""
    tags, texts = [], []
    for event, node in etree.iterwalk(root, events=("start", "end", "comment")):
        if event == "start":
            values = "".join([f' {name}="{_escaped(value)}"' for name, value in node.items()])
            tags.append(f"{node.tag}{values}")
            texts.append(node.text or "")
        else:
            tags.append(f"/{node.tag}" if event == "end" else f"!--{_escaped(node.text)}")
            texts.append(node.tail or "")
    texts[-1] = ""
    return tags, texts


def _plain_comment(comment: re.Match[str]) -> str:
    return f"<!--{_escaped(comment[1])}>"


def _escaped(value: str) -> str:
    for reference, character in reversed(_REFERENCES):
        value = value.replace(character, reference)
    return value


def text_of(element: Element) -> str:
    """An element's text with that of all below it, as it stands in the source."""
    if len(element) == 0:
        return element.text or ""
    return etree.tostring(element, method="text", encoding="unicode", with_tail=False)


def stands_in_text(element: Element) -> bool:
    """Whether bare text stands beside the element: then it is a word in a sentence."""
    parent = element.getparent()
    if parent is None:
        return False
    if parent.text and parent.text.strip():
        return True
    return any(child.tail and child.tail.strip() for child in parent)
