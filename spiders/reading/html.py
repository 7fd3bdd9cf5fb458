"""A document → blocks: what the page shows, in document order, whatever its markup.

Blocks break at block elements and `<br>`, never at inline ones. Scripts, styles and templates give none.
Hidden elements are read and marked as hidden.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from typing import Any, NamedTuple

from lxml import etree

from spiders.reading.model import HEADING, IMAGE, LINK, LIST_ITEM, TEXT, Block, Part
from spiders.reading.repeats import without_repeats
from spiders.reading.start_tags import BREAK, COMMENT, MENU, PICTURE, READ, StartTag, start_tag
from spiders.reading.tree import Element, count_below, stands_in_text, text_of
from spiders.reading.words import heading_key, squeeze

_FEWEST_PARAGRAPHS = 5
_HAS_TABS = etree.XPath("boolean(descendant::*/@aria-controls or descendant::*/@role = 'tab')")
_BY_ID = etree.XPath("id($name)")
_HAS_ID = etree.XPath("(//*[@id = $name])[1]")


class _Inherited(NamedTuple):
    """What an element's text inherits from the elements around it."""

    hidden: bool = False
    chrome: bool = False
    article: bool = False
    strong: bool = False
    item: bool = False
    level: int | None = None
    href: str | None = None


class _Context:
    """An element that is being read."""

    __slots__ = ("element", "inherited", "is_block", "ordinal", "outer", "said", "unit")

    def __init__(
        self, element: Element, ordinal: int, said: StartTag, outer: _Context | None,
        inherited: _Inherited, is_block: bool, unit: int,
    ) -> None:  # fmt: skip
        self.element, self.ordinal, self.said, self.outer = element, ordinal, said, outer
        self.inherited, self.is_block = inherited, is_block
        self.unit = unit
        """Ordinal of the outermost inline element around its text inside its block, itself included; or 0."""

    @property
    def hidden(self) -> bool:
        """Whether its text is not shown at first."""
        return self.inherited.hidden

    def style(self) -> str:
        """The looks of the block and of the inline elements in it, from the outermost."""
        if self.is_block:
            return self.said.look
        looks = []
        context = self
        while context.outer is not None:
            looks.append(context.said.look)
            if context.is_block:
                break
            context = context.outer
        else:
            looks.append("")
        return "/".join(reversed(looks))


_new: Any = tuple.__new__
"""Makes a named tuple of all its fields, without the detour through Python that finds their defaults."""
_Piece = tuple[str, _Context]
"""Text, and the element that it stands in."""


class _Image(NamedTuple):
    element: Element
    ordinal: int
    href: str | None
    behind_text: bool
    """Text of the same block stands before it."""


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
        self._pieces: list[_Piece] = []
        self._images: list[_Image] = []
        self._datetime: str | None = None
        self._trail: list[int] = []
        self._trail_now: tuple[int, ...] | None = None
        """`_trail` as blocks have it; None when it has changed since."""
        self._ordinal = 1
        self._breaks = 0
        self._controls: dict[str, Element] = {}

    def run(self) -> None:
        """Read the document."""
        said = start_tag(self.root)
        if said.kind is not READ:
            return
        pieces = self._pieces
        context = _Context(self.root, 1, said, None, _Inherited(), is_block=False, unit=0)
        stack: list[tuple[_Context, Iterator[Element]]] = []
        children = iter(self.root)
        text = self.root.text
        if text and not text.isspace():
            pieces.append((text, context))
        while True:
            for child in children:
                inner = self._enter(child, start_tag(child), context)
                if inner is not None:  # None: a comment, nothing to read in it, or it is read already
                    text = child.text
                    if text and (pieces or not text.isspace()):
                        pieces.append((text, inner))
                    if len(child):
                        stack.append((context, children))
                        context, children = inner, iter(child)
                        break
                    if inner.is_block:
                        self._leave(inner)
                text = child.tail
                if text and (pieces or not text.isspace()):
                    pieces.append((text, context))
            else:
                if context.is_block:
                    self._leave(context)
                if not stack:
                    break
                text = context.element.tail
                context, children = stack.pop()
                if text and (pieces or not text.isspace()):
                    pieces.append((text, context))
        self._flush(context)

    # -- entering and leaving -------------------------------------------------------------------------------

    def _enter(self, element: Element, said: StartTag, outer: _Context) -> _Context | None:
        """The context inside an element; None when it gives no text of its own, or has given it."""
        if said.kind is not READ and self._passed(element, said, outer):
            return None
        self._ordinal = ordinal = self._ordinal + 1
        is_block = said.is_block or (said.is_custom and not stands_in_text(element))
        inherited = outer.inherited
        if said.changes or outer.said.folds:
            inherited = self._inherit(element, said, outer, is_block)
        if is_block:
            if self._pieces or self._images:
                self._flush(outer)
            self._breaks = 0
            outer.unit = (
                0  # an inline element that holds blocks is a box, and what else it holds is no one word
            )
            if len(element) == 0 and said.labelled_by is None and not self._controls:
                self._read_leaf(element, ordinal, said, inherited)
                return None
            context = _Context(element, ordinal, said, outer, inherited, True, 0)
            self._trail.append(ordinal)
            self._trail_now = None
            if self._controls or said.labelled_by is not None:
                self._panel_heading(context)
            return context
        if said.is_icon:
            self._ordinal += count_below(element)
            return None
        unit = outer.unit or (0 if len(element) > 1 and _is_wrapper(element) else ordinal)
        return _Context(element, ordinal, said, outer, inherited, False, unit)

    def _read_leaf(self, element: Element, ordinal: int, said: StartTag, inherited: _Inherited) -> None:
        """Read a block that holds nothing but text: half of all are, and need no context of their own."""
        text = element.text
        if text and not text.isspace():
            trail = (*(self._trail_now or self._path()), ordinal)
            text = " ".join(text.split())
            self._add_text(text, element, ordinal, inherited, inherited.href, said.look, trail)
            self._breaks = 0

    def _passed(self, element: Element, said: StartTag, outer: _Context) -> bool:
        """Pass by what holds no text to read; whether it was that."""
        kind = said.kind
        if kind is COMMENT:
            return True
        if kind is MENU:
            if _HAS_TABS(element):
                return False
            # Often half of a page, and no content: it parts what is around it, and gives no blocks.
            if self._pieces or self._images:
                self._flush(outer)
            self._breaks = 0
        elif kind is BREAK:
            self._breaks = 1 if self._flush(outer) else self._breaks + 1
        self._ordinal += 1
        if kind is PICTURE:
            behind_text = any(text.strip() for text, _ in self._pieces)
            self._images.append(_Image(element, self._ordinal, outer.inherited.href, behind_text))
        if len(element):
            self._ordinal += count_below(element)
        return True

    def _inherit(self, element: Element, said: StartTag, outer: _Context, is_block: bool) -> _Inherited:
        """What is inherited inside an element; also notes what it says for others."""
        if said.datetime:
            self._datetime = said.datetime
        if said.controls is not None:
            self._controls.setdefault(said.controls, element)
        had = outer.inherited
        article = had.article or said.article
        return _Inherited(
            had.hidden or said.hidden or (outer.said.folds and not said.is_summary),
            had.chrome
            or said.chrome
            or (said.chrome_as_block and is_block)
            or (said.chrome_outside_article and not article)
            or (said.is_form and not _is_whole_page(element)),
            article,
            had.strong or said.strong,
            had.item if said.item is None else said.item,
            had.level if said.level is None else said.level,
            said.href or had.href,
        )

    def _leave(self, context: _Context) -> None:
        if self._pieces or self._images:
            self._flush(context)
        self._breaks = 0
        self._trail.pop()
        self._trail_now = None

    def _panel_heading(self, context: _Context) -> None:
        """Head a tab's panel with its tab's words, when they are a known heading."""
        said = context.said
        label = self._controls.get(said.name)
        if label is None and said.labelled_by is not None:
            label = self._element_with_id(said.labelled_by.split(" ")[0])
        if label is None:
            return
        text = squeeze(text_of(label))
        if len(text) <= 80 and heading_key(text) in self.labels:
            self.blocks.append(
                Block(
                    len(self.blocks), HEADING, text, None, None, None, True, context.inherited.chrome,
                    f"(//*)[{context.ordinal}]", "", False, None, self._trail_now or self._path(), (),
                )
            )  # fmt: skip
            self.elements.append(context.element)

    def _element_with_id(self, wanted: str) -> Element | None:
        if not wanted:
            return None
        found: Any = _BY_ID(self.root, name=wanted)  # by the parser's own table, which also knows `<a name>`
        if len(found) != 1 or found[0].get("id") != wanted:
            found = _HAS_ID(self.root, name=wanted)
        return found[0] if found else None

    # -- text -----------------------------------------------------------------------------------------------

    def _flush(self, context: _Context) -> bool:
        """End the block under way, with the context of the block element it stands in."""
        images = self._images
        if images:
            self._images = []
            for image in images:
                if not image.behind_text:
                    self._add_image(image, context)
        if not self._pieces:
            self._datetime = None
            return False
        pieces = self._pieces[:]
        self._pieces.clear()  # the walk holds on to the list
        if len(pieces) > 1:
            pieces = without_repeats(pieces)
        inherited = context.inherited
        if inherited.level and len(pieces) > 1 and not inherited.hidden:
            pieces = _shown(pieces)
        if len(pieces) == 1:
            text, inner = pieces[0]
            kept = pieces if inner.inherited.strong and inner.unit else ()
            self._end_text(" ".join(text.split()), context, inner, inner.inherited.href, kept)
        else:
            self._join(pieces, context)
        for image in images:
            if image.behind_text:
                self._add_image(image, context)
        return True

    def _join(self, pieces: Sequence[_Piece], context: _Context) -> None:
        """End a block of several pieces: what all of them have is the block's."""
        solid = [inner for text, inner in pieces if not text.isspace()]
        first = solid[0]
        unit, href = first.unit, first.inherited.href
        whole: _Context | None = solid[-1]
        for inner in solid:
            if inner.unit != unit:
                whole = None
            if inner.inherited.href != href:
                href = None
        text = " ".join("".join([text for text, _ in pieces]).split())
        kept = pieces if len(solid) > 1 or first.inherited.strong else ()
        self._end_text(text, context, whole, href, kept)

    def _end_text(
        self, text: str, context: _Context, whole: _Context | None, href: str | None, kept: Sequence[_Piece]
    ) -> None:
        """`whole` is the element that all of the text stands in, if there is one."""
        parts: tuple[Part, ...] = ()
        if kept:
            found = [(piece, inner.inherited, inner.unit) for piece, inner in kept]
            parts = tuple([Part(piece, had.href, unit, had.strong) for piece, had, unit in found])
        style = (whole if whole is not None and whole.unit else context).style()
        trail = self._trail_now or self._path()
        self._add_text(text, context.element, context.ordinal, context.inherited, href, style, trail, parts)

    def _add_text(
        self, text: str, element: Element, ordinal: int, inherited: _Inherited, href: str | None, style: str,
        trail: tuple[int, ...], parts: tuple[Part, ...] = (),
    ) -> None:  # fmt: skip
        level = inherited.level
        role = HEADING if level else LIST_ITEM if inherited.item else LINK if href else TEXT
        self.blocks.append(
            _new(
                Block,
                (
                    len(self.blocks), role, text, level, href, None, inherited.hidden, inherited.chrome,
                    f"(//*)[{ordinal}]", style, self._breaks == 1, self._datetime, trail, parts,
                ),
            )
        )  # fmt: skip
        self.elements.append(element)
        self._datetime = None
        self._breaks = 0

    def _path(self) -> tuple[int, ...]:
        """The trail as blocks have it; the same for all blocks of an element."""
        self._trail_now = tuple(self._trail)
        return self._trail_now

    def _add_image(self, image: _Image, context: _Context) -> None:
        get = image.element.get
        source = get("data-src") or get("data-lazy-src") or get("src") or ""
        if not source or source.startswith("data:"):
            candidates = get("srcset") or get("data-srcset") or ""
            source = candidates.split(",")[0].strip().split(" ")[0] or source
        hidden = context.inherited.hidden or get("aria-hidden") == "true"
        self.blocks.append(
            Block(
                len(self.blocks), IMAGE, squeeze(get("alt") or ""), None, image.href, source or None,
                hidden, context.inherited.chrome, f"(//*)[{image.ordinal}]", "img", False, None,
                self._trail_now or self._path(), (),
            )
        )  # fmt: skip
        self.elements.append(image.element)


def _shown(pieces: list[_Piece]) -> list[_Piece]:
    """A heading's pieces without its anchor sign or words for screen readers; all when none is shown."""
    shown = [piece for piece in pieces if not piece[1].inherited.hidden]
    return shown if any(not text.isspace() for text, _ in shown) else pieces


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
