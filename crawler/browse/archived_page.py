"""What came from the site, made fit to be looked at: as HTML in a sandbox, or as plain text.

The policy that goes with it (`security.ARCHIVED_POLICY`) keeps scripts from running and everything from being
fetched, but for two things that no policy governs in today's browsers: `<link rel="preconnect">` opens a
connection all the same, and so does one inside a frame's `srcdoc`. These two elements are given names that do
nothing and that a parser treats alike (HTML Standard, 13.2.6.4.4 "in head" and 13.2.6.4.7 "in body").
"""

from __future__ import annotations

import re
from enum import Enum

from spiders.reading.decoding import decode, looks_like_html

_HTML = frozenset({"text/html", "application/xhtml+xml"})
_TEXT = re.compile(r"text/.*|application/(?:.*\+)?(?:xml|json)|application/javascript")
_LINK = re.compile(r"<link(?=[\s/>])", re.I)
_FRAME = re.compile(r"<(/?)iframe(?=[\s/>])", re.I)


class Kind(Enum):
    """How a body can be shown."""

    HTML = "html"
    TEXT = "text"
    BYTES = "bytes"
    """Not at all."""


def kind_of(body: bytes, media_type: str | None) -> Kind:
    """How a body of that media type (None: unknown) can be shown. What is taken for HTML is what says so, or
    has no type and looks like it."""
    named = (media_type or "").partition(";")[0].strip().lower()
    if named in _HTML or (not named and looks_like_html(body)):
        return Kind.HTML
    if _TEXT.fullmatch(named) or (not named and b"\0" not in body):
        return Kind.TEXT
    return Kind.BYTES


def shown(body: bytes, media_type: str | None, content_type: str | None, kind: Kind) -> bytes:
    """The body in UTF-8, decoded as the reader did it; HTML with nothing in it that opens a connection."""
    text = decode(body, content_type or media_type)
    if kind is Kind.HTML:
        text = _FRAME.sub(r"<\1noembed", _LINK.sub("<bgsound", text))
    return text.encode("utf-8", "replace")
