"""What the writer takes: plain frozen records, built by `pipelines/`, with everything for one transaction.

Times are UTC text (`2026-11-23T06:48:27.123Z`), dates ISO text as precise as known, None is "absent" and has
a row in `absences`. Nothing here knows Scrapy or the reader.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

UrlKind = Literal["robots", "sitemap", "listing", "article", "page"]

UrlState = Literal["waiting", "stored", "redirected", "alias", "gone", "failed", "refused"]
"""A URL is in exactly one: `waiting` (not fetched yet), `stored` (its page is in the archive), `redirected`
(answers with another address), `alias` (its page names another address as canonical), `gone` (404, 410),
`failed` (no usable answer after the retries), `refused` (must not be fetched: robots.txt, off-site, …)."""


@dataclass(frozen=True, slots=True)
class FoundRecord:
    """An address that a page told us about."""

    url: str
    kind: Literal["robots", "sitemap", "listing", "article", "page"]
    via: Literal["seed", "robots", "sitemap", "listing", "card", "link", "redirect", "canonical", "import"]
    article_id: str | None = None
    lastmod: str | None = None
    refused: str | None = None
    """Reason it must not be fetched; None when it may."""


@dataclass(frozen=True, slots=True)
class ExchangeRecord:
    """One request and its answer, byte for byte."""

    url: str
    """The address asked, as it was asked: what the archive knows it as may be spelled otherwise."""
    request: bytes | None
    """As sent; None when it was not kept (imports)."""
    response: bytes
    """Status line, headers and body as they came, chunk framing and content coding included."""
    record_id: str | None = None
    """WARC-Record-ID, without angle brackets, that an imported record had; None for a new one."""
    rebuilt: str | None = None
    """Why `response` is not what came over the wire, in one line; None when it is."""
    packed: bytes | None = None
    """`response` compressed beforehand (`storage.warc.records.packed_block`); None when nobody has yet."""


@dataclass(frozen=True, slots=True)
class CaptureRecord:
    """One fetch or imported file. A body is kept once, however many captures have it."""

    url: str | None
    captured_at: str
    status: int | None
    headers: tuple[tuple[str, str], ...]
    body: bytes
    origin: Literal["crawl", "import"]
    kind: str
    """What reading it gave: summary, listing, other, unreadable, robots, sitemap, redirect, gone, error; or
    `unchanged` for a 304, which is as the capture before it."""
    reason: str | None
    """Why it is not a summary; None for one."""
    media_type: str | None
    etag: str | None
    last_modified: str | None
    truncated: str | None = None
    ip_address: str | None = None
    file_name: str | None = None
    reader_version: str | None = None
    profile_digest: str | None = None
    """SHA-256 (hex) of the profile that it was read with; None when it was not read."""
    exchange: ExchangeRecord | None = None
    """What came over the wire; None for a file, and for a page as a browser rendered it."""
    record_id: str | None = None
    """WARC-Record-ID, without angle brackets, that what has no exchange was imported with; else None."""

    @property
    def unchanged(self) -> bool:
        """Whether it is a 304: the body is that of the capture before it."""
        return self.kind == "unchanged"


@dataclass(frozen=True, slots=True)
class DateRecord:
    """A calendar date, only as precise as printed."""

    raw: str
    iso: str | None
    precision: Literal["day", "month", "year"] | None


@dataclass(frozen=True, slots=True)
class RatingRecord:
    """A rating on its scale."""

    value: float
    scale: float
    raw: str


@dataclass(frozen=True, slots=True)
class SectionRecord:
    """A part of the article with text of its own."""

    kind: str
    heading: str | None
    paragraphs: tuple[str, ...]
    list_items: tuple[bool, ...] = ()


@dataclass(frozen=True, slots=True)
class TopicRecord:
    """A topic of the article's list."""

    text: str
    normal: str
    """Grouping form (`pipelines.normalise.normal_topic`)."""
    uncertain: bool = False


@dataclass(frozen=True, slots=True)
class JournalRecord:
    """The journal that the page names."""

    name: str
    normal: str


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """The original paper, every field as printed or None."""

    title: str | None = None
    authors: tuple[str, ...] = ()
    journal: str | None = None
    published: DateRecord | None = None
    doi: str | None = None
    pmid: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class CardRecord:
    """A card on the page, pointing to an article."""

    position: int
    title: str | None
    url: str | None
    article_id: str | None
    date: DateRecord | None
    teaser: str | None
    image: str | None


@dataclass(frozen=True, slots=True)
class PassageRecord:
    """A boilerplate passage found by the profile's anchors."""

    text: str
    template: str
    slots: tuple[tuple[str, str], ...] = ()
    heading: str | None = None


@dataclass(frozen=True, slots=True)
class AbsenceRecord:
    """A field without a value, and why."""

    field: str
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class EvidenceRecord:
    """Where on the page a value was found, and by what rule."""

    field: str
    value: str
    rule: str
    block: int | None
    where: str
    won: bool


PAGE = "page"
"""The field that stands for a page being read as an article at all."""
CANNOT_SHOW = "this kind of capture cannot show it"
CUT_OFF = "the capture is cut off before it"
"""Absence reasons that say nothing about the article: such a field is unknown, not empty."""


@dataclass(frozen=True, slots=True)
class ArticleRecord:
    """An article as one capture shows it. A field is absent exactly when `absences` names it."""

    article_id: str | None
    """The site's case-sensitive id; None when the capture can't tell (kept under an identity of its own)."""
    url: str | None
    """Canonical address; None when unknown."""
    title: str | None
    takeaway: str | None
    credibility: RatingRecord | None
    interest: RatingRecord | None
    reading_minutes: int | None
    sections: tuple[SectionRecord, ...]
    topics: tuple[TopicRecord, ...] | None
    journal: JournalRecord | None
    source: SourceRecord | None
    published: DateRecord | None
    published_rule: str | None
    """The rule that gave `published` (`json-ld`, `time`, …); None with it."""
    description: str | None
    boilerplate: tuple[PassageRecord, ...]
    unplaced: tuple[str, ...]
    absences: tuple[AbsenceRecord, ...]
    evidence: tuple[EvidenceRecord, ...]
    body_digest: str
    """SHA-256 (hex) of takeaway and standard sections in comparison form: joins a capture without an address
    to its article (`pipelines.normalise.body_digest`)."""


@dataclass(frozen=True, slots=True)
class FieldsRecord:
    """What a page's reading had, by field, to be compared with what the page had before."""

    layout: str
    """What tells its template from others: form, kind, the elements of title and headings."""
    shown: tuple[str, ...]
    """Fields that were read, in alphabetical order (`title`, `sections.findings`, `cards.date`, …)."""
    lacking: tuple[str, ...]
    """Fields that are not on the page or unreadable; what the capture can't show is in neither."""


@dataclass(frozen=True, slots=True)
class UrlOutcome:
    """What became of the address that was asked."""

    state: UrlState
    reason: str
    target: str | None = None
    """For `redirected` and `alias` the canonical address it leads to."""
    retry_at: str | None = None
    """For a failure worth another try in this crawl: when, at the earliest (UTC). Its state is then `waiting`
    (never stored before) or stays what it was."""
    not_before: str | None = None
    """For a failure: until when the site asked to be left alone (UTC), for longer than this crawl waits. The
    address stays due then, and no crawl asks before. None: it did not."""


@dataclass(frozen=True, slots=True)
class PageRecord:
    """Everything that is written in one transaction for one page."""

    capture: CaptureRecord
    outcome: UrlOutcome | None
    """None for an import that has no address."""
    url_kind: Literal["robots", "sitemap", "listing", "article", "page"]
    article: ArticleRecord | None = None
    cards: tuple[CardRecord, ...] = ()
    found: tuple[FoundRecord, ...] = ()
    article_id: str | None = None
    """The article id in the address asked, whatever it answers; None without."""
    obstacle: str | None = None
    """What was answered in the page's place, for counting: `soft_404`, `login`, `challenge`, `consent`,
    `maintenance`, `shell`; None otherwise."""
    fields: FieldsRecord | None = None
    """What its reading had; None when nothing was read."""
