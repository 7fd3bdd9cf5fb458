"""Tables of the crawl: runs, addresses and who told them, captures and the WARC files they are in."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped

from storage.models.base import (
    STRICT,
    STRICT_WITHOUT_ROWID,
    Base,
    as_integer,
    as_text,
    is_flag,
    is_sha256,
    is_utc,
    one_of,
)

URL_STATES = ("waiting", "stored", "redirected", "alias", "gone", "failed", "refused")
URL_KINDS = ("robots", "sitemap", "listing", "article", "page")
"""In the order in which a crawl asks for them: `url.priority` is the position in this tuple."""
RUN_KINDS = ("crawl", "import", "demo", "reread")
RUN_OUTCOMES = (
    "complete", "incomplete", "stopped", "limit", "failed", "blocked", "changed", "skipped", "killed",
)  # fmt: skip
DUE_WHYS = ("always", "new", "retry", "lastmod", "time", "sample", "all")
"""Why an address is asked in the present round, or was in the last one."""
VIAS = ("seed", "robots", "sitemap", "listing", "card", "link", "redirect", "canonical", "import")


class Run(Base):
    """One crawl or import, from beginning to end."""

    __tablename__ = "run"
    id: Mapped[int] = as_integer("Number of the run.", primary_key=True)
    site: Mapped[str] = as_text("Name of the site profile.", nullable=False)
    kind: Mapped[str] = as_text("crawl, import, demo or reread.", nullable=False)
    started_at: Mapped[str] = as_text("When it began (UTC).", nullable=False)
    ended_at: Mapped[str | None] = as_text(
        "When it ended (UTC), of a killed one its last sign of life; NULL while it runs, and for a killed "
        "one until the next begins."
    )
    outcome: Mapped[str | None] = as_text(
        "How it ended: complete, incomplete, stopped (by a signal), limit (one that was set), blocked (by "
        "the site), changed (the site has), skipped (another run held the archive), killed or failed; NULL "
        "like ended_at."
    )
    reason: Mapped[str | None] = as_text("One line about the outcome; NULL like ended_at.")
    exit_code: Mapped[int | None] = as_integer(
        "Exit status that the program gave; NULL while it runs, when it was killed, and for imports and "
        "rereads."
    )
    pid: Mapped[int | None] = as_integer("Number of its process; NULL when unknown.")
    host: Mapped[str | None] = as_text("Name of the machine it ran on; NULL when unknown.")
    program_version: Mapped[str] = as_text("Version of the program that made it.", nullable=False)
    reader_version: Mapped[str] = as_text("Version of the reader that made it.", nullable=False)
    profile_digest: Mapped[str] = as_text("SHA-256 (hex) of the site profile it used.", nullable=False)
    settings: Mapped[str] = as_text("Settings it ran with, as a JSON object; no secrets.", nullable=False)
    counts: Mapped[str] = as_text(
        "What it came to, as a JSON object (requests, pages, new articles, …).", nullable=False
    )
    __table_args__ = (
        one_of("kind", *RUN_KINDS),
        one_of("outcome", *RUN_OUTCOMES),
        *is_utc("started_at", "ended_at"),
        CheckConstraint(
            "(ended_at IS NULL AND outcome IS NULL) OR (ended_at IS NOT NULL AND outcome IS NOT NULL)",
            name="ended_with_outcome",
        ),
        CheckConstraint("outcome IS NULL OR reason IS NOT NULL", name="outcome_with_reason"),
        CheckConstraint("exit_code IS NULL OR outcome IS NOT NULL", name="exit_code_with_outcome"),
        CheckConstraint("exit_code BETWEEN 0 AND 255", name="exit_code"),
        STRICT,
    )


class Url(Base):
    """Every address ever heard of, in exactly one state: the crawl's frontier and the proof of coverage."""

    __tablename__ = "url"
    id: Mapped[int] = as_integer("Internal number.", primary_key=True)
    site: Mapped[str] = as_text("Name of the site profile.", nullable=False)
    url: Mapped[str] = as_text("The address in canonical form; its case counts.", nullable=False, unique=True)
    kind: Mapped[str] = as_text(
        "What it was taken for when it was first heard of: robots, sitemap, listing, article or page.",
        nullable=False,
    )
    priority: Mapped[int] = as_integer("Order in which kinds are asked for, 0 first.", nullable=False)
    article_id: Mapped[str | None] = as_text("The article id in the address; NULL when it has none.")
    state: Mapped[str] = as_text(
        "waiting, stored, redirected, alias, gone, failed or refused.", nullable=False
    )
    reason: Mapped[str] = as_text("Why it is in this state, in one line.", nullable=False)
    depth: Mapped[int] = as_integer("Fewest clicks from a start address, from 0.", nullable=False)
    lastmod: Mapped[str | None] = as_text("The sitemap's word on its last change, as written; NULL without.")
    first_heard_at: Mapped[str] = as_text("When it was first heard of (UTC).", nullable=False)
    first_heard_run: Mapped[int | None] = as_integer(
        "Run in which it was first heard of; NULL outside any.", ForeignKey("run.id")
    )
    last_tried_at: Mapped[str | None] = as_text("When it was last asked for (UTC); NULL when never.")
    last_ok_at: Mapped[str | None] = as_text("When it last gave a usable answer (UTC); NULL when never.")
    http_status: Mapped[int | None] = as_integer("Status of the last answer; NULL when there was none.")
    attempts: Mapped[int] = as_integer("Failed tries in the present round.", nullable=False)
    etag: Mapped[str | None] = as_text("ETag of the last stored answer, for asking again.")
    last_modified: Mapped[str | None] = as_text("Last-Modified of the last stored answer, as written.")
    due_at: Mapped[str | None] = as_text(
        "When it is to be asked next, at the earliest (UTC); NULL when it is done for this round."
    )
    due_why: Mapped[str | None] = as_text(
        "Why it is, or was last, asked: always (robots.txt, sitemaps, listings), new, retry, lastmod (the "
        "sitemap's date moved), time (its time had come), sample (a random check) or all; NULL when never."
    )
    fetched_lastmod: Mapped[str | None] = as_text(
        "The sitemap's word as it stood when the last answer came; NULL without."
    )
    revisit_at: Mapped[str | None] = as_text(
        "When its time comes to be asked again (UTC); NULL for what is asked in every round, or was never "
        "answered."
    )
    interval_s: Mapped[int | None] = as_integer(
        "Seconds from one visit to the next, as things stand: shorter the more often it changed; NULL like "
        "revisit_at."
    )
    checks: Mapped[int] = as_integer(
        "Usable answers after the first: how often it was seen whether it had changed.", nullable=False
    )
    changes: Mapped[int] = as_integer("How many of them had changed.", nullable=False)
    target_url_id: Mapped[int | None] = as_integer(
        "Where it leads, when it is redirected or an alias.", ForeignKey("url.id")
    )
    __table_args__ = (
        one_of("state", *URL_STATES),
        CheckConstraint(
            " OR ".join(f"(kind = '{kind}' AND priority = {n})" for n, kind in enumerate(URL_KINDS)),
            name="kind",
        ),
        CheckConstraint("url <> '' AND reason <> '' AND attempts >= 0 AND depth >= 0", name="filled"),
        CheckConstraint("article_id <> ''", name="article_id"),
        CheckConstraint("(state IN ('redirected', 'alias')) = (target_url_id IS NOT NULL)", name="target"),
        CheckConstraint("target_url_id <> id", name="not_its_own_target"),
        CheckConstraint("state <> 'refused' OR due_at IS NULL", name="refused_is_never_due"),
        CheckConstraint("state <> 'stored' OR last_ok_at IS NOT NULL", name="stored_was_fetched"),
        one_of("due_why", *DUE_WHYS),
        CheckConstraint("(revisit_at IS NULL) = (interval_s IS NULL)", name="revisit"),
        CheckConstraint("interval_s > 0", name="interval_s"),
        CheckConstraint("checks >= changes AND changes >= 0", name="checks"),
        *is_utc("first_heard_at", "last_tried_at", "last_ok_at", "due_at", "revisit_at"),
        Index(
            "ix_url_frontier",
            "site",
            "priority",
            "id",
            sqlite_where=sql("due_at IS NOT NULL"),
            postgresql_where=sql("due_at IS NOT NULL"),
        ),
        Index(
            "ix_url_due",
            "site",
            "due_at",
            sqlite_where=sql("due_at IS NOT NULL"),
            postgresql_where=sql("due_at IS NOT NULL"),
        ),
        Index(
            "ix_url_article",
            "site",
            "article_id",
            sqlite_where=sql("article_id IS NOT NULL"),
            postgresql_where=sql("article_id IS NOT NULL"),
        ),
        Index("ix_url_state", "site", "state"),
        Index(
            "ix_url_target",
            "target_url_id",
            sqlite_where=sql("target_url_id IS NOT NULL"),
            postgresql_where=sql("target_url_id IS NOT NULL"),
        ),
        STRICT,
    )


class UrlSource(Base):
    """Who told us of an address; one row for each way in which it was heard of."""

    __tablename__ = "url_source"
    url_id: Mapped[int] = as_integer("The address.", ForeignKey("url.id"), primary_key=True)
    via: Mapped[str] = as_text(
        "seed, robots, sitemap, listing, card, link, redirect, canonical or import.", primary_key=True
    )
    from_url_id: Mapped[int | None] = as_integer(
        "The first page that told us this way, of sitemaps the last; NULL for a seed or an import.",
        ForeignKey("url.id"),
    )
    first_heard_at: Mapped[str] = as_text("When it told us (UTC).", nullable=False)
    __table_args__ = (one_of("via", *VIAS), *is_utc("first_heard_at"), STRICT_WITHOUT_ROWID)


class UrlHistory(Base):
    """What became of an address in a run: a row where its state or its reason changed, as it was when the run
    ended. Kept by triggers on url, so that nobody who writes to that table can forget it."""

    __tablename__ = "url_history"
    url_id: Mapped[int] = as_integer("The address.", ForeignKey("url.id"), primary_key=True)
    run_id: Mapped[int] = as_integer("The run.", ForeignKey("run.id"), primary_key=True)
    state: Mapped[str] = as_text("State in which the run left it, as in url.", nullable=False)
    reason: Mapped[str] = as_text("Why, in one line.", nullable=False)
    __table_args__ = (one_of("state", *URL_STATES), STRICT_WITHOUT_ROWID)


class WarcFile(Base):
    """A WARC file in the archive's folder `captures`, and how much of it counts."""

    __tablename__ = "warc_file"
    id: Mapped[int] = as_integer("Internal number.", primary_key=True)
    name: Mapped[str] = as_text("Its name in the folder captures.", nullable=False, unique=True)
    run_id: Mapped[int] = as_integer("Run that wrote it.", ForeignKey("run.id"), nullable=False)
    created_at: Mapped[str] = as_text("When it was begun (UTC).", nullable=False)
    size: Mapped[int] = as_integer(
        "Its length in bytes; while it is written to, up to the end of the last record that is on disk.",
        nullable=False,
    )
    sha256: Mapped[str | None] = as_text("SHA-256 (hex) of the finished file; NULL while it is written to.")
    __table_args__ = (
        CheckConstraint("name <> '' AND size >= 0", name="filled"),
        is_sha256("sha256"),
        *is_utc("created_at"),
        STRICT,
    )


class Capture(Base):
    """What one fetch, or one imported file, gave."""

    __tablename__ = "capture"
    id: Mapped[int] = as_integer("Number of the capture.", primary_key=True)
    run_id: Mapped[int] = as_integer("Run that made it.", ForeignKey("run.id"), nullable=False)
    url_id: Mapped[int | None] = as_integer(
        "Address asked for; NULL for a file whose address can't be told.", ForeignKey("url.id")
    )
    captured_at: Mapped[str] = as_text("When it was fetched or imported (UTC).", nullable=False)
    origin: Mapped[str] = as_text("crawl or import.", nullable=False)
    status: Mapped[int | None] = as_integer("HTTP status; NULL for a file.")
    headers: Mapped[str] = as_text("Response headers, as a JSON list of [name, value] pairs.", nullable=False)
    kind: Mapped[str] = as_text(
        "What reading it gave: summary, listing, other, unreadable, robots, sitemap, redirect, gone, error "
        "or unchanged (304: as the capture that refers_to_id names).",
        nullable=False,
    )
    reason: Mapped[str | None] = as_text("Why it is no summary; NULL for one.")
    media_type: Mapped[str | None] = as_text("Media type as the server, or the file's name, said.")
    etag: Mapped[str | None] = as_text("ETag as sent; NULL without.")
    last_modified: Mapped[str | None] = as_text("Last-Modified as sent; NULL without.")
    sha256: Mapped[str] = as_text(
        "SHA-256 (hex) of the entity: the body with chunk framing and content coding undone. Of a 304 that "
        "of the entity it vouches for.",
        nullable=False,
    )
    size: Mapped[int] = as_integer("Length of that entity in bytes.", nullable=False)
    record_type: Mapped[str] = as_text(
        "Type of its WARC record: response, revisit (the body is in the record of the capture that "
        "refers_to_id names) or resource (an imported file).",
        nullable=False,
    )
    record_id: Mapped[str] = as_text(
        "Its WARC-Record-ID, without angle brackets.", nullable=False, unique=True
    )
    warc_file_id: Mapped[int] = as_integer("WARC file it is in.", ForeignKey("warc_file.id"), nullable=False)
    warc_offset: Mapped[int] = as_integer("Where its record begins in that file, in bytes.", nullable=False)
    warc_length: Mapped[int] = as_integer("Length of the compressed record in bytes.", nullable=False)
    request_offset: Mapped[int | None] = as_integer("Where the request's record begins; NULL without.")
    request_length: Mapped[int | None] = as_integer("Length of the request's record; NULL without.")
    block_digest: Mapped[str] = as_text("WARC-Block-Digest of its record.", nullable=False)
    payload_digest: Mapped[str] = as_text(
        "WARC-Payload-Digest: of the body as it came, chunk framing and content coding included.",
        nullable=False,
    )
    refers_to_id: Mapped[int | None] = as_integer(
        "For a revisit the capture whose record has the body; else NULL.", ForeignKey("capture.id")
    )
    exact: Mapped[int] = as_integer(
        "1 when the record holds what came over the wire (or the imported file) byte for byte; 0 when its "
        "head was put together from what an archive had kept of it.",
        nullable=False,
    )
    file_name: Mapped[str | None] = as_text("Name of the imported file; NULL for an answer.")
    truncated: Mapped[str | None] = as_text(
        "Why the entity is not whole (length, time, disconnect, unspecified); NULL when it is."
    )
    ip_address: Mapped[str | None] = as_text("Address of the server; NULL when unknown.")
    reader_version: Mapped[str | None] = as_text("Version of the reader that read it; NULL when none did.")
    profile_digest: Mapped[str | None] = as_text(
        "SHA-256 (hex) of the site profile that it was read with; NULL when it was not read, or unknown."
    )
    reading_digest: Mapped[str | None] = as_text(
        "SHA-256 (hex) of everything that was read from it, as the archive took it; NULL when it was not "
        "read, or unknown."
    )
    article_key: Mapped[int | None] = as_integer(
        "Article it shows; NULL when none.", ForeignKey("article.id")
    )
    revision_id: Mapped[int | None] = as_integer(
        "Revision of the article it shows; NULL when none.", ForeignKey("revision.id")
    )
    card_list_id: Mapped[int | None] = as_integer(
        "Card list it shows; NULL without.", ForeignKey("card_list.id")
    )
    target_url_id: Mapped[int | None] = as_integer(
        "Address it leads to: a redirect's target, or another address that the page names as its own; NULL "
        "without.",
        ForeignKey("url.id"),
    )
    __table_args__ = (
        one_of("origin", "crawl", "import"),
        one_of("record_type", "response", "revisit", "resource"),
        is_flag("exact"),
        is_sha256("sha256"),
        CheckConstraint("size >= 0 AND warc_offset >= 0 AND warc_length > 0", name="place"),
        CheckConstraint("(request_offset IS NULL) = (request_length IS NULL)", name="request"),
        CheckConstraint("(record_type = 'revisit') = (refers_to_id IS NOT NULL)", name="revisit"),
        CheckConstraint("refers_to_id <> id", name="not_its_own_revisit"),
        *is_utc("captured_at"),
        CheckConstraint("kind <> ''", name="kind"),
        CheckConstraint("url_id IS NOT NULL OR file_name IS NOT NULL", name="url_or_file"),
        CheckConstraint("(article_key IS NULL) = (revision_id IS NULL)", name="article_with_revision"),
        Index("ix_capture_url", "url_id", "captured_at"),
        Index("ix_capture_run", "run_id"),
        Index("ix_capture_warc", "warc_file_id", "warc_offset"),
        Index(
            "ix_capture_payload",
            "payload_digest",
            sqlite_where=sql("record_type <> 'revisit'"),
            postgresql_where=sql("record_type <> 'revisit'"),
        ),
        Index(
            "ix_capture_refers_to",
            "refers_to_id",
            sqlite_where=sql("refers_to_id IS NOT NULL"),
            postgresql_where=sql("refers_to_id IS NOT NULL"),
        ),
        Index(
            "ix_capture_revision",
            "revision_id",
            "captured_at",
            sqlite_where=sql("revision_id IS NOT NULL"),
            postgresql_where=sql("revision_id IS NOT NULL"),
        ),
        Index(
            "ix_capture_card_list",
            "card_list_id",
            "captured_at",
            sqlite_where=sql("card_list_id IS NOT NULL"),
            postgresql_where=sql("card_list_id IS NOT NULL"),
        ),
        Index(
            "ix_capture_article",
            "article_key",
            "captured_at",
            sqlite_where=sql("article_key IS NOT NULL"),
            postgresql_where=sql("article_key IS NOT NULL"),
        ),
        STRICT,
    )
