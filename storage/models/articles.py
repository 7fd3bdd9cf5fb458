"""Tables of what articles say: articles, their revisions, sections, topics, journals, and why a value is as
it is."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped

from storage.models.base import (
    STRICT,
    STRICT_WITHOUT_ROWID,
    Base,
    as_blob,
    as_integer,
    as_real,
    as_text,
    is_flag,
    is_partial_date,
    is_rating,
    is_sha256,
    is_utc,
)

_CURRENT, _SUPERSEDED = sql("is_current = 1"), sql("is_current = 0")


class Article(Base):
    """One article of a site, whatever its address or title at the time."""

    __tablename__ = "article"
    id: Mapped[int] = as_integer("Internal number.", primary_key=True)
    site: Mapped[str] = as_text("Name of the site profile.", nullable=False)
    identity: Mapped[str] = as_text(
        "What identifies it: id (the site's id), url (an address without an id) or body (its text alone).",
        nullable=False,
    )
    identity_key: Mapped[str] = as_text(
        "The identifying id, address or digest; its case counts.", nullable=False
    )
    key: Mapped[str] = as_text(
        "What this program calls it: the site's id, or body:… or url:… where there is none.", nullable=False
    )
    article_id: Mapped[str | None] = as_text(
        "The site's case-sensitive id; NULL when no capture could tell it."
    )
    url: Mapped[str | None] = as_text("Its address as last seen; NULL when unknown.")
    first_seen_at: Mapped[str] = as_text("When the earliest capture of it was made (UTC).", nullable=False)
    last_seen_at: Mapped[str] = as_text("When the latest capture of it was made (UTC).", nullable=False)
    gone_since: Mapped[str | None] = as_text(
        "Since when its addresses answer 404 or 410 (UTC); NULL while it is there."
    )
    published_raw: Mapped[str | None] = as_text("Its date as printed; NULL when nothing dates it.")
    published_iso: Mapped[str | None] = as_text("The same as an ISO date, only as precise as printed.")
    published_precision: Mapped[str | None] = as_text("day, month or year; NULL when the date is no date.")
    published_source: Mapped[str | None] = as_text(
        "What dates it: card (a card or listing that points to it) or the rule that found the page's own "
        "date."
    )
    teaser: Mapped[str | None] = as_text("Teaser on the cards that point to it, as last seen; NULL without.")
    __table_args__ = (
        UniqueConstraint("site", "identity", "identity_key"),
        UniqueConstraint("key", "site"),
        CheckConstraint(
            "(identity = 'id' AND article_id IS NOT NULL AND article_id = identity_key AND key = article_id) "
            "OR (identity = 'url' AND article_id IS NULL AND url IS NOT NULL AND key LIKE 'url:%') "
            "OR (identity = 'body' AND article_id IS NULL AND url IS NULL AND key LIKE 'body:%')",
            name="identity",
        ),
        CheckConstraint("identity_key <> ''", name="identity_key"),
        CheckConstraint("(published_raw IS NULL) = (published_source IS NULL)", name="published_source"),
        CheckConstraint("first_seen_at <= last_seen_at", name="seen"),
        is_partial_date("published"),
        *is_utc("first_seen_at", "last_seen_at", "gone_since"),
        Index("ix_article_newest", "published_iso", "key", "site"),  # by date, in a total order
        STRICT,
    )


class Journal(Base):
    """A journal's name as printed."""

    __tablename__ = "journal"
    id: Mapped[int] = as_integer("Internal number.", primary_key=True)
    name: Mapped[str] = as_text("As printed.", nullable=False, unique=True)
    normal: Mapped[str] = as_text("Form that groups spellings of one journal.", nullable=False)
    __table_args__ = (
        CheckConstraint("name <> ''", name="name"),
        Index("ix_journal_normal", "normal"),
        STRICT,
    )


class Revision(Base):
    """An article's own content at a time. Cards, boilerplate and white space make no new one."""

    __tablename__ = "revision"
    id: Mapped[int] = as_integer("Internal number.", primary_key=True)
    article_key: Mapped[int] = as_integer("The article.", ForeignKey("article.id"), nullable=False)
    number: Mapped[int] = as_integer("1 for the earliest, counting up.", nullable=False)
    is_current: Mapped[int] = as_integer("1 for the article's latest content, else 0.", nullable=False)
    first_seen_at: Mapped[str] = as_text("When the earliest capture of it was made (UTC).", nullable=False)
    last_seen_at: Mapped[str] = as_text("When the latest capture of it was made (UTC).", nullable=False)
    content_digest: Mapped[str] = as_text("SHA-256 (hex) over field_digests.", nullable=False)
    field_digests: Mapped[str] = as_text(
        "Digest of each content field as a JSON object; null for a field that no capture of it could show.",
        nullable=False,
    )
    frame_digest: Mapped[str] = as_text(
        "SHA-256 (hex) of what is kept but is no content: unplaced text, boilerplate, reading time.",
        nullable=False,
    )
    body_digest: Mapped[str] = as_text(
        "SHA-256 (hex) of takeaway and standard sections in comparison form.", nullable=False
    )
    title: Mapped[str | None] = as_text("As printed; NULL when absent (see absence).")
    takeaway: Mapped[str | None] = as_text("Key takeaway as printed; NULL when absent.")
    credibility: Mapped[float | None] = as_real("Credibility rating; NULL when absent.")
    credibility_scale: Mapped[float | None] = as_real("Best value that credibility can take.")
    credibility_raw: Mapped[str | None] = as_text("Credibility as found on the page.")
    interest: Mapped[float | None] = as_real("Interest rating; NULL when absent.")
    interest_scale: Mapped[float | None] = as_real("Best value that interest can take.")
    interest_raw: Mapped[str | None] = as_text("Interest as found on the page.")
    reading_minutes: Mapped[int | None] = as_integer("Reading time as printed, in minutes; NULL when absent.")
    journal_id: Mapped[int | None] = as_integer(
        "Journal named on the page; NULL when absent.", ForeignKey("journal.id")
    )
    has_topics: Mapped[int] = as_integer("1 when the page shows a topic list, else 0.", nullable=False)
    source_title: Mapped[str | None] = as_text("Title of the original paper as printed.")
    source_authors: Mapped[str | None] = as_text("Authors of the original paper as printed, as a JSON list.")
    source_journal: Mapped[str | None] = as_text("Journal of the original paper as printed.")
    source_published_raw: Mapped[str | None] = as_text("Date of the original paper as printed.")
    source_published_iso: Mapped[str | None] = as_text("The same as an ISO date, only as precise as printed.")
    source_published_precision: Mapped[str | None] = as_text(
        "day, month or year; NULL when the date is no date."
    )
    source_doi: Mapped[str | None] = as_text("DOI of the original paper, bare and in lower case.")
    source_pmid: Mapped[str | None] = as_text("PubMed id of the original paper, digits only.")
    source_url: Mapped[str | None] = as_text("Link to the original paper.")
    description: Mapped[str | None] = as_text("The page's own description (structured data); NULL without.")
    reader_version: Mapped[str | None] = as_text("Version of the reader that read it; NULL when unknown.")
    __table_args__ = (
        UniqueConstraint("article_key", "number"),
        CheckConstraint("number >= 1", name="number"),
        is_flag("is_current"),
        is_flag("has_topics"),
        is_sha256("content_digest"),
        is_sha256("frame_digest"),
        CheckConstraint("first_seen_at <= last_seen_at", name="seen"),
        CheckConstraint("reading_minutes >= 0", name="reading_minutes"),
        CheckConstraint("title <> ''", name="title"),
        CheckConstraint("takeaway <> ''", name="takeaway"),
        is_rating("credibility"),
        is_rating("interest"),
        is_partial_date("source_published"),
        *is_utc("first_seen_at", "last_seen_at"),
        Index(
            "ux_revision_current",
            "article_key",
            unique=True,
            sqlite_where=_CURRENT,
            postgresql_where=_CURRENT,
        ),
        Index("ix_revision_body", "body_digest"),
        Index("ix_revision_superseded", "id", sqlite_where=_SUPERSEDED, postgresql_where=_SUPERSEDED),
        *(
            Index(f"ix_revision_{name}", column, sqlite_where=_CURRENT, postgresql_where=_CURRENT)
            for name, column in (
                ("journal", "journal_id"),
                ("credibility", "credibility"),
                ("interest", "interest"),
            )
        ),
        STRICT,
    )


class Passage(Base):
    """A paragraph as printed, stored once however many revisions carry it."""

    __tablename__ = "passage"
    id: Mapped[int] = as_integer("Internal number.", primary_key=True)
    sha256: Mapped[bytes] = as_blob("SHA-256 (32 bytes) of the text in UTF-8.", nullable=False, unique=True)
    text: Mapped[str] = as_text("As printed.", nullable=False)
    __table_args__ = (CheckConstraint("length(sha256) = 32", name="sha256"), STRICT)


class Section(Base):
    """A part of a revision with text of its own."""

    __tablename__ = "section"
    revision_id: Mapped[int] = as_integer("The revision.", ForeignKey("revision.id"), primary_key=True)
    position: Mapped[int] = as_integer("Order on the page, from 1.", primary_key=True)
    kind: Mapped[str] = as_text(
        "The profile's key for a known heading, other for an unknown one, lead for text before any, "
        "unplaced for text that no part claims.",
        nullable=False,
    )
    heading: Mapped[str | None] = as_text("As printed; NULL when there is none, or no capture could show it.")
    __table_args__ = (
        CheckConstraint("position >= 1 AND kind <> ''", name="filled"),
        CheckConstraint("kind <> 'unplaced' OR heading IS NULL", name="unplaced_has_no_heading"),
        STRICT_WITHOUT_ROWID,
    )


class SectionParagraph(Base):
    """A paragraph of a section, in order. Boilerplate is not among them."""

    __tablename__ = "section_paragraph"
    revision_id: Mapped[int] = as_integer("The revision.", primary_key=True)
    section_position: Mapped[int] = as_integer("The section.", primary_key=True)
    position: Mapped[int] = as_integer(
        "Order within the section, from 1; numbers are left out where boilerplate stands.", primary_key=True
    )
    passage_id: Mapped[int] = as_integer("Its text.", ForeignKey("passage.id"), nullable=False)
    list_item: Mapped[int] = as_integer("1 for an item of a list, else 0.", nullable=False)
    __table_args__ = (
        ForeignKeyConstraint(
            ["revision_id", "section_position"], ["section.revision_id", "section.position"]
        ),
        CheckConstraint("position >= 1", name="position"),
        is_flag("list_item"),
        Index("ix_section_paragraph_passage", "passage_id"),
        STRICT_WITHOUT_ROWID,
    )


class TopicName(Base):
    """A topic as printed, with the form that groups its spellings."""

    __tablename__ = "topic"
    id: Mapped[int] = as_integer("Internal number.", primary_key=True)
    text: Mapped[str] = as_text("As printed.", nullable=False, unique=True)
    normal: Mapped[str] = as_text("Form that groups spellings of one topic.", nullable=False)
    __table_args__ = (CheckConstraint("text <> ''", name="text"), Index("ix_topic_normal", "normal"), STRICT)


class RevisionTopic(Base):
    """A topic of a revision, in the order printed."""

    __tablename__ = "revision_topic"
    revision_id: Mapped[int] = as_integer("The revision.", ForeignKey("revision.id"), primary_key=True)
    position: Mapped[int] = as_integer("Order on the page, from 1.", primary_key=True)
    topic_id: Mapped[int] = as_integer("The topic.", ForeignKey("topic.id"), nullable=False)
    uncertain: Mapped[int] = as_integer(
        "1 when it may be several topics whose borders no capture shows, else 0.", nullable=False
    )
    __table_args__ = (
        is_flag("uncertain"),
        CheckConstraint("position >= 1", name="position"),
        Index("ix_revision_topic_topic", "topic_id"),
        STRICT_WITHOUT_ROWID,
    )


class AbsenceRow(Base):
    """A field of a revision without a value, and why."""

    __tablename__ = "absence"
    revision_id: Mapped[int] = as_integer("The revision.", ForeignKey("revision.id"), primary_key=True)
    field: Mapped[str] = as_text("The field.", primary_key=True)
    reason: Mapped[str] = as_text("Why it has no value.", nullable=False)
    detail: Mapped[str] = as_text("More about it; empty when there is nothing to add.", nullable=False)
    capture_id: Mapped[int] = as_integer("Capture that says so.", ForeignKey("capture.id"), nullable=False)
    __table_args__ = (
        CheckConstraint("field <> '' AND reason <> ''", name="filled"),
        STRICT_WITHOUT_ROWID,
    )


class EvidenceRow(Base):
    """Where on which capture a revision's value was found, and by what rule."""

    __tablename__ = "evidence"
    revision_id: Mapped[int] = as_integer("The revision.", ForeignKey("revision.id"), primary_key=True)
    position: Mapped[int] = as_integer("Order of the claims, from 1.", primary_key=True)
    field: Mapped[str] = as_text("The field.", nullable=False)
    value: Mapped[str | None] = as_text(
        "The value as found; NULL when it is the long text kept in the field itself."
    )
    rule: Mapped[str] = as_text("The rule that took it.", nullable=False)
    block: Mapped[int | None] = as_integer(
        "Number of the block on the page; NULL when it was in structured data."
    )
    location: Mapped[str] = as_text("Element path, line or JSON path in the page.", nullable=False)
    won: Mapped[int] = as_integer("0 when another source took precedence, else 1.", nullable=False)
    capture_id: Mapped[int] = as_integer("The capture.", ForeignKey("capture.id"), nullable=False)
    reader_version: Mapped[str | None] = as_text("Version of the reader; NULL when unknown.")
    __table_args__ = (is_flag("won"), STRICT_WITHOUT_ROWID)
