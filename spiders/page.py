"""What a spider yields: a page, that is what was fetched and what was read from it; or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from spiders.reading.model import Obstacle, Reading

FoundVia = Literal["seed", "robots", "sitemap", "listing", "card", "link", "redirect", "canonical", "import"]
UrlKind = Literal["robots", "sitemap", "listing", "article", "page"]

READER_FAILED = "the reader failed on it (a bug)"
"""A page's note when our reader raised: its capture is kept, and the run says so."""


class Found(NamedTuple):  # a page tells of a hundred, each looked up by what it says: hashed in C
    """An address that a page told us about."""

    url: str
    """Absolute, canonical (`spiders.reading.addresses.canonical`)."""
    via: FoundVia
    kind: UrlKind
    lastmod: str | None = None
    """As written in the sitemap; None elsewhere."""
    refused: str | None = None
    """Why it must not be fetched (`off-site`, `address too long`, …); None when it may."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, byte for byte as they crossed the wire."""

    url: str
    """The address asked, spelled as it was asked."""
    request: bytes
    """Request line, headers and body as sent; empty when it was not kept."""
    response: bytes
    """From the status line to the end, without interim 1xx answers; chunk framing and content coding
    as sent."""
    started_at: str
    """When the request went out (UTC, `2026-11-23T06:48:27.123Z`)."""
    status: int | None
    """HTTP status; None when the head did not come whole, and there is no answer to speak of."""
    headers: tuple[tuple[str, str], ...]
    """Names and values as sent, in their order, duplicates and all."""
    entity: bytes
    """The body with chunk framing and content coding undone, as far as it came."""
    problem: str | None = None
    """Why the entity is not whole, in one line; None when it is."""
    ip_address: str | None = None
    """The server's; None when unknown."""
    truncated: Literal["length", "time", "disconnect", "unspecified"] | None = None
    """Why the message is not whole (WARC 1.1 section 5.13); None when it is."""
    record_id: str | None = None
    """WARC-Record-ID, without angle brackets, of the record it was imported from; None for a crawl's."""
    rebuilt: str | None = None
    """Why `response` is not what came over the wire, in one line; None when it is."""
    packed: bytes | None = None
    """`response` as the archive compresses it, made by whoever read the page; None when nobody has."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """One answer, or one saved file, as it came."""

    url: str | None
    """Canonical address asked for; None for a file whose address can't be told."""
    fetched_at: str
    """UTC, `2026-11-23T06:48:27.123Z`. For a file the time it was imported."""
    status: int | None
    """HTTP status; None for a file."""
    headers: tuple[tuple[str, str], ...]
    body: bytes
    """The entity after content decoding, for a file its bytes."""
    origin: Literal["crawl", "import"]
    truncated: str | None = None
    """Why the body is not whole (`length`, `disconnect`); None when it is."""
    ip_address: str | None = None
    file_name: str | None = None
    """For a file its base name; None for an answer."""
    exchange: Exchange | None = None
    """The messages themselves; None for a file, and for a document that a browser made of an answer."""
    record_id: str | None = None
    """WARC-Record-ID, without angle brackets, that what has no exchange was imported with; else None."""


@dataclass(frozen=True, slots=True)
class Page:
    """What one fetch came to. Exactly one per answer, whatever the answer was."""

    fetched: Fetched
    kind: UrlKind
    """What the address was taken for when it was asked."""
    reading: Reading | None
    """None when there is nothing to read: robots.txt, sitemaps, redirects, errors."""
    found: tuple[Found, ...] = ()
    redirect: str | None = None
    """Canonical target of a 3xx answer."""
    failure: str | None = None
    """Why the answer is none (5xx, 429, a broken body): worth another try. None when it is one."""
    gone: bool = False
    """404 or 410: an answer, not a failure."""
    unchanged: bool = False
    """304, as it was asked for: the page is what it was at the answer before."""
    obstacle: Obstacle | None = None
    """What stands in the place of the page that was asked for (a login wall, a bot challenge, …); None when
    that can't be said. With a `failure` the answer was none to begin with."""
    note: str | None = None
    """One line about what it came to, for the log and the URL's reason."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A request that brought no answer at all: what a spider yields in place of a `Page`."""

    url: str
    """Canonical address asked for."""
    kind: UrlKind
    reason: str
    """One line: `connection refused`, `timed out`, `robots.txt`, …"""
    refused: bool = False
    """We chose not to ask (robots.txt); no failure, and not worth another try."""
    temporary: bool = True
    """Worth another try in this crawl."""
    stale_connection: bool = False
    """A kept-alive connection had been closed by the other side before it was asked: worth asking at once."""
    no_connection: bool = False
    """There was no connection to the host at all (refused, no such name, no route)."""
