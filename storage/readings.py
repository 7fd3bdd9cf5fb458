"""What reading a capture gave, and its digest: readings of one digest leave the same behind them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Literal

from storage.record_json import encode, shape
from storage.records import ArticleRecord, CardRecord, FieldsRecord, FoundRecord, PageRecord, UrlOutcome

READ_KINDS = ("summary", "listing", "other", "unreadable")
"""Kinds of captures that the reader has looked at."""

STORED_AS = 1
"""To be raised when a reading that is the same comes to something else in the archive than before."""


@dataclass(frozen=True, slots=True)
class Capture:
    """A capture that is to be read again."""

    id: int
    sha256: str
    """Of its entity (hex)."""
    digest: str | None
    """Of the reading that is stored; None when unknown."""


@dataclass(frozen=True, slots=True)
class NewReading:
    """What reading a capture gave: everything that is stored of it."""

    kind: str
    reason: str | None
    """Why it is no summary; None for one."""
    url: str | None
    """The address it is known by; None for a file whose address can't be told."""
    url_kind: Literal["robots", "sitemap", "listing", "article", "page"]
    outcome: UrlOutcome | None
    """What it would make of its address; None without one."""
    article: ArticleRecord | None
    cards: tuple[CardRecord, ...]
    found: tuple[FoundRecord, ...]
    fields: FieldsRecord | None = None
    """What it had, by field; None for what was not read, or did not come whole."""


def reading_of(record: PageRecord) -> NewReading:
    """The reading in what is to be written for a page."""
    capture, outcome = record.capture, record.outcome
    if outcome is not None and outcome.retry_at is not None:
        outcome = replace(outcome, retry_at=None)  # the crawl's, not the page's
    return NewReading(
        capture.kind, capture.reason, capture.url, record.url_kind, outcome, record.article,
        record.cards, record.found, record.fields,
    )  # fmt: skip


def digest_of(data: bytes) -> str:
    """The digest (SHA-256, hex) of an encoded reading. It covers how readings are stored, too."""
    return hashlib.sha256(f"{STORED_AS} {shape(NewReading)} ".encode() + data).hexdigest()


def reading_digest(record: PageRecord) -> str | None:
    """The digest of a page's reading; None for what is not read. Raises `UnicodeEncodeError` when half a
    surrogate pair is in it."""
    return digest_of(encode(reading_of(record))) if record.capture.kind in READ_KINDS else None
