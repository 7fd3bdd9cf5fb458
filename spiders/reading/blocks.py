"""Blocks, made of the text that a walk over a document comes across."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from spiders.reading.model import HEADING, IMAGE, LINK, LIST_ITEM, TEXT, Block, Part
from spiders.reading.repeats import without_repeats
from spiders.reading.start_tags import StartTag
from spiders.reading.walked import Walked
from spiders.reading.words import squeeze


class Inherited(NamedTuple):
    """What an element's text inherits from the elements around it."""

    hidden: bool = False
    chrome: bool = False
    article: bool = False
    strong: bool = False
    item: bool = False
    level: int | None = None
    href: str | None = None


class Context:
    """An element that is being read."""

    __slots__ = ("inherited", "is_block", "ordinal", "outer", "said", "unit")

    def __init__(
        self, ordinal: int, said: StartTag, outer: Context | None, inherited: Inherited, is_block: bool,
        unit: int,
    ) -> None:  # fmt: skip
        self.ordinal, self.said, self.outer = ordinal, said, outer
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


new_tuple: Any = tuple.__new__
"""Makes a named tuple of all its fields, without the detour through Python that finds their defaults."""
Piece = tuple[str, Context]
"""Text, and the element that it stands in."""


class Image(NamedTuple):
    """A picture that belongs to the block under way."""

    said: StartTag
    ordinal: int
    href: str | None
    behind_text: bool
    """Text of the same block stands before it."""


class BlockMaker:
    """The block under way: what a walk hands over until it says that the block ends."""

    def __init__(self) -> None:
        self.found = Walked()
        self.pieces: list[Piece] = []
        self.images: list[Image] = []
        self.datetime: str | None = None
        """Of the `<time>` met last in it."""
        self.trail: list[int] = []
        """Ordinals of the block elements around it."""
        self.trail_now: tuple[int, ...] | None = None
        """`trail` as blocks have it; None when it has changed since."""
        self.breaks = 0
        """How many line breaks stand between it and the block before."""

    def flush(self, context: Context) -> bool:
        """End the block under way, with the context of the block element it stands in."""
        images = self.images
        if images:
            self.images = []
            for image in images:
                if not image.behind_text:
                    self._add_image(image, context)
        if not self.pieces:
            self.datetime = None
            return False
        pieces = self.pieces[:]
        self.pieces.clear()  # the walk holds on to the list
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

    def _join(self, pieces: Sequence[Piece], context: Context) -> None:
        """End a block of several pieces: what all of them have is the block's."""
        solid = [inner for text, inner in pieces if not text.isspace()]
        first = solid[0]
        unit, href = first.unit, first.inherited.href
        whole: Context | None = solid[-1]
        for inner in solid:
            if inner.unit != unit:
                whole = None
            if inner.inherited.href != href:
                href = None
        text = " ".join("".join([text for text, _ in pieces]).split())
        kept = pieces if len(solid) > 1 or first.inherited.strong else ()
        self._end_text(text, context, whole, href, kept)

    def _end_text(
        self, text: str, context: Context, whole: Context | None, href: str | None, kept: Sequence[Piece]
    ) -> None:
        """`whole` is the element that all of the text stands in, if there is one."""
        parts: tuple[Part, ...] = ()
        if kept:
            found = [(piece, inner.inherited, inner.unit) for piece, inner in kept]
            parts = tuple([Part(piece, had.href, unit, had.strong) for piece, had, unit in found])
        style = (whole if whole is not None and whole.unit else context).style()
        trail = self.trail_now or self.path()
        self.add_text(text, context.ordinal, context.inherited, href, style, trail, parts)

    def add_text(
        self, text: str, ordinal: int, inherited: Inherited, href: str | None, style: str,
        trail: tuple[int, ...], parts: tuple[Part, ...] = (),
    ) -> None:  # fmt: skip
        """Add a block of text; `ordinal` is that of the element it stands in."""
        blocks, level = self.found.blocks, inherited.level
        role = HEADING if level else LIST_ITEM if inherited.item else LINK if href else TEXT
        blocks.append(
            new_tuple(
                Block,
                (
                    len(blocks), role, text, level, href, None, inherited.hidden, inherited.chrome,
                    f"(//*)[{ordinal}]", style, self.breaks == 1, self.datetime, trail, parts,
                ),
            )
        )  # fmt: skip
        self.found.ordinals.append(ordinal)
        self.datetime = None
        self.breaks = 0

    def path(self) -> tuple[int, ...]:
        """The trail as blocks have it; the same for all blocks of an element."""
        self.trail_now = tuple(self.trail)
        return self.trail_now

    def _add_image(self, image: Image, context: Context) -> None:
        get = image.said.attributes.get
        blocks = self.found.blocks
        source = get("data-src") or get("data-lazy-src") or get("src") or ""
        if not source or source.startswith("data:"):
            candidates = get("srcset") or get("data-srcset") or ""
            source = candidates.split(",")[0].strip().split(" ")[0] or source
        hidden = context.inherited.hidden or get("aria-hidden") == "true"
        blocks.append(
            Block(
                len(blocks), IMAGE, squeeze(get("alt") or ""), None, image.href, source or None,
                hidden, context.inherited.chrome, f"(//*)[{image.ordinal}]", "img", False, None,
                self.trail_now or self.path(), (),
            )
        )  # fmt: skip
        self.found.ordinals.append(image.ordinal)


def _shown(pieces: list[Piece]) -> list[Piece]:
    """A heading's pieces without its anchor sign or words for screen readers; all when none is shown."""
    shown = [piece for piece in pieces if not piece[1].inherited.hidden]
    return shown if any(not text.isspace() for text, _ in shown) else pieces
