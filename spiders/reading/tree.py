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
from typing import Any, NamedTuple, TypeAlias

from lxml import etree

# lxml's type stubs give the union of all that XPath can answer for most calls; tests hold what types can't.
Element: TypeAlias = Any

_COMMENT = re.compile(r"<!--(.*?)-->", re.S)
_LOST = "&#xFFFD;"
"""What libxml2 writes for control characters, which XML can't hold."""


class Flat(NamedTuple):
    """A piece of a document, flat."""

    tags: Sequence[str]
    """Start tags (`p class="x"`, `br/`), end tags (`/p`) and comments (`!--`) in order, with references
    for `<`, `>`, `&`, `"` and line breaks (`unescaped`)."""
    texts: Sequence[str]
    """The text behind each of the tags, without references."""

    @classmethod
    def of(cls, written: str) -> Flat:
        """What is written as XML, with references for `<` and `>` in comments, too.

        Text before the first tag is left out.
        """
        # `>` stands in no text and no value (XML 1.0 section 2.4, as libxml2 writes it).
        pieces = written.replace(">", "<").split("<")
        texts = pieces[2::2]
        if "&" in written:
            texts = [unescaped(text) if "&" in text else text for text in texts]
        return cls(pieces[1::2], texts)


@dataclass(frozen=True)
class Document:
    """A document, as elements and flat."""

    root: Element
    written: str
    """All of it as XML, but for control characters, and `<` and `>` in names."""
    flat: Flat
    """From the root's start tag to its end tag. A menu (`<nav>`) of which the inside is in `menus` is one tag
    that ends with `//`."""
    menus: Sequence[str] = ()
    """What is inside such menus, in document order, as `Flat.of` takes it."""

    @classmethod
    def of(cls, root: Element) -> Document:
        """The document below a root. Its document type goes: as XHTML it would be written otherwise."""
        root.getroottree().docinfo.clear()
        written = etree.tostring(root, encoding="unicode")
        whole = written if "<!--" not in written else _COMMENT.sub(_plain_comment, written)
        if _LOST in whole or whole.count("<") != whole.count(">"):
            return cls(root, written, _written_out(root))
        if "<nav" not in whole or _may_have_tabs(whole):
            return cls(root, written, Flat.of(whole))
        rest, menus = _without_menus(whole)
        return cls(root, written, Flat.of(rest), menus)

    @cached_property
    def may_have_tabs(self) -> bool:
        """Whether a tab's or its panel's attributes stand anywhere in it."""
        return _may_have_tabs(self.written)

    @cached_property
    def elements(self) -> Sequence[Element]:
        """All elements in document order: the one that `(//*)[n]` finds is the nth."""
        return [*self.root.iter(etree.Element)]


def _may_have_tabs(written: str) -> bool:
    return ' aria-controls="' in written or ' role="tab"' in written


def _without_menus(written: str) -> tuple[str, list[str]]:
    """A document with nothing in its menus, and what was in them; a menu in which another is stays."""
    kept: list[str] = []
    menus: list[str] = []
    at, begin = 0, written.find("<nav")
    while begin >= 0:
        inside = written.find(">", begin) + 1
        following = written.find("<nav", inside)
        if written[begin + 4] in " >" and written[inside - 2] != "/":
            end = written.find("</nav>", inside, following if following >= 0 else len(written))
            if end >= 0:
                kept.append(f"{written[at : inside - 1]}//>")
                menus.append(written[inside:end])
                at = end + len("</nav>")
        begin = following
    return "".join([*kept, written[at:]]), menus


def unescaped(text: str) -> str:
    """A text or an attribute's value, as `tags` hold it, without references."""
    for reference, character in _REFERENCES:
        text = text.replace(reference, character)
    return text


_REFERENCES = (
    ("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#10;", "\n"), ("&#9;", "\t"), ("&#13;", "\r"),
    ("&amp;", "&"),
)  # fmt: skip


def _written_out(root: Element) -> Flat:
    """Tags and texts made one by one: control characters and all."""
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
    return Flat(tags, texts)


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
