"""Asking again and history: the revisit policy's columns, events of articles, corrections by better readers.

Revises: 0001
"""

# Constraints are kept on one line each, so that they can be compared with what SQLite says of its tables.
# ruff: noqa: E501

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.migrations.rebuild import rebuild

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Tables of what happened, and what the frontier has to know to ask again at the right time."""
    rebuild("run", _run)
    # What was answered before counts as answered with the sitemap's word of today: nothing is known to have moved.
    rebuild(
        "url",
        _url,
        new={
            "checks": "0",
            "changes": "0",
            "fetched_lastmod": "CASE WHEN last_ok_at IS NOT NULL THEN lastmod END",
            "due_why": "CASE WHEN due_at IS NULL THEN NULL WHEN last_tried_at IS NULL THEN 'new' ELSE 'all' END",
        },
    )
    _article_event()
    _correction()


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
        sa.CheckConstraint("kind IN ('crawl', 'import', 'demo', 'reread')", name=op.f("ck_run_kind")),
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
        sa.Column("due_why", sa.Text(), nullable=True),
        sa.Column("fetched_lastmod", sa.Text(), nullable=True),
        sa.Column("revisit_at", sa.Text(), nullable=True),
        sa.Column("interval_s", sa.Integer(), nullable=True),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
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
        sa.CheckConstraint(
            "due_why IN ('always', 'new', 'retry', 'lastmod', 'time', 'sample', 'all')",
            name=op.f("ck_url_due_why"),
        ),
        sa.CheckConstraint("first_heard_at LIKE '____-__-__T__:__:__%Z'", name=op.f("ck_url_first_heard_at")),
        sa.CheckConstraint("last_ok_at LIKE '____-__-__T__:__:__%Z'", name=op.f("ck_url_last_ok_at")),
        sa.CheckConstraint("last_tried_at LIKE '____-__-__T__:__:__%Z'", name=op.f("ck_url_last_tried_at")),
        sa.CheckConstraint("revisit_at LIKE '____-__-__T__:__:__%Z'", name=op.f("ck_url_revisit_at")),
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
        sa.CheckConstraint("(revisit_at IS NULL) = (interval_s IS NULL)", name=op.f("ck_url_revisit")),
        sa.CheckConstraint("checks >= changes AND changes >= 0", name=op.f("ck_url_checks")),
        sa.CheckConstraint("interval_s > 0", name=op.f("ck_url_interval_s")),
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


def _article_event() -> None:
    op.create_table(
        "article_event",
        sa.Column("article_key", sa.Integer(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("capture_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("from_url", sa.Text(), nullable=True),
        sa.Column("to_url", sa.Text(), nullable=True),
        sa.CheckConstraint("at LIKE '____-__-__T__:__:__%Z'", name=op.f("ck_article_event_at")),
        sa.CheckConstraint(
            "event <> 'moved' OR (from_url IS NOT NULL AND to_url IS NOT NULL)",
            name=op.f("ck_article_event_moved"),
        ),
        sa.CheckConstraint("event IN ('gone', 'back', 'moved')", name=op.f("ck_article_event_event")),
        sa.ForeignKeyConstraint(["article_key"], ["article.id"], name=op.f("fk_article_event_article_key")),
        sa.ForeignKeyConstraint(["capture_id"], ["capture.id"], name=op.f("fk_article_event_capture_id")),
        sa.PrimaryKeyConstraint("article_key", "at", "event", name=op.f("pk_article_event")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_article_event_at", "article_event", ["at"], unique=False)


def _correction() -> None:
    op.create_table(
        "correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("capture_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("reader_before", sa.Text(), nullable=True),
        sa.Column("reader_after", sa.Text(), nullable=False),
        sa.CheckConstraint('"before" IS NOT "after"', name=op.f("ck_correction_differs")),
        sa.ForeignKeyConstraint(["capture_id"], ["capture.id"], name=op.f("fk_correction_capture_id")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_correction_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
        sqlite_strict=True,
    )
    op.create_index("ix_correction_capture", "correction", ["capture_id"], unique=False)
    op.create_index("ix_correction_run", "correction", ["run_id"], unique=False)
