"""A document → blocks: what the page shows, in document order, whatever its markup.

Blocks break at block elements and `<br>`, never at inline ones. Scripts, styles and templates give none.
Hidden elements are read and marked as hidden.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from lxml import etree

from spiders.reading.blocks import BlockMaker, Context, Image, Inherited, new_tuple
from spiders.reading.menus import menus
from spiders.reading.model import HEADING, Block
from spiders.reading.start_tags import BREAK, COMMENT, END, MENU, PICTURE, READ, StartTag, known
from spiders.reading.tree import Document, Element, stands_in_text, text_of
from spiders.reading.walked import Noted, Walked
from spiders.reading.words import heading_key, squeeze

_FEWEST_PARAGRAPHS = 5
_HAS_TABS = etree.XPath("boolean(descendant::*/@aria-controls or descendant::*/@role = 'tab')")
_BY_ID = etree.XPath("id($name)")
_HAS_ID = etree.XPath("(//*[@id = $name])[1]")


def walk(document: Document, labels: Container[str]) -> Walked:
    """A document's blocks, and what else one pass over it finds.

    `labels` are known headings in comparison form (`heading_key`): a panel that is labelled from elsewhere
    (`aria-labelledby`, `aria-controls`: tabs) is headed by its label when that is one of them.
    """
    walk = _Walk(document, labels)
    walk.run()
    return walk.found


class _Walk(BlockMaker):
    """One pass over the tags, without recursion: pages may be nested deeper than Python's stack."""

    def __init__(self, document: Document, labels: Container[str]) -> None:
        super().__init__()
        self.document, self.labels = document, labels
        self._flat = document.flat
        self._tags, self._texts = document.flat
        self._menus = iter(document.menus)
        self._ordinal = 1
        """Of the element that was met last."""
        self._controls: dict[str, int] = {}
        """By the id of a panel the ordinal of its tab."""

    def run(self) -> None:
        """Read the document."""
        tags, texts, pieces = self._tags, self._texts, self.pieces
        context = Context(1, known[tags[0]], None, Inherited(), False, 0)
        at = 0
        last = len(tags) - 1
        while True:
            # Here `at` is the last tag that was looked at, and the text behind it stands in `context`.
            text = texts[at]
            if text and (pieces or not text.isspace()):
                pieces.append((text, context))
            at += 1
            if at >= last:
                break
            said = known[tags[at]]
            kind = said.kind
            if kind is END:
                if context.is_block:
                    self._leave(context)
                context = context.outer  # type: ignore[assignment]  # the root's end is not looked at
            elif kind is not READ and not (kind is MENU and self._has_tabs()):
                at = self._passed(at, said, context)
            else:
                self._ordinal += 1
                is_block = said.is_block or (said.is_custom and not stands_in_text(self._element()))
                inherited = context.inherited
                if said.changes or context.said.folds:
                    inherited = self._inherit(at, said, context, is_block)
                is_leaf = said.is_empty or tags[at + 1][0] == "/"
                if is_block:
                    at, context = self._enter_block(at, said, context, inherited, is_leaf)
                elif said.is_icon:
                    at = self._end_of(at, said)
                elif is_leaf:
                    at = self._read_inline(at, said, context, inherited)
                else:
                    unit = context.unit or self._unit(texts[at])
                    context = Context(self._ordinal, said, context, inherited, False, unit)
        self.flush(context)

    # -- entering and leaving -------------------------------------------------------------------------------

    def _enter_block(
        self, at: int, said: StartTag, outer: Context, inherited: Inherited, is_leaf: bool
    ) -> tuple[int, Context]:
        """The last tag of it that was looked at, and the context behind that."""
        if self.pieces or self.images:
            self.flush(outer)
        self.breaks = 0
        outer.unit = 0  # an inline element that holds blocks is a box, and what else it holds is no one word
        if is_leaf and said.labelled_by is None and not self._controls:
            return self._read_leaf(at, said, inherited), outer
        context = Context(self._ordinal, said, outer, inherited, True, 0)
        self.trail.append(self._ordinal)
        self.trail_now = None
        if self._controls or said.labelled_by is not None:
            self._panel_heading(context)
        if said.is_empty:
            self._leave(context)
            return at, outer
        return at, context

    def _read_leaf(self, at: int, said: StartTag, inherited: Inherited) -> int:
        """Read a block that holds nothing but text: half of all are, and need no context of their own."""
        if said.is_empty:
            return at
        text = self._texts[at]
        if text and not text.isspace():
            trail = (*(self.trail_now or self.path()), self._ordinal)
            text = " ".join(text.split())
            self.add_text(text, self._ordinal, inherited, inherited.href, said.look, trail)
            self.breaks = 0
        return at + 1

    def _read_inline(self, at: int, said: StartTag, outer: Context, inherited: Inherited) -> int:
        """Read an inline element that holds nothing but text; its last tag."""
        if said.is_empty:
            return at
        text = self._texts[at]
        if text and (self.pieces or not text.isspace()):
            unit = outer.unit or self._ordinal
            self.pieces.append((text, Context(self._ordinal, said, outer, inherited, False, unit)))
        return at + 1

    def _unit(self, text: str) -> int:
        """Of the inline element met last, which begins with this text and then holds other elements."""
        return 0 if (not text or text.isspace()) and _is_wrapper(self._element()) else self._ordinal

    def _passed(self, at: int, said: StartTag, outer: Context) -> int:
        """Pass by what holds no text to read; its last tag."""
        kind = said.kind
        if kind is COMMENT:
            self.found.comments.append(self._tags[at])
            return at
        if kind is MENU:
            # Often half of a page, and no content: it parts what is around it, and gives no blocks.
            if self.pieces or self.images:
                self.flush(outer)
            self.breaks = 0
        elif kind is BREAK:
            self.breaks = 1 if self.flush(outer) else self.breaks + 1
        self._ordinal += 1
        if kind is PICTURE:
            behind_text = any(text.strip() for text, _ in self.pieces)
            self.images.append(Image(said, self._ordinal, outer.inherited.href, behind_text))
        if said.is_noted:
            self._note(said, at)
        elif said.tag == "title" and outer.said.tag == "head":
            self.found.titles.append("" if said.is_empty else self._texts[at])
        return self._end_of(at, said)

    def _end_of(self, at: int, said: StartTag) -> int:
        """The last tag of the element that begins at `at`; its elements are counted, and noted."""
        if said.is_cut:
            self._take_menu()
        tags = self._tags
        depth = 0 if said.is_empty else 1
        while depth:
            at += 1
            said = known[tags[at]]
            kind = said.kind
            if kind is END:
                depth -= 1
            elif kind is COMMENT:
                self.found.comments.append(tags[at])
            else:
                self._ordinal += 1
                if said.is_noted:
                    self._note(said, at)
                if not said.is_empty:
                    depth += 1
                elif said.is_cut:
                    self._take_menu()
        return at

    def _take_menu(self) -> None:
        """Count and note what is in the menu that comes next."""
        menu, ordinal = menus[next(self._menus)], self._ordinal
        self._ordinal += menu.elements
        self.found.comments.extend(menu.comments)
        self.found.noted.extend(
            [new_tuple(Noted, (said, menu.flat, at, ordinal + own)) for said, at, own in menu.noted]
        )

    def _note(self, said: StartTag, at: int) -> None:
        self.found.noted.append(new_tuple(Noted, (said, self._flat, at, self._ordinal)))

    def _has_tabs(self) -> bool:
        """Whether there are tabs in the menu that comes next."""
        return self.document.may_have_tabs and bool(_HAS_TABS(self.document.elements[self._ordinal]))

    def _element(self) -> Element:
        """The element that was met last."""
        return self.document.elements[self._ordinal - 1]

    def _inherit(self, at: int, said: StartTag, outer: Context, is_block: bool) -> Inherited:
        """What is inherited inside an element; also notes what it says for others."""
        if said.is_noted:
            self._note(said, at)
        if said.datetime:
            self.datetime = said.datetime
        if said.controls is not None:
            self._controls.setdefault(said.controls, self._ordinal)
        had = outer.inherited
        article = had.article or said.article
        return Inherited(
            had.hidden or said.hidden or (outer.said.folds and not said.is_summary),
            had.chrome
            or said.chrome
            or (said.chrome_as_block and is_block)
            or (said.chrome_outside_article and not article)
            or (said.is_form and not _is_whole_page(self._element())),
            article,
            had.strong or said.strong,
            had.item if said.item is None else said.item,
            had.level if said.level is None else said.level,
            said.href or had.href,
        )

    def _leave(self, context: Context) -> None:
        if self.pieces or self.images:
            self.flush(context)
        self.breaks = 0
        self.trail.pop()
        self.trail_now = None

    def _panel_heading(self, context: Context) -> None:
        """Head a tab's panel with its tab's words, when they are a known heading."""
        said = context.said
        tab = self._controls.get(said.name)
        label = None if tab is None else self.document.elements[tab - 1]
        if label is None and said.labelled_by is not None:
            label = self._element_with_id(said.labelled_by.split(" ")[0])
        if label is None:
            return
        text = squeeze(text_of(label))
        if len(text) <= 80 and heading_key(text) in self.labels:
            blocks = self.found.blocks
            blocks.append(
                Block(
                    len(blocks), HEADING, text, None, None, None, True, context.inherited.chrome,
                    f"(//*)[{context.ordinal}]", "", False, None, self.trail_now or self.path(), (),
                )
            )  # fmt: skip
            self.found.ordinals.append(context.ordinal)

    def _element_with_id(self, wanted: str) -> Element | None:
        if not wanted:
            return None
        root = self.document.root
        found: Any = _BY_ID(root, name=wanted)  # by the parser's own table, which also knows `<a name>`
        if len(found) != 1 or found[0].get("id") != wanted:
            found = _HAS_ID(root, name=wanted)
        return found[0] if found else None


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
