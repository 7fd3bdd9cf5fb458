"""Captures move into WARC files; the database says where each record is.

Revises: 0002
"""

# Constraints are kept on one line each, so that they can be compared with what SQLite says of its tables.
# ruff: noqa: E501

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.migrations.moving import move_bodies
from storage.migrations.rebuild import rebuild

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_MOVED = (
    "record_type", "record_id", "warc_offset", "warc_length", "block_digest", "payload_digest", "refers_to_id",
    "sha256", "size", "exact",
)  # fmt: skip

# What a redirect said is in its reason; what a page named as its own address only the address knows, as of now.
_TARGET = """
CASE kind
WHEN 'redirect' THEN (SELECT t.id FROM url t WHERE t.url = substr(old_capture.reason, length('redirects to ') + 1) AND t.id <> old_capture.url_id)
WHEN 'summary' THEN (SELECT u.target_url_id FROM url u WHERE u.id = old_capture.url_id AND u.state = 'alias')
END
"""
_GONE = """
INSERT INTO article_event (article_key, at, event, capture_id, status, to_url)
SELECT a.id, a.gone_since, 'gone', c.id, c.status, u.url
FROM article a JOIN url u ON u.site = a.site AND u.article_id = a.article_id
JOIN capture c ON c.url_id = u.id AND c.kind = 'gone' AND c.captured_at = a.gone_since
WHERE a.gone_since IS NOT NULL GROUP BY a.id
"""


def upgrade() -> None:
    """Write every body into a WARC record, then give `capture` its place in it."""
    _warc_file()
    move_bodies(op.get_bind())
    of_capture = "FROM moved m WHERE m.capture_id = old_capture.id"
    rebuild(
        "capture",
        _capture,
        new={
            **{name: f"(SELECT m.{name} {of_capture})" for name in _MOVED},
            "warc_file_id": "(SELECT f.id FROM warc_file f JOIN moved m ON m.file = f.name WHERE m.capture_id = old_capture.id)",
            "target_url_id": _TARGET,
        },
    )
    op.execute(_GONE)
    op.execute("DROP TABLE moved")
    op.execute("DROP TABLE body")


def _warc_file() -> None:
    op.create_table(
        "warc_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.CheckConstraint("created_at LIKE '____-__-__T__:__:__%Z'", name=op.f("ck_warc_file_created_at")),
        sa.CheckConstraint("name <> '' AND size >= 0", name=op.f("ck_warc_file_filled")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_warc_file_sha256")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_warc_file_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_warc_file")),
        sa.UniqueConstraint("name", name=op.f("uq_warc_file_name")),
        sqlite_strict=True,
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
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("record_type", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("warc_file_id", sa.Integer(), nullable=False),
        sa.Column("warc_offset", sa.Integer(), nullable=False),
        sa.Column("warc_length", sa.Integer(), nullable=False),
        sa.Column("request_offset", sa.Integer(), nullable=True),
        sa.Column("request_length", sa.Integer(), nullable=True),
        sa.Column("block_digest", sa.Text(), nullable=False),
        sa.Column("payload_digest", sa.Text(), nullable=False),
        sa.Column("refers_to_id", sa.Integer(), nullable=True),
        sa.Column("exact", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=True),
        sa.Column("truncated", sa.Text(), nullable=True),
        sa.Column("ip_address", sa.Text(), nullable=True),
        sa.Column("reader_version", sa.Text(), nullable=True),
        sa.Column("profile_digest", sa.Text(), nullable=True),
        sa.Column("article_key", sa.Integer(), nullable=True),
        sa.Column("revision_id", sa.Integer(), nullable=True),
        sa.Column("card_list_id", sa.Integer(), nullable=True),
        sa.Column("target_url_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(record_type = 'revisit') = (refers_to_id IS NOT NULL)", name=op.f("ck_capture_revisit")
        ),
        sa.CheckConstraint("captured_at LIKE '____-__-__T__:__:__%Z'", name=op.f("ck_capture_captured_at")),
        sa.CheckConstraint("kind <> ''", name=op.f("ck_capture_kind")),
        sa.CheckConstraint("origin IN ('crawl', 'import')", name=op.f("ck_capture_origin")),
        sa.CheckConstraint(
            "record_type IN ('response', 'revisit', 'resource')", name=op.f("ck_capture_record_type")
        ),
        sa.CheckConstraint(
            "(article_key IS NULL) = (revision_id IS NULL)", name=op.f("ck_capture_article_with_revision")
        ),
        sa.CheckConstraint(
            "(request_offset IS NULL) = (request_length IS NULL)", name=op.f("ck_capture_request")
        ),
        sa.CheckConstraint("exact IN (0, 1)", name=op.f("ck_capture_exact")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_capture_sha256")),
        sa.CheckConstraint("refers_to_id <> id", name=op.f("ck_capture_not_its_own_revisit")),
        sa.CheckConstraint(
            "size >= 0 AND warc_offset >= 0 AND warc_length > 0", name=op.f("ck_capture_place")
        ),
        sa.CheckConstraint(
            "url_id IS NOT NULL OR file_name IS NOT NULL", name=op.f("ck_capture_url_or_file")
        ),
        sa.ForeignKeyConstraint(["article_key"], ["article.id"], name=op.f("fk_capture_article_key")),
        sa.ForeignKeyConstraint(["card_list_id"], ["card_list.id"], name=op.f("fk_capture_card_list_id")),
        sa.ForeignKeyConstraint(["refers_to_id"], ["capture.id"], name=op.f("fk_capture_refers_to_id")),
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"], name=op.f("fk_capture_revision_id")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_capture_run_id")),
        sa.ForeignKeyConstraint(["target_url_id"], ["url.id"], name=op.f("fk_capture_target_url_id")),
        sa.ForeignKeyConstraint(["url_id"], ["url.id"], name=op.f("fk_capture_url_id")),
        sa.ForeignKeyConstraint(["warc_file_id"], ["warc_file.id"], name=op.f("fk_capture_warc_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capture")),
        sa.UniqueConstraint("record_id", name=op.f("uq_capture_record_id")),
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
        "ix_capture_card_list",
        "capture",
        ["card_list_id", "captured_at"],
        unique=False,
        sqlite_where=sa.text("card_list_id IS NOT NULL"),
        postgresql_where=sa.text("card_list_id IS NOT NULL"),
    )
    op.create_index(
        "ix_capture_payload",
        "capture",
        ["payload_digest"],
        unique=False,
        sqlite_where=sa.text("record_type <> 'revisit'"),
        postgresql_where=sa.text("record_type <> 'revisit'"),
    )
    op.create_index(
        "ix_capture_refers_to",
        "capture",
        ["refers_to_id"],
        unique=False,
        sqlite_where=sa.text("refers_to_id IS NOT NULL"),
        postgresql_where=sa.text("refers_to_id IS NOT NULL"),
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
    op.create_index("ix_capture_warc", "capture", ["warc_file_id", "warc_offset"], unique=False)
