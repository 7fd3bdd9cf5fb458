"""What a start tag says of its element: how it is shown, and what the text in it inherits from it.

End tags and comments stand between start tags (`tree.Document`), and have an answer of their own kind.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from spiders.reading.remembered import Remembered
from spiders.reading.tree import unescaped
from spiders.reading.words import word_set

_BLOCK_TAGS = word_set(
    "address article aside blockquote body button caption center dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav "
    "noscript ol optgroup option p pre search section select slot summary table tbody td template textarea "
    "tfoot th thead tr ul"
)
_SPECIAL_TAGS = word_set(
    "br img amp-img script style title meta link base svg iframe object embed canvas video audio math "
    "datalist"
)
_BLOCK_ROLES = frozenset(("heading", "listitem", "tabpanel", "tab", "button"))
_STRONG_TAGS = word_set("b strong h1 h2 h3 h4 h5 h6 dt th summary")
_HEADING_LEVELS = {f"h{level}": level for level in range(1, 7)}
_LEVELS = {str(level): level for level in range(1, 7)}
_CHROME_TAGS = frozenset(("nav", "dialog", "aside"))
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

MOST = 5_000
_LONGEST = 400
"""Characters of a start tag that is remembered; a megabyte or two for all of them."""


class Kind(Enum):
    """What reading does with an element."""

    READ = auto()
    """Reads what is in it."""
    BREAK = auto()
    PICTURE = auto()
    MENU = auto()
    """Leaves it out, unless there are tabs in it."""
    NOTHING = auto()
    """Leaves it out, with all that is in it."""
    COMMENT = auto()
    """It is no element."""
    END = auto()
    """It is an end tag."""


READ, BREAK, PICTURE, MENU = Kind.READ, Kind.BREAK, Kind.PICTURE, Kind.MENU
NOTHING, COMMENT, END = Kind.NOTHING, Kind.COMMENT, Kind.END


@dataclass(frozen=True, slots=True, eq=False)
class StartTag:
    """What one start tag says."""

    kind: Kind
    look: str
    """What the element looks like, as far as its own markup says: tag, classes, style."""
    tag: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    is_empty: bool = False
    """There is nothing in its element, and no end tag."""
    is_cut: bool = False
    """What was in its element is not here (`Document.menus`)."""
    is_noted: bool = False
    """It stands for itself: a link that leads somewhere, metadata, a script."""
    name: str = ""
    """`id`; "" without one."""
    is_block: bool = False
    is_custom: bool = False
    """No block by itself, but a custom element, whose display is unknown."""
    is_icon: bool = False
    """Unless it is a block, its text is the name of a drawing."""
    changes: bool = False
    """Whether any of what follows differs from its default, or it is noted."""
    hidden: bool = False
    chrome: bool = False
    chrome_as_block: bool = False
    """In the page's frame if it is a block."""
    chrome_outside_article: bool = False
    is_form: bool = False
    """In the page's frame unless it is wrapped around an article."""
    article: bool = False
    strong: bool = False
    item: bool | None = None
    """A list item, or in no list; None: as the element around it."""
    level: int | None = None
    """Of a heading; None: as the element around it."""
    href: str | None = None
    """Where it leads; None: as the element around it."""
    is_summary: bool = False
    folds: bool = False
    """Hides what is in it, but for its summary."""
    datetime: str | None = None
    """Of a `<time>`."""
    controls: str | None = None
    """`aria-controls`; None without one."""
    labelled_by: str | None = None
    """`aria-labelledby`; None without one."""


def known_tags() -> int:
    """How many start tags are remembered: at most `MOST`."""
    return len(known)


def forget() -> None:
    """Forget what was remembered: a test's way to show that it makes no difference."""
    known.clear()


def _said(written: str) -> StartTag:
    if written[0] == "/":
        return StartTag(END, "")
    if written.startswith("!--"):
        return StartTag(COMMENT, "")
    is_empty = written[-1] == "/"
    tag = written.rstrip("/").partition(" ")[0]
    attributes = {name: unescaped(value) for name, value in _ATTRIBUTE.findall(written, len(tag))}
    itself: dict[str, Any] = {
        "tag": tag,
        "attributes": attributes,
        "is_empty": is_empty,
        "is_cut": written.endswith("//"),
        "is_noted": tag in _NOTED_TAGS or (tag in _LINKS and bool(attributes.get("href"))),
    }
    if tag in _SPECIAL_TAGS or (tag == "template" and "shadowrootmode" not in attributes):
        return StartTag(_SPECIAL_KINDS.get(tag, NOTHING), tag, **itself)
    said = _shown(tag, attributes) | _inherited(tag, attributes)
    plain = StartTag(READ, "")
    changes = itself["is_noted"] or any(
        said[name] != getattr(plain, name) for name in said if name not in _FOR_ITSELF
    )
    kind = MENU if tag == "nav" else READ
    return StartTag(
        kind, _look(tag, attributes), name=attributes.get("id", ""), changes=changes, **itself, **said
    )


_ATTRIBUTE = re.compile(r' (=?[^=]*)="([^"]*)"')
_NOTED_TAGS = frozenset(("link", "meta", "script", "base"))
_LINKS = frozenset(("a", "area"))
_SPECIAL_KINDS = {"br": BREAK, "img": PICTURE, "amp-img": PICTURE}
_FOR_ITSELF = ("is_block", "is_custom", "is_icon", "is_summary", "folds", "labelled_by")


def _shown(tag: str, attributes: Mapping[str, str]) -> dict[str, Any]:
    """Whether it is a block, an icon, hidden, by its tag, classes, style and role."""
    classes = attributes.get("class", "")
    words, style, role = classes.split(), attributes.get("style", ""), attributes.get("role")
    is_block = (
        tag in _BLOCK_TAGS
        or not _BLOCK_CLASSES.isdisjoint(words)
        or _BLOCK_STYLE.search(style) is not None
        or role in _BLOCK_ROLES
    )
    return {
        "is_block": is_block,
        "is_custom": not is_block and "-" in tag,
        "is_icon": _ICON_CLASS.search(classes) is not None,
        "hidden": (
            tag == "noscript"
            or not _HIDDEN_CLASSES.isdisjoint(words)
            or "hidden" in attributes
            or attributes.get("aria-hidden") == "true"
            or _HIDDEN_STYLE.search(style) is not None
        ),
        "chrome": role in _CHROME_ROLES or tag in _CHROME_TAGS,
        "chrome_as_block": not _CHROME_CLASSES.isdisjoint(words),
        "chrome_outside_article": tag in _CHROME_OUTSIDE_ARTICLE,
    }


def _inherited(tag: str, attributes: Mapping[str, str]) -> dict[str, Any]:
    """What it is in a text, by its tag, role and other attributes."""
    role = attributes.get("role")
    level = _LEVELS.get(attributes.get("aria-level", "2"), 2) if role == "heading" else None
    return {
        "is_form": tag == "form",
        "article": tag in ("main", "article") or role in ("main", "article"),
        "strong": tag in _STRONG_TAGS,
        "item": {"li": True, "dd": False}.get(tag),
        "level": _HEADING_LEVELS.get(tag, level),
        "href": attributes.get("href") or None if tag == "a" else None,
        "is_summary": tag == "summary",
        "folds": tag == "details" and "open" not in attributes,
        "datetime": attributes.get("datetime") or None if tag == "time" else None,
        "controls": attributes.get("aria-controls"),
        "labelled_by": attributes.get("aria-labelledby"),
    }


def _look(tag: str, attributes: Mapping[str, str]) -> str:
    look = f"{tag}.{attributes['class']}" if "class" in attributes else tag
    return f"{look}[{attributes['style']}]" if "style" in attributes else look


# The same boxes, menus and cards stand on every page of a site.
known = Remembered[str, StartTag](_said, MOST, _LONGEST, len)
"""What a start tag says, by the tag as it is written; an end tag and a comment say of which kind they are."""
