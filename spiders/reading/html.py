"""HTML bytes → blocks: what the page shows, in document order, whatever its markup.

Blocks break at block elements and `<br>`, never at inline ones. Scripts, styles and templates give none. Hidden
elements are read and marked as hidden.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring
from w3lib.encoding import html_to_unicode

from spiders.reading.model import Block, Part, Role
from spiders.reading.words import heading_key, squeeze

_BLOCK_TAGS = frozenset(
    "address article aside blockquote body button caption center dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav "
    "noscript ol optgroup option p pre search section select slot summary table tbody td template textarea tfoot "
    "th thead tr ul".split()
)
_SKIPPED_TAGS = frozenset(
    "script style head svg iframe object embed canvas video audio math datalist".split()
)
_STRONG_TAGS = frozenset("b strong h1 h2 h3 h4 h5 h6 dt th summary".split())
_HEADING_LEVELS = {f"h{level}": level for level in range(1, 7)}
_CHROME_TAGS = frozenset(("nav", "form", "dialog", "aside"))
_CHROME_OUTSIDE_ARTICLE = frozenset(("header", "footer"))
_CHROME_CLASSES = frozenset(
    "ad ads advert advertisement sponsored promo cookie-banner newsletter breadcrumb breadcrumbs".split()
)
_CHROME_ROLES = frozenset("navigation banner contentinfo search dialog alertdialog menu menubar".split())
_BLOCK_CLASSES = frozenset(
    "block flex grid inline-block inline-flex d-block d-flex d-grid d-inline-block".split()
)
_HIDDEN_CLASSES = frozenset(
    "hidden d-none sr-only visually-hidden screen-reader-text is-hidden invisible u-hidden cloned "
    "slick-cloned swiper-slide-duplicate".split()
)
_ICON_CLASS = re.compile(r"\bmaterial-(?:icons|symbols)")
_BLOCK_STYLE = re.compile(r"display\s*:\s*(?:block|flex|grid|table|list-item|inline-block)", re.I)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_MARKUP = re.compile(
    rb"<(?:!doctype|html|head|body|div|p|h[1-6]|span|table|main|article|section|title|meta)[\s>/]", re.I
)


def looks_like_html(body: bytes) -> bool:
    """Whether bytes of unknown kind hold HTML rather than plain text."""
    head = body[:4096].replace(b"\0", b"")  # UTF-16 leaves the tags' letters with NULs between
    return _MARKUP.search(head) is not None


def decode(body: bytes, content_type: str | None) -> str:
    """Bytes to text: byte order mark, then header, then `<meta>`, then UTF-8, then Windows-1252.

    Never raises. A one-byte charset is not believed where the bytes are well-formed multi-byte UTF-8, nor UTF-8
    where they are not: servers and templates declare either wrongly.
    """
    is_utf8 = _is_utf8(body)

    def guess(_: bytes) -> str:
        return "cp1252" if is_utf8 is False else "utf-8"

    try:
        encoding, text = html_to_unicode(content_type, body, auto_detect_fun=guess)
    except (LookupError, ValueError):  # `charset=hex` and its like name codecs that give no text
        return body.decode(guess(body), "replace")
    if encoding.startswith("utf-16") or encoding.startswith("utf-32"):
        return str(text)
    if is_utf8 and encoding != "utf-8":
        return body.decode("utf-8", "replace")
    if is_utf8 is False and encoding == "utf-8":
        return body.decode("cp1252", "replace")
    return str(text)


def _is_utf8(body: bytes) -> bool | None:
    """Whether bytes above ASCII are UTF-8, give or take a few (a page cut within a letter); None without any."""
    if body.isascii():
        return None
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    sound = sum(1 for character in text if character > "\x7f") - broken
    return sound > 4 * broken


def parse(text: str) -> HtmlElement | None:
    """The document's tree; None when there is nothing to parse.

    Depth is not limited: a limit would make the parser drop what lies deeper.
    """
    data = text.replace("\0", "").encode("utf-8", "replace")
    if not data.strip():
        return None
    try:
        return document_fromstring(data, parser=HTMLParser(encoding="utf-8", huge_tree=True, remove_pis=True))
    except (etree.ParserError, etree.XMLSyntaxError, AssertionError):
        return None


@dataclass(slots=True)
class _Context:
    """What an element's text inherits from the elements around it."""

    element: HtmlElement
    hidden: bool = False
    chrome: bool = False
    article: bool = False
    href: str | None = None
    strong: bool = False
    level: int | None = None
    item: bool = False
    unit: int = 0
    is_block: bool = True
    ordinal: int = 0
    style: str = ""
    break_inside: bool = False


def blocks_of(root: HtmlElement, labels: Container[str]) -> tuple[list[Block], list[HtmlElement]]:
    """A document's blocks, and for each the element it stands in.

    `labels` are known headings in comparison form (`heading_key`): a panel that is labelled from elsewhere
    (`aria-labelledby`, `aria-controls`: tabs) is headed by its label when that is one of them.
    """
    walk = _Walk(root, labels)
    walk.run()
    return walk.blocks, walk.elements


class _Walk:
    """One pass over the tree, without recursion: pages may be nested deeper than Python's stack."""

    def __init__(self, root: HtmlElement, labels: Container[str]) -> None:
        self.root, self.labels = root, labels
        self.blocks: list[Block] = []
        self.elements: list[HtmlElement] = []
        self._parts: list[Part] = []
        self._images: list[tuple[HtmlElement, int, str | None, bool]] = []
        self._datetime: str | None = None
        self._trail: list[int] = []
        self._ordinal = 0
        self._breaks = 0
        self._controls: dict[str, HtmlElement] = {}
        self._by_id: dict[str, HtmlElement] | None = None

    def run(self) -> None:
        context = self._enter(self.root, None)
        if context is None:
            return
        stack: list[tuple[_Context, Iterator[HtmlElement]]] = [(context, iter(self.root))]
        self._text(self.root.text, context)
        while stack:
            context, children = stack[-1]
            child = next(children, None)
            if child is None:
                stack.pop()
                self._leave(context)
                if stack:
                    self._text(context.element.tail, stack[-1][0])
                continue
            if not isinstance(child.tag, str):  # a comment
                self._text(child.tail, context)
                continue
            inner = self._enter(child, context)
            if inner is None:
                self._text(child.tail, context)
            else:
                stack.append((inner, iter(child)))
                self._text(child.text, inner)
        self._flush(context)

    # -- entering and leaving -------------------------------------------------------------------------------

    def _enter(self, element: HtmlElement, outer: _Context | None) -> _Context | None:
        """The context inside an element; None when it gives no text of its own."""
        self._ordinal += 1
        tag = element.tag
        if tag == "br":
            if outer is not None:
                self._line_break(outer)
            return None
        if tag == "img":
            behind_text = any(part.text.strip() for part in self._parts)
            self._images.append((element, self._ordinal, outer.href if outer else None, behind_text))
            return None
        attributes = element.attrib
        if tag in _SKIPPED_TAGS or (tag == "template" and "shadowrootmode" not in attributes):
            self._ordinal += sum(1 for _ in element.iterdescendants(etree.Element))
            return None
        if outer is None:
            return _Context(element, ordinal=self._ordinal)
        classes = attributes.get("class", "")
        context = _Context(
            element, outer.hidden, outer.chrome, outer.article, outer.href, outer.strong, outer.level,
            outer.item, outer.unit, False, self._ordinal,
        )  # fmt: skip
        if attributes:
            self._inherit(context, tag, attributes, classes)
        if tag in _BLOCK_TAGS or self._acts_as_block(element, tag, attributes, classes):
            self._enter_block(context, outer, tag, classes)
        else:
            if tag in _STRONG_TAGS:
                context.strong = True
            if context.unit == 0 and not _is_wrapper(element):
                context.unit = self._ordinal
            if _ICON_CLASS.search(classes):
                self._ordinal += sum(1 for _ in element.iterdescendants(etree.Element))
                return None
            context.style = f"{outer.style}/{_look(tag, classes, attributes)}"
        return context

    def _inherit(self, context: _Context, tag: str, attributes: etree._Attrib, classes: str) -> None:
        get = attributes.get
        if (
            "hidden" in attributes
            or get("aria-hidden") == "true"
            or (classes and not _HIDDEN_CLASSES.isdisjoint(classes.split()))
            or _HIDDEN_STYLE.search(get("style", ""))
        ):
            context.hidden = True
        role = get("role")
        if role:
            if role in _CHROME_ROLES:
                context.chrome = True
            elif role in ("main", "article"):
                context.article = True
            elif role == "heading":
                level = get("aria-level", "2")
                context.level = int(level) if level in "123456" and level else 2
        if tag == "a":
            context.href = get("href") or context.href
        elif tag == "time":
            self._datetime = get("datetime") or self._datetime
        controls = get("aria-controls")
        if controls:
            self._controls.setdefault(controls, context.element)

    def _acts_as_block(self, element: HtmlElement, tag: str, attributes: etree._Attrib, classes: str) -> bool:
        if classes and not _BLOCK_CLASSES.isdisjoint(classes.split()):
            return True
        if "style" in attributes and _BLOCK_STYLE.search(attributes["style"]):
            return True
        if "role" in attributes and attributes["role"] in (
            "heading",
            "listitem",
            "tabpanel",
            "tab",
            "button",
        ):
            return True
        # A custom element's display is unknown: between other elements it is a box, inside a sentence a word.
        return "-" in tag and not _stands_in_text(element)

    def _enter_block(self, context: _Context, outer: _Context, tag: str, classes: str) -> None:
        self._flush(outer)
        self._breaks = 0
        context.is_block = True
        context.unit = 0
        context.style = _look(tag, classes, context.element.attrib)
        context.strong = context.strong or tag in _STRONG_TAGS
        if tag in _HEADING_LEVELS:
            context.level = _HEADING_LEVELS[tag]
        elif tag in ("main", "article"):
            context.article = True
        elif tag in ("li", "dd"):
            context.item = tag == "li"
        elif tag == "noscript":
            context.hidden = True
        if outer.element.tag == "details" and tag != "summary" and "open" not in outer.element.attrib:
            context.hidden = True
        if classes and not _CHROME_CLASSES.isdisjoint(classes.split()):
            context.chrome = True
        if tag in _CHROME_TAGS or (tag in _CHROME_OUTSIDE_ARTICLE and not context.article):
            context.chrome = True
        self._trail.append(context.ordinal)
        self._panel_heading(context)

    def _leave(self, context: _Context) -> None:
        if context.is_block:
            self._flush(context)
            self._breaks = 0
            if self._trail:
                self._trail.pop()

    def _line_break(self, context: _Context) -> None:
        flushed = self._flush(context)
        self._breaks = 1 if flushed else self._breaks + 1

    def _panel_heading(self, context: _Context) -> None:
        """Head a tab's panel with its tab's words, when they are a known heading."""
        attributes = context.element.attrib
        label = self._controls.get(attributes.get("id", "")) if self._controls else None
        if label is None and "aria-labelledby" in attributes:
            label = self._element_with_id(attributes["aria-labelledby"].split(" ")[0])
        if label is None:
            return
        text = squeeze(str(label.text_content()))
        if len(text) <= 80 and heading_key(text) in self.labels:
            self._emit(Role.HEADING, text, context, hidden=True)

    def _element_with_id(self, wanted: str) -> HtmlElement | None:
        if self._by_id is None:
            self._by_id = {}
            for element in self.root.iter(etree.Element):
                name = element.get("id")
                if name:
                    self._by_id.setdefault(name, element)
        return self._by_id.get(wanted)

    # -- text -----------------------------------------------------------------------------------------------

    def _text(self, text: str | None, context: _Context) -> None:
        if text:
            self._parts.append(Part(text, context.href, context.unit, context.strong))
            if context.style and not context.is_block and text.strip():
                self._inline_style = context.style

    _inline_style = ""

    def _flush(self, context: _Context) -> bool:
        """End the block under way, with the context of the block element it stands in."""
        parts, self._parts = self._parts, []
        images, self._images = self._images, []
        for image, ordinal, href, behind_text in images:
            if not behind_text:
                self._emit_image(image, ordinal, href, context)
        style, self._inline_style = self._inline_style, ""
        stamp, self._datetime = self._datetime, None
        text = squeeze("".join([part.text for part in parts])) if parts else ""
        if not text:
            return False
        solid = [part for part in parts if part.text.strip()]
        hrefs = {part.href for part in solid}
        href = hrefs.pop() if len(hrefs) == 1 else None
        units = {part.unit for part in solid}
        whole_inline = len(units) == 1 and 0 not in units
        role = (
            Role.HEADING
            if context.level
            else Role.LIST_ITEM
            if context.item
            else Role.LINK
            if href
            else Role.TEXT
        )
        self._emit(
            role, text, context, href=href, level=context.level, stamp=stamp,
            style=style if whole_inline and style else context.style,
            parts=tuple(parts) if len(solid) > 1 or (whole_inline and solid[0].strong) else (),
        )  # fmt: skip
        for image, ordinal, href, behind_text in images:
            if behind_text:
                self._emit_image(image, ordinal, href, context)
        return True

    def _emit(
        self, role: Role, text: str, context: _Context, *, href: str | None = None, level: int | None = None,
        stamp: str | None = None, style: str = "", parts: tuple[Part, ...] = (), hidden: bool = False,
    ) -> None:  # fmt: skip
        self.blocks.append(
            Block(
                len(self.blocks), role, text, level, href, None, hidden or context.hidden, context.chrome,
                f"(//*)[{context.ordinal}]", style, self._breaks == 1, stamp, tuple(self._trail), parts,
            )
        )  # fmt: skip
        self._breaks = 0
        self.elements.append(context.element)

    def _emit_image(self, image: HtmlElement, ordinal: int, href: str | None, context: _Context) -> None:
        source = image.get("data-src") or image.get("data-lazy-src") or image.get("src") or ""
        if not source or source.startswith("data:"):
            candidates = image.get("srcset") or image.get("data-srcset") or ""
            source = candidates.split(",")[0].strip().split(" ")[0] or source
        hidden = context.hidden or image.get("aria-hidden") == "true"
        self.blocks.append(
            Block(
                len(self.blocks), Role.IMAGE, squeeze(image.get("alt") or ""), None, href, source or None,
                hidden, context.chrome, f"(//*)[{ordinal}]", "img", False, None, tuple(self._trail), (),
            )
        )  # fmt: skip
        self.elements.append(image)


def _look(tag: str, classes: str, attributes: etree._Attrib) -> str:
    """What an element looks like, as far as its own markup says."""
    look = f"{tag}.{classes}" if classes else tag
    return f"{look}[{attributes['style']}]" if "style" in attributes else look


def _is_wrapper(element: HtmlElement) -> bool:
    """Whether an inline element only holds others side by side, with no text of its own."""
    if len(element) < 2 or (element.text and element.text.strip()):
        return False
    return not any(child.tail and child.tail.strip() for child in element)


def _stands_in_text(element: HtmlElement) -> bool:
    """Whether bare text stands beside the element: then it is a word in a sentence."""
    parent = element.getparent()
    if parent is None:
        return False
    if parent.text and parent.text.strip():
        return True
    return any(child.tail and child.tail.strip() for child in parent)
