"""What articles are about, and which say nearly the same; indexes for searching many articles.

Revises: 0006
"""

# Constraints are kept on one line each, so that they can be compared with what SQLite says of its tables.
# ruff: noqa: E501

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Four new tables, empty: the next run that ends fills them from the revisions. Nothing else changes but indexes."""
    _article_profile()
    _article_term()
    _article_band()
    _near_duplicate()
    _search_indexes()


def _article_profile() -> None:
    op.create_table(
        "article_profile",
        sa.Column("article_key", sa.Integer(), nullable=False),
        sa.Column("content_digest", sa.Text(), nullable=False),
        sa.Column("method", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("article_key", name=op.f("pk_article_profile")),
        sqlite_strict=True,
    )


def _article_term() -> None:
    op.create_table(
        "article_term",
        sa.Column("article_key", sa.Integer(), nullable=False),
        sa.Column("is_topic", sa.Integer(), nullable=False),
        sa.Column("term", sa.Text(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.CheckConstraint("is_topic IN (0, 1)", name=op.f("ck_article_term_is_topic")),
        sa.CheckConstraint("term <> ''", name=op.f("ck_article_term_term")),
        sa.CheckConstraint("weight BETWEEN 1 AND 3", name=op.f("ck_article_term_weight")),
        sa.ForeignKeyConstraint(
            ["article_key"], ["article_profile.article_key"], name=op.f("fk_article_term_article_key")
        ),
        sa.PrimaryKeyConstraint("article_key", "is_topic", "term", name=op.f("pk_article_term")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_article_term_term", "article_term", ["term", "is_topic"], unique=False)


def _article_band() -> None:
    op.create_table(
        "article_band",
        sa.Column("article_key", sa.Integer(), nullable=False),
        sa.Column("band", sa.Integer(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.CheckConstraint("band >= 0", name=op.f("ck_article_band_band")),
        sa.ForeignKeyConstraint(
            ["article_key"], ["article_profile.article_key"], name=op.f("fk_article_band_article_key")
        ),
        sa.PrimaryKeyConstraint("article_key", "band", name=op.f("pk_article_band")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_article_band_value", "article_band", ["value"], unique=False)


def _near_duplicate() -> None:
    op.create_table(
        "near_duplicate",
        sa.Column("article_key", sa.Integer(), nullable=False),
        sa.Column("other_key", sa.Integer(), nullable=False),
        sa.Column("shared", sa.Integer(), nullable=False),
        sa.Column("either", sa.Integer(), nullable=False),
        sa.CheckConstraint("article_key < other_key", name=op.f("ck_near_duplicate_order")),
        sa.CheckConstraint("shared > 0 AND shared <= either", name=op.f("ck_near_duplicate_shared")),
        sa.ForeignKeyConstraint(
            ["article_key"], ["article_profile.article_key"], name=op.f("fk_near_duplicate_article_key")
        ),
        sa.ForeignKeyConstraint(
            ["other_key"], ["article_profile.article_key"], name=op.f("fk_near_duplicate_other_key")
        ),
        sa.PrimaryKeyConstraint("article_key", "other_key", name=op.f("pk_near_duplicate")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_near_duplicate_other", "near_duplicate", ["other_key"], unique=False)


def _search_indexes() -> None:
    """What matches a search is found by walking an index, newest first, or counted by one alone."""
    op.drop_index("ix_article_published", "article")
    op.create_index("ix_article_newest", "article", ["published_iso", "key", "site"], unique=False)
    superseded, current = sa.text("is_current = 0"), sa.text("is_current = 1")
    for name, column, where in (
        ("superseded", "id", superseded),
        ("journal", "journal_id", current),
        ("credibility", "credibility", current),
        ("interest", "interest", current),
    ):
        op.create_index(
            f"ix_revision_{name}",
            "revision",
            [column],
            unique=False,
            sqlite_where=where,
            postgresql_where=where,
        )
