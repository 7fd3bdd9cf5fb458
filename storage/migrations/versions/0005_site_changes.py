"""What readings had of the fields expected of them, readings that are held back, alarms.

Revises: 0004
"""

# Constraints are kept on one line each, so that they can be compared with what SQLite says of its tables.
# ruff: noqa: E501

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Four new tables. What was read before has no rows in them: revisions and card lists tell what it had."""
    _reading_shape()
    _capture_fields()
    _quarantine()
    _alarm()


def _reading_shape() -> None:
    op.create_table(
        "reading_shape",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("layout", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("lacking", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_shape")),
        sa.UniqueConstraint("layout", "shown", "lacking", name=op.f("uq_reading_shape_layout_shown_lacking")),
        sqlite_strict=True,
    )


def _capture_fields() -> None:
    op.create_table(
        "capture_fields",
        sa.Column("capture_id", sa.Integer(), nullable=False),
        sa.Column("shape_id", sa.Integer(), nullable=False),
        sa.Column("lost", sa.Text(), nullable=True),
        sa.Column("judged", sa.Integer(), nullable=False),
        sa.CheckConstraint("judged IN (0, 1)", name=op.f("ck_capture_fields_judged")),
        sa.ForeignKeyConstraint(["capture_id"], ["capture.id"], name=op.f("fk_capture_fields_capture_id")),
        sa.ForeignKeyConstraint(["shape_id"], ["reading_shape.id"], name=op.f("fk_capture_fields_shape_id")),
        sa.PrimaryKeyConstraint("capture_id", name=op.f("pk_capture_fields")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_capture_fields_to_judge",
        "capture_fields",
        ["capture_id"],
        unique=False,
        sqlite_where=sa.text("judged = 0"),
        postgresql_where=sa.text("judged = 0"),
    )


def _quarantine() -> None:
    op.create_table(
        "quarantine",
        sa.Column("capture_id", sa.Integer(), nullable=False),
        sa.Column("article_key", sa.Integer(), nullable=True),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("doubts", sa.Text(), nullable=True),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("since", sa.Text(), nullable=False),
        sa.CheckConstraint("held IN (0, 1)", name=op.f("ck_quarantine_held")),
        sa.CheckConstraint("since LIKE '____-__-__T__:__:__%Z'", name=op.f("ck_quarantine_since")),
        sa.ForeignKeyConstraint(
            ["article_key"], ["article.id"], name=op.f("fk_quarantine_article_key"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["capture_id"], ["capture.id"], name=op.f("fk_quarantine_capture_id")),
        sa.PrimaryKeyConstraint("capture_id", name=op.f("pk_quarantine")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_quarantine_article",
        "quarantine",
        ["article_key"],
        unique=False,
        sqlite_where=sa.text("article_key IS NOT NULL"),
        postgresql_where=sa.text("article_key IS NOT NULL"),
    )


def _alarm() -> None:
    op.create_table(
        "alarm",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("layout", sa.Text(), nullable=True),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("raised_at", sa.Text(), nullable=False),
        sa.Column("since_capture_id", sa.Integer(), nullable=False),
        sa.Column("lost", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("instead", sa.Text(), nullable=False),
        sa.Column("cleared_at", sa.Text(), nullable=True),
        sa.Column("cleared_why", sa.Text(), nullable=True),
        sa.Column("cleared_after", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(cleared_at IS NULL) = (cleared_why IS NULL) AND (cleared_at IS NULL) = (cleared_after IS NULL)",
            name=op.f("ck_alarm_cleared"),
        ),
        sa.CheckConstraint("cleared_at LIKE '____-__-__T__:__:__%Z'", name=op.f("ck_alarm_cleared_at")),
        sa.CheckConstraint("field <> '' AND instead <> ''", name=op.f("ck_alarm_filled")),
        sa.CheckConstraint("lost > 0 AND pages >= lost", name=op.f("ck_alarm_share")),
        sa.CheckConstraint("raised_at LIKE '____-__-__T__:__:__%Z'", name=op.f("ck_alarm_raised_at")),
        sa.ForeignKeyConstraint(["cleared_after"], ["capture.id"], name=op.f("fk_alarm_cleared_after")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_alarm_run_id")),
        sa.ForeignKeyConstraint(["since_capture_id"], ["capture.id"], name=op.f("fk_alarm_since_capture_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_alarm_standing",
        "alarm",
        ["site", "field"],
        unique=True,
        sqlite_where=sa.text("cleared_at IS NULL"),
        postgresql_where=sa.text("cleared_at IS NULL"),
    )
