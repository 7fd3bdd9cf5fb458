"""What reading a page gives: blocks first, then one `Reading`.

These types are the whole vocabulary between the reader and everything behind it. They are frozen, hold no
clock and no database handle, and compare by value: the same bytes read by the same reader give equal objects.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, NamedTuple

READER_VERSION = "5"
"""Raised whenever the same page could read differently than before; stored with every record."""


class Role(StrEnum):
    """What a block is on the page."""

    HEADING = "heading"
    TEXT = "text"
    LIST_ITEM = "list_item"
    LINK = "link"
    IMAGE = "image"
    RATING = "rating"


# CPython 3.11 takes half a microsecond to find an enumeration's member, and a page's lines ask for these
# hundreds of times.
HEADING, TEXT, LIST_ITEM, LINK, IMAGE = Role.HEADING, Role.TEXT, Role.LIST_ITEM, Role.LINK, Role.IMAGE

# Parts and blocks are named tuples: a page makes hundreds of them, and a frozen dataclass takes five times as
# long to make.


class Part(NamedTuple):
    """A piece of a block's text between two inline-element boundaries."""

    text: str
    """As printed; white space folded, never stripped (`"a "` + `"b"` is not `"ab"`)."""
    href: str | None = None
    """The target of the link around it, as written in the page; None outside a link."""
    unit: int = 0
    """Ordinal of the outermost inline element around it inside its block; 0 for the block's own bare text."""
    strong: bool = False
    """Set off from its surroundings by bold or heading-like inline markup."""


class Block(NamedTuple):
    """A run of text as the page shows it, in document order. Never split at inline elements."""

    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody needs here
    """Position in the page, from 0."""
    role: Role
    text: str
    """As printed, white space folded and stripped; for an image its alt text, for a rating its label."""
    level: int | None = None
    """Heading level 1-6; None for anything that is not marked up as a heading."""
    href: str | None = None
    """Link target when the whole block lies in, or is, one link; as written in the page."""
    src: str | None = None
    """An image's address as written; None otherwise."""
    hidden: bool = False
    """In the page but not shown at first (closed accordion, other tab, cloned slide, a framework's stash)."""
    chrome: bool = False
    """In the page's frame (nav, header, footer, aside), not its content."""
    path: str = ""
    """Where it came from: in HTML an XPath that counts elements in document order (`(//*)[123]`), in text
    `line 12`."""
    style: str = ""
    """Tag and class it is drawn with (`div.text-xl/strong`); "" in text. Headings of one kind share it."""
    after_br: bool = False
    """One line break, and no more, parts it from the block before: the same paragraph goes on."""
    datetime: str | None = None
    """The machine-readable date of a `<time>` in it; None without one."""
    trail: tuple[int, ...] = ()
    """Ordinals of the enclosing elements, outermost first; () in text. Two blocks share a container exactly
    as far as their trails agree."""
    parts: tuple[Part, ...] = ()
    """The text cut at inline-element boundaries; () when there was none inside."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One claim about one field: where it was found, and whether it won."""

    field: str
    """Field name as in `Reading`, dotted for nested ones (`credibility`, `source.doi`, `topics[2]`)."""
    value: str
    """The value as found, as text."""
    rule: str
    """The rule that took it (`heading`, `order`, `json-ld`, `opengraph`, `canonical`, …)."""
    block: int | None
    """Index of the block it was read from; None when it came from structured data or the address."""
    where: str
    """Element path, line, or JSON path in the page."""
    won: bool
    """False when a source of higher precedence gave another value."""


class Reason(StrEnum):
    """Why a value is absent. Absent is never the same as empty."""

    NOT_ON_PAGE = "not on the page"
    CAPTURE_CANNOT_SHOW = "this kind of capture cannot show it"
    UNREADABLE = "found but unreadable"
    CUT_OFF = "the capture is cut off before it"


@dataclass(frozen=True, slots=True)
class Absence:
    """A field without a value, and why."""

    field: str
    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Rating:
    """A drawn or written rating."""

    value: float
    scale: float
    """The best value that can be given, e.g. 5.0."""
    raw: str
    """As found: `4/5`, `width: 80%`, `4 of 5 icons filled`."""


Precision = Literal["day", "month", "year"]


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A calendar date as precise as the page gave it, never more."""

    raw: str
    iso: str | None
    """`2026-05-01`, `2026-05` or `2026`, as precise as `precision`; None when `raw` is not a date."""
    precision: Precision | None


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the article with its own text."""

    kind: str
    """The profile's key for a known heading (`findings`, `audience`, `considerations`); `other` when the
    heading is not in the profile."""
    heading: str | None
    """As printed; None where the capture drops headings, or there is none."""
    paragraphs: tuple[str, ...]
    """As printed, one per paragraph or list item."""
    list_items: tuple[bool, ...] = ()
    """For each paragraph whether it is a list item; () means none is."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A subject that the article is filed under."""

    text: str
    """As printed."""
    uncertain: bool = False
    """True when it may be several topics whose borders the capture lost."""


@dataclass(frozen=True, slots=True)
class Source:
    """The original paper as the page's "More Details" names it. Every field as printed, or None."""

    title: str | None = None
    authors: tuple[str, ...] = ()
    journal: str | None = None
    published: PartialDate | None = None
    doi: str | None = None
    """Bare, lower-case form (`10.5555/abc`), checked for form; None when the page prints none."""
    pmid: str | None = None
    """Digits only."""
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A card on a card list or listing, pointing to an article."""

    position: int
    """From 1, in the order shown."""
    title: str | None
    url: str | None
    """Absolute and canonical; None when the capture shows no link."""
    date: PartialDate | None
    teaser: str | None
    image: str | None
    """Absolute address of its picture."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A boilerplate paragraph found by the profile's anchors."""

    text: str
    """As printed on this page, slot values and all."""
    template: str
    """The same with each slot's value replaced by `{slot}`; equal for all pages that share the passage."""
    slots: tuple[tuple[str, str], ...] = ()
    """Slot name and the value printed in it on this page."""
    heading: str | None = None
    """The heading it stands under; None when the capture shows none."""


class PageKind(StrEnum):
    """What a page turned out to be."""

    SUMMARY = "summary"
    LISTING = "listing"
    OTHER = "other"
    UNREADABLE = "unreadable"


LinkKind = Literal["article", "pagination", "listing", "page"]


class Obstacle(StrEnum):
    """What stands in a page's place, or before it. The values begin reasons in the URL table."""

    SOFT_404 = "soft 404"
    LOGIN = "login wall"
    CHALLENGE = "bot challenge"
    CONSENT = "consent wall"
    MAINTENANCE = "maintenance page"
    SHELL = "needs a browser"


@dataclass(frozen=True, slots=True)
class PageLink:
    """A link on the page that a walk might follow."""

    url: str
    """Absolute, canonical."""
    rel: str | None
    kind: LinkKind


@dataclass(frozen=True, slots=True)
class Reading:
    """What a page turned out to be, and all that it says."""

    kind: PageKind
    reason: str | None
    """Why it is no summary, for `other` and `unreadable`; None otherwise."""
    form: Literal["html", "text"]
    url: str | None
    """The page's own canonical address: `rel=canonical` when it names the same site, else where it was
    fetched; None when neither is known."""
    article_id: str | None
    """The case-sensitive id from `url`; None when the address has none."""
    title: str | None = None
    credibility: Rating | None = None
    interest: Rating | None = None
    reading_minutes: int | None = None
    takeaway: str | None = None
    sections: tuple[Section, ...] = ()
    topics: tuple[Topic, ...] | None = None
    """None when the page shows no topic list (see `absences`); never ()."""
    journal: str | None = None
    source: Source | None = None
    published: PartialDate | None = None
    """The article's own date where the page states one (structured data, `<time>`); cards are not counted."""
    description: str | None = None
    """From structured data."""
    cards: tuple[Card, ...] = ()
    boilerplate: tuple[Passage, ...] = ()
    unplaced: tuple[str, ...] = ()
    """Text of the article's area that no part claims (after its last part, without a heading)."""
    links: tuple[PageLink, ...] = ()
    absences: tuple[Absence, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    takes: tuple[tuple[int, str], ...] = ()
    """For each block index what the reader took it for (`title`, `section:findings`, `card 2: date`, …)."""
    obstacle: Obstacle | None = None
    """What stands in the page's place, for `other` and `unreadable`; None when it may be the page."""
    reader_version: str = READER_VERSION
    blocks: tuple[Block, ...] = field(default=(), repr=False, compare=False)
    """The blocks it was read from, for `inspect`; not part of the record."""
