"""The archive's first shape.

Revises: nothing
"""

# Constraints are kept on one line each, so that they can be compared with what SQLite says of its tables.
# ruff: noqa: E501

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage import search_index

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make all tables, in the order in which they refer to one another."""
    _article()
    _body()
    _boilerplate_passage()
    _card_list()
    _journal()
    _passage()
    _run()
    _topic()
    _card()
    _revision()
    _url()
    _capture()
    _revision_boilerplate()
    _revision_topic()
    _section()
    _url_source()
    _absence()
    _card_list_sighting()
    _evidence()
    _section_paragraph()
    search_index.create(op.get_bind())


def _article() -> None:
    op.create_table(
        "article",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("identity_key", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("article_id", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("first_seen_at", sa.Text(), nullable=False),
        sa.Column("last_seen_at", sa.Text(), nullable=False),
        sa.Column("gone_since", sa.Text(), nullable=True),
        sa.Column("published_raw", sa.Text(), nullable=True),
        sa.Column("published_iso", sa.Text(), nullable=True),
        sa.Column("published_precision", sa.Text(), nullable=True),
        sa.Column("published_source", sa.Text(), nullable=True),
        sa.Column("teaser", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(identity = 'id' AND article_id IS NOT NULL AND article_id = identity_key AND key = article_id) OR (identity = 'url' AND article_id IS NULL AND url IS NOT NULL AND key LIKE 'url:%') OR (identity = 'body' AND article_id IS NULL AND url IS NULL AND key LIKE 'body:%')",
            name=op.f("ck_article_identity"),
        ),
        sa.CheckConstraint(
            "(published_iso IS NULL AND published_precision IS NULL) OR (published_raw IS NOT NULL AND ((published_precision = 'day' AND published_iso LIKE '____-__-__') OR (published_precision = 'month' AND published_iso LIKE '____-__') OR (published_precision = 'year' AND published_iso LIKE '____')))",
            name=op.f("ck_article_published"),
        ),
        sa.CheckConstraint(
            "first_seen_at LIKE '____-__-__T__:__:__%Z'", name=op.f("ck_article_first_seen_at")
        ),
        sa.CheckConstraint("gone_since LIKE '____-__-__T__:__:__%Z'", name=op.f("ck_article_gone_since")),
        sa.CheckConstraint("identity_key <> ''", name=op.f("ck_article_identity_key")),
        sa.CheckConstraint("last_seen_at LIKE '____-__-__T__:__:__%Z'", name=op.f("ck_article_last_seen_at")),
        sa.CheckConstraint(
            "(published_raw IS NULL) = (published_source IS NULL)", name=op.f("ck_article_published_source")
        ),
        sa.CheckConstraint("first_seen_at <= last_seen_at", name=op.f("ck_article_seen")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article")),
        sa.UniqueConstraint("key", "site", name=op.f("uq_article_key_site")),
        sa.UniqueConstraint(
            "site", "identity", "identity_key", name=op.f("uq_article_site_identity_identity_key")
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_article_published", "article", ["published_iso"], unique=False)


def _body() -> None:
    op.create_table(
        "body",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("encoding", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("encoding IN ('zlib', 'identity')", name=op.f("ck_body_encoding")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_body_sha256")),
        sa.CheckConstraint("size >= 0", name=op.f("ck_body_size")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_body")),
        sa.UniqueConstraint("sha256", name=op.f("uq_body_sha256")),
        sqlite_strict=True,
    )


def _boilerplate_passage() -> None:
    op.create_table(
        "boilerplate_passage",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("heading", sa.Text(), nullable=True),
        sa.Column("first_seen_at", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "first_seen_at LIKE '____-__-__T__:__:__%Z'", name=op.f("ck_boilerplate_passage_first_seen_at")
        ),
        sa.CheckConstraint("source IN ('profile', 'counted')", name=op.f("ck_boilerplate_passage_source")),
        sa.CheckConstraint("template <> ''", name=op.f("ck_boilerplate_passage_template")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_boilerplate_passage")),
        sa.UniqueConstraint("template", name=op.f("uq_boilerplate_passage_template")),
        sqlite_strict=True,
    )


def _card_list() -> None:
    op.create_table(
        "card_list",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.Text(), nullable=False),
        sa.Column("last_seen_at", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "first_seen_at LIKE '____-__-__T__:__:__%Z'", name=op.f("ck_card_list_first_seen_at")
        ),
        sa.CheckConstraint(
            "last_seen_at LIKE '____-__-__T__:__:__%Z'", name=op.f("ck_card_list_last_seen_at")
        ),
        sa.CheckConstraint("first_seen_at <= last_seen_at", name=op.f("ck_card_list_seen")),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_card_list_digest")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_list")),
        sa.UniqueConstraint("digest", "site", name=op.f("uq_card_list_digest_site")),
        sqlite_strict=True,
    )


def _journal() -> None:
    op.create_table(
        "journal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("normal", sa.Text(), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_journal_name")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
        sa.UniqueConstraint("name", name=op.f("uq_journal_name")),
        sqlite_strict=True,
    )
    op.create_index("ix_journal_normal", "journal", ["normal"], unique=False)


def _passage() -> None:
    op.create_table(
        "passage",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.CheckConstraint("length(sha256) = 32", name=op.f("ck_passage_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passage")),
        sa.UniqueConstraint("sha256", name=op.f("uq_passage_sha256")),
        sqlite_strict=True,
    )


def _run() -> None:
    op.create_table(
        "run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("started_at", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("program_version", sa.Text(), nullable=False),
        sa.Column("reader_version", sa.Text(), nullable=False),
        sa.Column("profile_digest", sa.Text(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.CheckConstraint("ended_at LIKE '____-__-__T__:__:__%Z'", name=op.f("ck_run_ended_at")),
        sa.CheckConstraint("kind IN ('crawl', 'import', 'demo')", name=op.f("ck_run_kind")),
        sa.CheckConstraint(
            "outcome IN ('complete', 'incomplete', 'stopped', 'limit', 'failed')", name=op.f("ck_run_outcome")
        ),
        sa.CheckConstraint("started_at LIKE '____-__-__T__:__:__%Z'", name=op.f("ck_run_started_at")),
        sa.CheckConstraint(
            "(ended_at IS NULL AND outcome IS NULL) OR (ended_at IS NOT NULL AND outcome IS NOT NULL)",
            name=op.f("ck_run_ended_with_outcome"),
        ),
        sa.CheckConstraint("outcome IS NULL OR reason IS NOT NULL", name=op.f("ck_run_outcome_with_reason")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
        sqlite_strict=True,
    )


def _topic() -> None:
    op.create_table(
        "topic",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("normal", sa.Text(), nullable=False),
        sa.CheckConstraint("text <> ''", name=op.f("ck_topic_text")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topic")),
        sa.UniqueConstraint("text", name=op.f("uq_topic_text")),
        sqlite_strict=True,
    )
    op.create_index("ix_topic_normal", "topic", ["normal"], unique=False)


def _card() -> None:
    op.create_table(
        "card",
        sa.Column("card_list_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("article_id", sa.Text(), nullable=True),
        sa.Column("date_raw", sa.Text(), nullable=True),
        sa.Column("date_iso", sa.Text(), nullable=True),
        sa.Column("date_precision", sa.Text(), nullable=True),
        sa.Column("teaser", sa.Text(), nullable=True),
        sa.Column("image", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(date_iso IS NULL AND date_precision IS NULL) OR (date_raw IS NOT NULL AND ((date_precision = 'day' AND date_iso LIKE '____-__-__') OR (date_precision = 'month' AND date_iso LIKE '____-__') OR (date_precision = 'year' AND date_iso LIKE '____')))",
            name=op.f("ck_card_date"),
        ),
        sa.CheckConstraint("position >= 1", name=op.f("ck_card_position")),
        sa.ForeignKeyConstraint(["card_list_id"], ["card_list.id"], name=op.f("fk_card_card_list_id")),
        sa.PrimaryKeyConstraint("card_list_id", "position", name=op.f("pk_card")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_card_article",
        "card",
        ["article_id"],
        unique=False,
        sqlite_where=sa.text("article_id IS NOT NULL"),
        postgresql_where=sa.text("article_id IS NOT NULL"),
    )


def _revision() -> None:
    op.create_table(
        "revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("article_key", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("is_current", sa.Integer(), nullable=False),
        sa.Column("first_seen_at", sa.Text(), nullable=False),
        sa.Column("last_seen_at", sa.Text(), nullable=False),
        sa.Column("content_digest", sa.Text(), nullable=False),
        sa.Column("field_digests", sa.Text(), nullable=False),
        sa.Column("frame_digest", sa.Text(), nullable=False),
        sa.Column("body_digest", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("takeaway", sa.Text(), nullable=True),
        sa.Column("credibility", sa.Float().with_variant(sa.REAL(), "sqlite"), nullable=True),
        sa.Column("credibility_scale", sa.Float().with_variant(sa.REAL(), "sqlite"), nullable=True),
        sa.Column("credibility_raw", sa.Text(), nullable=True),
        sa.Column("interest", sa.Float().with_variant(sa.REAL(), "sqlite"), nullable=True),
        sa.Column("interest_scale", sa.Float().with_variant(sa.REAL(), "sqlite"), nullable=True),
        sa.Column("interest_raw", sa.Text(), nullable=True),
        sa.Column("reading_minutes", sa.Integer(), nullable=True),
        sa.Column("journal_id", sa.Integer(), nullable=True),
        sa.Column("has_topics", sa.Integer(), nullable=False),
        sa.Column("source_title", sa.Text(), nullable=True),
        sa.Column("source_authors", sa.Text(), nullable=True),
        sa.Column("source_journal", sa.Text(), nullable=True),
        sa.Column("source_published_raw", sa.Text(), nullable=True),
        sa.Column("source_published_iso", sa.Text(), nullable=True),
        sa.Column("source_published_precision", sa.Text(), nullable=True),
        sa.Column("source_doi", sa.Text(), nullable=True),
        sa.Column("source_pmid", sa.Text(), nullable=True),
        sa.Column("source_url", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("reader_version", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(source_published_iso IS NULL AND source_published_precision IS NULL) OR (source_published_raw IS NOT NULL AND ((source_published_precision = 'day' AND source_published_iso LIKE '____-__-__') OR (source_published_precision = 'month' AND source_published_iso LIKE '____-__') OR (source_published_precision = 'year' AND source_published_iso LIKE '____')))",
            name=op.f("ck_revision_source_published"),
        ),
        sa.CheckConstraint(
            "first_seen_at LIKE '____-__-__T__:__:__%Z'", name=op.f("ck_revision_first_seen_at")
        ),
        sa.CheckConstraint(
            "last_seen_at LIKE '____-__-__T__:__:__%Z'", name=op.f("ck_revision_last_seen_at")
        ),
        sa.CheckConstraint("takeaway <> ''", name=op.f("ck_revision_takeaway")),
        sa.CheckConstraint("title <> ''", name=op.f("ck_revision_title")),
        sa.CheckConstraint(
            "(credibility IS NULL AND credibility_scale IS NULL AND credibility_raw IS NULL) OR (credibility_raw IS NOT NULL AND credibility_scale > 0 AND credibility >= 0 AND credibility <= credibility_scale)",
            name=op.f("ck_revision_credibility"),
        ),
        sa.CheckConstraint(
            "(interest IS NULL AND interest_scale IS NULL AND interest_raw IS NULL) OR (interest_raw IS NOT NULL AND interest_scale > 0 AND interest >= 0 AND interest <= interest_scale)",
            name=op.f("ck_revision_interest"),
        ),
        sa.CheckConstraint("first_seen_at <= last_seen_at", name=op.f("ck_revision_seen")),
        sa.CheckConstraint("has_topics IN (0, 1)", name=op.f("ck_revision_has_topics")),
        sa.CheckConstraint("is_current IN (0, 1)", name=op.f("ck_revision_is_current")),
        sa.CheckConstraint("length(content_digest) = 64", name=op.f("ck_revision_content_digest")),
        sa.CheckConstraint("length(frame_digest) = 64", name=op.f("ck_revision_frame_digest")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_revision_number")),
        sa.CheckConstraint("reading_minutes >= 0", name=op.f("ck_revision_reading_minutes")),
        sa.ForeignKeyConstraint(["article_key"], ["article.id"], name=op.f("fk_revision_article_key")),
        sa.ForeignKeyConstraint(["journal_id"], ["journal.id"], name=op.f("fk_revision_journal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revision")),
        sa.UniqueConstraint("article_key", "number", name=op.f("uq_revision_article_key_number")),
        sqlite_strict=True,
    )
    op.create_index("ix_revision_body", "revision", ["body_digest"], unique=False)
    op.create_index(
        "ux_revision_current",
        "revision",
        ["article_key"],
        unique=True,
        sqlite_where=sa.text("is_current = 1"),
        postgresql_where=sa.text("is_current = 1"),
    )


def _url() -> None:
    op.create_table(
        "url",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("lastmod", sa.Text(), nullable=True),
        sa.Column("first_heard_at", sa.Text(), nullable=False),
        sa.Column("first_heard_run", sa.Integer(), nullable=True),
        sa.Column("last_tried_at", sa.Text(), nullable=True),
        sa.Column("last_ok_at", sa.Text(), nullable=True),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("due_at", sa.Text(), nullable=True),
        sa.Column("target_url_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'robots' AND priority = 0) OR (kind = 'sitemap' AND priority = 1) OR (kind = 'listing' AND priority = 2) OR (kind = 'article' AND priority = 3) OR (kind = 'page' AND priority = 4)",
            name=op.f("ck_url_kind"),
        ),
        sa.CheckConstraint(
            "(state IN ('redirected', 'alias')) = (target_url_id IS NOT NULL)", name=op.f("ck_url_target")
        ),
        sa.CheckConstraint("article_id <> ''", name=op.f("ck_url_article_id")),
        sa.CheckConstraint("due_at LIKE '____-__-__T__:__:__%Z'", name=op.f("ck_url_due_at")),
        sa.CheckConstraint("first_heard_at LIKE '____-__-__T__:__:__%Z'", name=op.f("ck_url_first_heard_at")),
        sa.CheckConstraint("last_ok_at LIKE '____-__-__T__:__:__%Z'", name=op.f("ck_url_last_ok_at")),
        sa.CheckConstraint("last_tried_at LIKE '____-__-__T__:__:__%Z'", name=op.f("ck_url_last_tried_at")),
        sa.CheckConstraint("state <> 'refused' OR due_at IS NULL", name=op.f("ck_url_refused_is_never_due")),
        sa.CheckConstraint(
            "state <> 'stored' OR last_ok_at IS NOT NULL", name=op.f("ck_url_stored_was_fetched")
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'stored', 'redirected', 'alias', 'gone', 'failed', 'refused')",
            name=op.f("ck_url_state"),
        ),
        sa.CheckConstraint(
            "url <> '' AND reason <> '' AND attempts >= 0 AND depth >= 0", name=op.f("ck_url_filled")
        ),
        sa.CheckConstraint("target_url_id <> id", name=op.f("ck_url_not_its_own_target")),
        sa.ForeignKeyConstraint(["first_heard_run"], ["run.id"], name=op.f("fk_url_first_heard_run")),
        sa.ForeignKeyConstraint(["target_url_id"], ["url.id"], name=op.f("fk_url_target_url_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_url")),
        sa.UniqueConstraint("url", name=op.f("uq_url_url")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_url_article",
        "url",
        ["site", "article_id"],
        unique=False,
        sqlite_where=sa.text("article_id IS NOT NULL"),
        postgresql_where=sa.text("article_id IS NOT NULL"),
    )
    op.create_index(
        "ix_url_due",
        "url",
        ["site", "due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_url_frontier",
        "url",
        ["site", "priority", "id"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index("ix_url_state", "url", ["site", "state"], unique=False)
    op.create_index(
        "ix_url_target",
        "url",
        ["target_url_id"],
        unique=False,
        sqlite_where=sa.text("target_url_id IS NOT NULL"),
        postgresql_where=sa.text("target_url_id IS NOT NULL"),
    )


def _capture() -> None:
    op.create_table(
        "capture",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("url_id", sa.Integer(), nullable=True),
        sa.Column("captured_at", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("media_type", sa.Text(), nullable=True),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("body_id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=True),
        sa.Column("truncated", sa.Text(), nullable=True),
        sa.Column("ip_address", sa.Text(), nullable=True),
        sa.Column("reader_version", sa.Text(), nullable=True),
        sa.Column("article_key", sa.Integer(), nullable=True),
        sa.Column("revision_id", sa.Integer(), nullable=True),
        sa.Column("card_list_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("captured_at LIKE '____-__-__T__:__:__%Z'", name=op.f("ck_capture_captured_at")),
        sa.CheckConstraint("kind <> ''", name=op.f("ck_capture_kind")),
        sa.CheckConstraint("origin IN ('crawl', 'import')", name=op.f("ck_capture_origin")),
        sa.CheckConstraint(
            "(article_key IS NULL) = (revision_id IS NULL)", name=op.f("ck_capture_article_with_revision")
        ),
        sa.CheckConstraint(
            "url_id IS NOT NULL OR file_name IS NOT NULL", name=op.f("ck_capture_url_or_file")
        ),
        sa.ForeignKeyConstraint(["article_key"], ["article.id"], name=op.f("fk_capture_article_key")),
        sa.ForeignKeyConstraint(["body_id"], ["body.id"], name=op.f("fk_capture_body_id")),
        sa.ForeignKeyConstraint(["card_list_id"], ["card_list.id"], name=op.f("fk_capture_card_list_id")),
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"], name=op.f("fk_capture_revision_id")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_capture_run_id")),
        sa.ForeignKeyConstraint(["url_id"], ["url.id"], name=op.f("fk_capture_url_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capture")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_capture_article",
        "capture",
        ["article_key", "captured_at"],
        unique=False,
        sqlite_where=sa.text("article_key IS NOT NULL"),
        postgresql_where=sa.text("article_key IS NOT NULL"),
    )
    op.create_index(
        "ix_capture_revision",
        "capture",
        ["revision_id", "captured_at"],
        unique=False,
        sqlite_where=sa.text("revision_id IS NOT NULL"),
        postgresql_where=sa.text("revision_id IS NOT NULL"),
    )
    op.create_index("ix_capture_url", "capture", ["url_id", "captured_at"], unique=False)


def _revision_boilerplate() -> None:
    op.create_table(
        "revision_boilerplate",
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("boilerplate_id", sa.Integer(), nullable=False),
        sa.Column("slots", sa.Text(), nullable=False),
        sa.Column("section_position", sa.Integer(), nullable=True),
        sa.Column("paragraph_position", sa.Integer(), nullable=True),
        sa.Column("list_item", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(section_position IS NULL) = (paragraph_position IS NULL)",
            name=op.f("ck_revision_boilerplate_place"),
        ),
        sa.CheckConstraint("list_item IN (0, 1)", name=op.f("ck_revision_boilerplate_list_item")),
        sa.ForeignKeyConstraint(
            ["boilerplate_id"],
            ["boilerplate_passage.id"],
            name=op.f("fk_revision_boilerplate_boilerplate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revision.id"], name=op.f("fk_revision_boilerplate_revision_id")
        ),
        sa.PrimaryKeyConstraint("revision_id", "position", name=op.f("pk_revision_boilerplate")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _revision_topic() -> None:
    op.create_table(
        "revision_topic",
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.Column("uncertain", sa.Integer(), nullable=False),
        sa.CheckConstraint("position >= 1", name=op.f("ck_revision_topic_position")),
        sa.CheckConstraint("uncertain IN (0, 1)", name=op.f("ck_revision_topic_uncertain")),
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"], name=op.f("fk_revision_topic_revision_id")),
        sa.ForeignKeyConstraint(["topic_id"], ["topic.id"], name=op.f("fk_revision_topic_topic_id")),
        sa.PrimaryKeyConstraint("revision_id", "position", name=op.f("pk_revision_topic")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_revision_topic_topic", "revision_topic", ["topic_id"], unique=False)


def _section() -> None:
    op.create_table(
        "section",
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("heading", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind <> 'unplaced' OR heading IS NULL", name=op.f("ck_section_unplaced_has_no_heading")
        ),
        sa.CheckConstraint("position >= 1 AND kind <> ''", name=op.f("ck_section_filled")),
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"], name=op.f("fk_section_revision_id")),
        sa.PrimaryKeyConstraint("revision_id", "position", name=op.f("pk_section")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _url_source() -> None:
    op.create_table(
        "url_source",
        sa.Column("url_id", sa.Integer(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("from_url_id", sa.Integer(), nullable=True),
        sa.Column("first_heard_at", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "first_heard_at LIKE '____-__-__T__:__:__%Z'", name=op.f("ck_url_source_first_heard_at")
        ),
        sa.CheckConstraint(
            "via IN ('seed', 'robots', 'sitemap', 'listing', 'card', 'link', 'redirect', 'canonical', 'import')",
            name=op.f("ck_url_source_via"),
        ),
        sa.ForeignKeyConstraint(["from_url_id"], ["url.id"], name=op.f("fk_url_source_from_url_id")),
        sa.ForeignKeyConstraint(["url_id"], ["url.id"], name=op.f("fk_url_source_url_id")),
        sa.PrimaryKeyConstraint("url_id", "via", name=op.f("pk_url_source")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _absence() -> None:
    op.create_table(
        "absence",
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("capture_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("field <> '' AND reason <> ''", name=op.f("ck_absence_filled")),
        sa.ForeignKeyConstraint(["capture_id"], ["capture.id"], name=op.f("fk_absence_capture_id")),
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"], name=op.f("fk_absence_revision_id")),
        sa.PrimaryKeyConstraint("revision_id", "field", name=op.f("pk_absence")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _card_list_sighting() -> None:
    op.create_table(
        "card_list_sighting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("card_list_id", sa.Integer(), nullable=False),
        sa.Column("url_id", sa.Integer(), nullable=True),
        sa.Column("article_key", sa.Integer(), nullable=True),
        sa.Column("first_seen_at", sa.Text(), nullable=False),
        sa.Column("last_seen_at", sa.Text(), nullable=False),
        sa.Column("first_capture_id", sa.Integer(), nullable=False),
        sa.Column("last_capture_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "first_seen_at LIKE '____-__-__T__:__:__%Z'", name=op.f("ck_card_list_sighting_first_seen_at")
        ),
        sa.CheckConstraint(
            "last_seen_at LIKE '____-__-__T__:__:__%Z'", name=op.f("ck_card_list_sighting_last_seen_at")
        ),
        sa.CheckConstraint("first_seen_at <= last_seen_at", name=op.f("ck_card_list_sighting_seen")),
        sa.CheckConstraint(
            "url_id IS NOT NULL OR article_key IS NOT NULL", name=op.f("ck_card_list_sighting_page")
        ),
        sa.ForeignKeyConstraint(
            ["article_key"], ["article.id"], name=op.f("fk_card_list_sighting_article_key")
        ),
        sa.ForeignKeyConstraint(
            ["card_list_id"], ["card_list.id"], name=op.f("fk_card_list_sighting_card_list_id")
        ),
        sa.ForeignKeyConstraint(
            ["first_capture_id"], ["capture.id"], name=op.f("fk_card_list_sighting_first_capture_id")
        ),
        sa.ForeignKeyConstraint(
            ["last_capture_id"], ["capture.id"], name=op.f("fk_card_list_sighting_last_capture_id")
        ),
        sa.ForeignKeyConstraint(["url_id"], ["url.id"], name=op.f("fk_card_list_sighting_url_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_list_sighting")),
        sqlite_strict=True,
    )
    op.create_index("ix_card_list_sighting_page", "card_list_sighting", ["article_key"], unique=False)
    op.create_index(
        "ux_card_list_sighting_article",
        "card_list_sighting",
        ["article_key", "card_list_id"],
        unique=True,
        sqlite_where=sa.text("url_id IS NULL"),
        postgresql_where=sa.text("url_id IS NULL"),
    )
    op.create_index(
        "ux_card_list_sighting_url",
        "card_list_sighting",
        ["url_id", "card_list_id"],
        unique=True,
        sqlite_where=sa.text("url_id IS NOT NULL"),
        postgresql_where=sa.text("url_id IS NOT NULL"),
    )


def _evidence() -> None:
    op.create_table(
        "evidence",
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("block", sa.Integer(), nullable=True),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("won", sa.Integer(), nullable=False),
        sa.Column("capture_id", sa.Integer(), nullable=False),
        sa.Column("reader_version", sa.Text(), nullable=True),
        sa.CheckConstraint("won IN (0, 1)", name=op.f("ck_evidence_won")),
        sa.ForeignKeyConstraint(["capture_id"], ["capture.id"], name=op.f("fk_evidence_capture_id")),
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"], name=op.f("fk_evidence_revision_id")),
        sa.PrimaryKeyConstraint("revision_id", "position", name=op.f("pk_evidence")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _section_paragraph() -> None:
    op.create_table(
        "section_paragraph",
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("section_position", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("passage_id", sa.Integer(), nullable=False),
        sa.Column("list_item", sa.Integer(), nullable=False),
        sa.CheckConstraint("list_item IN (0, 1)", name=op.f("ck_section_paragraph_list_item")),
        sa.CheckConstraint("position >= 1", name=op.f("ck_section_paragraph_position")),
        sa.ForeignKeyConstraint(["passage_id"], ["passage.id"], name=op.f("fk_section_paragraph_passage_id")),
        sa.ForeignKeyConstraint(
            ["revision_id", "section_position"],
            ["section.revision_id", "section.position"],
            name=op.f("fk_section_paragraph_revision_id_section_position"),
        ),
        sa.PrimaryKeyConstraint(
            "revision_id", "section_position", "position", name=op.f("pk_section_paragraph")
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_section_paragraph_passage", "section_paragraph", ["passage_id"], unique=False)
