"""A document → blocks: what the page shows, in document order, whatever its markup.

Blocks break at block elements and `<br>`, never at inline ones. Scripts, styles and templates give none.
Hidden elements are read and marked as hidden.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from functools import lru_cache

from lxml import etree

from spiders.reading.model import Block, Part, Role
from spiders.reading.repeats import without_repeats
from spiders.reading.tree import Element, count_below, text_of
from spiders.reading.words import heading_key, squeeze, word_set

_BLOCK_TAGS = word_set(
    "address article aside blockquote body button caption center dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav "
    "noscript ol optgroup option p pre search section select slot summary table tbody td template textarea "
    "tfoot th thead tr ul"
)
_SPECIAL_TAGS = word_set(
    "br img amp-img script style title meta link base template svg iframe object embed canvas video "
    "audio math datalist"
)
_BLOCK_ROLES = frozenset(("heading", "listitem", "tabpanel", "tab", "button"))
_FEWEST_PARAGRAPHS = 5
_NOTHING: Mapping[str, str] = {}
_NO_CLASS = (False, False, False, False)
_STRONG_TAGS = word_set("b strong h1 h2 h3 h4 h5 h6 dt th summary")
_HEADING_LEVELS = {f"h{level}": level for level in range(1, 7)}
_CHROME_TAGS = frozenset(("nav", "form", "dialog", "aside"))
_CHROME_OUTSIDE_ARTICLE = frozenset(("header", "footer"))
_CHROME_CLASSES = word_set(
    "ad ads advert advertisement sponsored promo cookie-banner newsletter breadcrumb breadcrumbs"
)
_CHROME_ROLES = word_set("navigation banner contentinfo search dialog alertdialog menu menubar")
_BLOCK_CLASSES = word_set("block flex grid inline-block inline-flex d-block d-flex d-grid d-inline-block")
_HIDDEN_CLASSES = word_set(
    "hidden d-none sr-only visually-hidden screen-reader-text is-hidden invisible u-hidden cloned "
    "slick-cloned swiper-slide-duplicate"
)
_ICON_CLASS = re.compile(r"\bmaterial-(?:icons|symbols)")
_BLOCK_STYLE = re.compile(r"display\s*:\s*(?:block|flex|grid|table|list-item|inline-block)", re.I)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_HAS_TABS = etree.XPath("boolean(.//*[@aria-controls or @role='tab'])")


class _Context:
    """What an element's text inherits from the elements around it."""

    __slots__ = (
        "article", "chrome", "element", "hidden", "href", "is_block", "item", "level", "ordinal", "strong",
        "style", "unit",
    )  # fmt: skip

    def __init__(self, element: Element, ordinal: int, outer: _Context | None) -> None:
        self.element, self.ordinal = element, ordinal
        self.is_block = False
        self.style = ""
        if outer is None:
            self.hidden = self.chrome = self.article = self.strong = self.item = False
            self.href: str | None = None
            self.level: int | None = None
            self.unit = 0
        else:
            self.hidden, self.chrome, self.article = outer.hidden, outer.chrome, outer.article
            self.href, self.strong, self.level = outer.href, outer.strong, outer.level
            self.item, self.unit = outer.item, outer.unit


@lru_cache(maxsize=20_000)
def _class_says(classes: str) -> tuple[bool, bool, bool, bool]:
    """What a class attribute says: hidden, chrome, acts as block, is an icon whose text is a ligature."""
    words = classes.split()
    return (
        not _HIDDEN_CLASSES.isdisjoint(words),
        not _CHROME_CLASSES.isdisjoint(words),
        not _BLOCK_CLASSES.isdisjoint(words),
        _ICON_CLASS.search(classes) is not None,
    )


def blocks_of(root: Element, labels: Container[str]) -> tuple[list[Block], list[Element]]:
    """A document's blocks, and for each the element it stands in.

    `labels` are known headings in comparison form (`heading_key`): a panel that is labelled from elsewhere
    (`aria-labelledby`, `aria-controls`: tabs) is headed by its label when that is one of them.
    """
    walk = _Walk(root, labels)
    walk.run()
    return walk.blocks, walk.elements


class _Walk:
    """One pass over the tree, without recursion: pages may be nested deeper than Python's stack."""

    def __init__(self, root: Element, labels: Container[str]) -> None:
        self.root, self.labels = root, labels
        self.blocks: list[Block] = []
        self.elements: list[Element] = []
        self._parts: list[tuple[str, _Context]] = []
        self._images: list[tuple[Element, int, str | None, bool]] = []
        self._datetime: str | None = None
        self._trail: list[int] = []
        self._ordinal = 0
        self._breaks = 0
        self._controls: dict[str, Element] = {}
        self._by_id: dict[str, Element] | None = None

    def run(self) -> None:
        context = self._enter(self.root, None)
        if context is None:
            return
        stack: list[tuple[_Context, Iterator[Element]]] = []
        children = iter(self.root)
        self._text(self.root.text, context)
        while True:
            for child in children:
                inner = self._enter(child, context) if isinstance(child.tag, str) else None
                if inner is not None:  # None: a comment, or nothing to read in it
                    self._text(child.text, inner)
                    if len(child):
                        stack.append((context, children))
                        context, children = inner, iter(child)
                        break
                    self._leave(inner)
                tail = child.tail
                if tail and (self._parts or not tail.isspace()):
                    self._parts.append((tail, context))
            else:
                self._leave(context)
                if not stack:
                    break
                tail = context.element.tail
                context, children = stack.pop()
                self._text(tail, context)
        self._flush(context)

    # -- entering and leaving -------------------------------------------------------------------------------

    def _enter(self, element: Element, outer: _Context | None) -> _Context | None:
        """The context inside an element; None when it gives no text of its own."""
        self._ordinal += 1
        tag = element.tag
        if tag in _SPECIAL_TAGS and (tag != "template" or "shadowrootmode" not in element.attrib):
            self._enter_special(element, tag, outer)
            return None
        if tag == "nav" and not _HAS_TABS(element):
            self._skip_menu(element, outer)
            return None
        context = _Context(element, self._ordinal, outer)
        if outer is None:
            return context
        items = element.items()
        attributes: Mapping[str, str] = dict(items) if items else _NOTHING
        classes = attributes.get("class", "")
        hidden, chrome, block_class, icon = _class_says(classes) if classes else _NO_CLASS
        # Most elements have a class and nothing else that matters here.
        more = len(items) > (1 if classes else 0)
        if more or hidden:
            self._inherit(context, tag, attributes, hidden)
        outer_element = outer.element
        if outer_element.tag == "details" and tag != "summary" and "open" not in outer_element.attrib:
            context.hidden = True
        if (
            tag in _BLOCK_TAGS
            or block_class
            or ((more or "-" in tag) and self._acts_as_block(element, tag, attributes))
        ):
            self._enter_block(context, outer, tag, attributes)
            context.chrome = context.chrome or chrome
        elif icon:
            self._ordinal += count_below(element)
            return None
        else:
            context.strong = context.strong or tag in _STRONG_TAGS
            if context.unit == 0 and not _is_wrapper(element):
                context.unit = self._ordinal
            context.style = f"{outer.style}/{_look(tag, attributes)}"
        return context

    def _skip_menu(self, element: Element, outer: _Context | None) -> None:
        """A menu is often half of a page, and no content: it parts what is around it, and gives no blocks."""
        if outer is not None and (self._parts or self._images):
            self._flush(outer)
        self._breaks = 0
        self._ordinal += count_below(element)

    def _enter_special(self, element: Element, tag: str, outer: _Context | None) -> None:
        """Line breaks, pictures, and what holds no text to read."""
        if tag == "br":
            if outer is not None:
                flushed = self._flush(outer)
                self._breaks = 1 if flushed else self._breaks + 1
        elif tag == "img" or tag == "amp-img":
            behind_text = any(text.strip() for text, _ in self._parts)
            self._images.append((element, self._ordinal, outer.href if outer else None, behind_text))
        if len(element):
            self._ordinal += count_below(element)

    def _inherit(self, context: _Context, tag: str, attributes: Mapping[str, str], hidden: bool) -> None:
        get = attributes.get
        if hidden or "hidden" in attributes or get("aria-hidden") == "true":
            context.hidden = True
        if "style" in attributes and _HIDDEN_STYLE.search(attributes["style"]):
            context.hidden = True
        role = get("role")
        if role:
            if role in _CHROME_ROLES:
                context.chrome = True
            elif role in ("main", "article"):
                context.article = True
            elif role == "heading":
                level = get("aria-level", "2")
                context.level = int(level) if level in ("1", "2", "3", "4", "5", "6") else 2
        if tag == "a":
            context.href = get("href") or context.href
        elif tag == "time":
            self._datetime = get("datetime") or self._datetime
        if "aria-controls" in attributes:
            self._controls.setdefault(attributes["aria-controls"], context.element)

    def _acts_as_block(self, element: Element, tag: str, attributes: Mapping[str, str]) -> bool:
        if "style" in attributes and _BLOCK_STYLE.search(attributes["style"]):
            return True
        if "role" in attributes and attributes["role"] in _BLOCK_ROLES:
            return True
        # A custom element's display is unknown: between other elements it is a box, inside a sentence a word.
        return "-" in tag and not _stands_in_text(element)

    def _enter_block(
        self, context: _Context, outer: _Context, tag: str, attributes: Mapping[str, str]
    ) -> None:
        if self._parts or self._images:
            self._flush(outer)
        self._breaks = 0
        outer.unit = 0  # an inline element that holds blocks is a box, and what else it holds is no one word
        context.is_block = True
        context.unit = 0
        context.style = _look(tag, attributes)
        if tag in _STRONG_TAGS:
            context.strong = True
        if tag in _HEADING_LEVELS:
            context.level = _HEADING_LEVELS[tag]
        elif tag == "main" or tag == "article":
            context.article = True
        elif tag == "li":
            context.item = True
        elif tag == "dd":
            context.item = False
        elif tag == "noscript":
            context.hidden = True
        elif (tag in _CHROME_TAGS and not (tag == "form" and _is_whole_page(context.element))) or (
            tag in _CHROME_OUTSIDE_ARTICLE and not context.article
        ):
            context.chrome = True
        self._trail.append(context.ordinal)
        if self._controls or "aria-labelledby" in attributes:
            self._panel_heading(context, attributes)

    def _leave(self, context: _Context) -> None:
        if context.is_block:
            if self._parts or self._images:
                self._flush(context)
            self._breaks = 0
            self._trail.pop()

    def _panel_heading(self, context: _Context, attributes: Mapping[str, str]) -> None:
        """Head a tab's panel with its tab's words, when they are a known heading."""
        label = self._controls.get(attributes.get("id", ""))
        if label is None and "aria-labelledby" in attributes:
            label = self._element_with_id(attributes["aria-labelledby"].split(" ")[0])
        if label is None:
            return
        text = squeeze(text_of(label))
        if len(text) <= 80 and heading_key(text) in self.labels:
            self._emit(Role.HEADING, text, context, hidden=True)

    def _element_with_id(self, wanted: str) -> Element | None:
        if self._by_id is None:
            self._by_id = {}
            for element in self.root.iter(etree.Element):
                name = element.get("id")
                if name:
                    self._by_id.setdefault(name, element)
        return self._by_id.get(wanted)

    # -- text -----------------------------------------------------------------------------------------------

    def _text(self, text: str | None, context: _Context) -> None:
        if text and (self._parts or not text.isspace()):
            self._parts.append((text, context))

    def _flush(self, context: _Context) -> bool:
        """End the block under way, with the context of the block element it stands in."""
        parts, images = self._parts, self._images
        if images:
            self._images = []
            for image, ordinal, href, behind_text in images:
                if not behind_text:
                    self._emit_image(image, ordinal, href, context)
        if not parts:
            self._datetime = None
            return False
        self._parts = []
        if len(parts) > 1:
            parts = without_repeats(parts)
        if context.level and len(parts) > 1 and not context.hidden:
            shown = [part for part in parts if not part[1].hidden]
            if len(shown) < len(parts) and any(not text.isspace() for text, _ in shown):
                parts = shown  # a heading's anchor sign, or words for screen readers only
        if len(parts) == 1:
            text, inner = parts[0]
            kept = parts if inner.strong else ()
            self._emit_text(" ".join(text.split()), context, inner, inner.href, kept)
        else:
            solid = [inner for text, inner in parts if not text.isspace()]
            unit, href = solid[0].unit, solid[0].href
            if any(inner.href != href for inner in solid):
                href = None
            whole = solid[-1] if all(inner.unit == unit for inner in solid) else None
            text = " ".join("".join([text for text, _ in parts]).split())
            self._emit_text(text, context, whole, href, parts if len(solid) > 1 or solid[0].strong else ())
        for image, ordinal, href, behind_text in images:
            if behind_text:
                self._emit_image(image, ordinal, href, context)
        return True

    def _emit_text(
        self,
        text: str,
        context: _Context,
        whole: _Context | None,
        href: str | None,
        parts: Sequence[tuple[str, _Context]],
    ) -> None:
        """`whole` is the inline element that all of the text stands in, if there is one."""
        inline = whole is not None and whole.unit != 0
        if len(parts) == 1 and not inline:
            parts = ()
        kept = tuple([Part(piece, inner.href, inner.unit, inner.strong) for piece, inner in parts])
        if context.level:
            role = Role.HEADING
        elif context.item:
            role = Role.LIST_ITEM
        else:
            role = Role.LINK if href else Role.TEXT
        style = whole.style if whole is not None and inline else context.style
        stamp, self._datetime = self._datetime, None
        self._emit(role, text, context, href, context.level, stamp, style, kept)

    def _emit(
        self, role: Role, text: str, context: _Context, href: str | None = None, level: int | None = None,
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

    def _emit_image(self, image: Element, ordinal: int, href: str | None, context: _Context) -> None:
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


def _look(tag: str, attributes: Mapping[str, str]) -> str:
    """What an element looks like, as far as its own markup says."""
    if not attributes:
        return tag
    look = f"{tag}.{attributes['class']}" if "class" in attributes else tag
    return f"{look}[{attributes['style']}]" if "style" in attributes else look


def _is_wrapper(element: Element) -> bool:
    """Whether an inline element only holds others side by side, with no text of its own."""
    if len(element) < 2 or (element.text and element.text.strip()):
        return False
    for child in element:
        tail = child.tail
        if tail and not tail.isspace():
            return False
    return True


def _is_whole_page(form: Element) -> bool:
    """Whether a form is wrapped around an article, as some servers' pages are, and no form to fill in."""
    return form.find(".//h1") is not None or len(form.findall(".//p")) >= _FEWEST_PARAGRAPHS


def _stands_in_text(element: Element) -> bool:
    """Whether bare text stands beside the element: then it is a word in a sentence."""
    parent = element.getparent()
    if parent is None:
        return False
    if parent.text and parent.text.strip():
        return True
    return any(child.tail and child.tail.strip() for child in parent)
