"""How runs ended: exit codes, whose process it was, skipped and killed runs; what became of addresses by run.

Revises: 0003
"""

# Constraints are kept on one line each, so that they can be compared with what SQLite says of its tables.
# ruff: noqa: E501

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.migrations.rebuild import rebuild

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_KILLED = "CASE WHEN outcome = 'stopped' AND reason = 'ended without saying why (killed?)' THEN 'killed' ELSE outcome END"
# The run in which an address came into the state it is in: the last that had begun when it was last tried.
_STATES = """
INSERT INTO url_history (url_id, run_id, state, reason)
SELECT id, run_id, state, reason FROM (
    SELECT u.id, u.state, u.reason, coalesce(
        (SELECT max(n.id) FROM run n WHERE n.site = u.site AND n.started_at <= coalesce(u.last_tried_at, u.first_heard_at)),
        u.first_heard_run, (SELECT min(n.id) FROM run n WHERE n.site = u.site)) AS run_id
    FROM url u WHERE u.state <> 'waiting'
) WHERE run_id IS NOT NULL
"""
_NOTE = """
BEGIN
    INSERT INTO url_history (url_id, run_id, state, reason)
    SELECT new.id, run.id, new.state, new.reason FROM run WHERE ended_at IS NULL ORDER BY id DESC LIMIT 1
    ON CONFLICT (url_id, run_id) DO UPDATE SET state = excluded.state, reason = excluded.reason;
END
"""


def upgrade() -> None:
    """Reshape `run`, add the history of addresses, and what keeps it."""
    rebuild("run", _run, new={"outcome": _KILLED})
    op.create_index("ix_capture_run", "capture", ["run_id"], unique=False)
    _url_history()
    op.execute(_STATES)
    # Whoever writes to `url` can't forget it. A later rebuild of `url` has to make both anew.
    op.execute(
        f"CREATE TRIGGER url_history_heard AFTER INSERT ON url WHEN new.state <> 'waiting' {_NOTE.strip()}"
    )
    op.execute(
        "CREATE TRIGGER url_history_changed AFTER UPDATE OF state, reason ON url "
        f"WHEN old.state <> new.state OR old.reason <> new.reason {_NOTE.strip()}"
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
        sa.Column("exit_code", sa.Integer(), nullable=True),
        sa.Column("pid", sa.Integer(), nullable=True),
        sa.Column("host", sa.Text(), nullable=True),
        sa.Column("program_version", sa.Text(), nullable=False),
        sa.Column("reader_version", sa.Text(), nullable=False),
        sa.Column("profile_digest", sa.Text(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.CheckConstraint("ended_at LIKE '____-__-__T__:__:__%Z'", name=op.f("ck_run_ended_at")),
        sa.CheckConstraint("kind IN ('crawl', 'import', 'demo', 'reread')", name=op.f("ck_run_kind")),
        sa.CheckConstraint(
            "outcome IN ('complete', 'incomplete', 'stopped', 'limit', 'failed', 'blocked', 'changed', 'skipped', 'killed')",
            name=op.f("ck_run_outcome"),
        ),
        sa.CheckConstraint("started_at LIKE '____-__-__T__:__:__%Z'", name=op.f("ck_run_started_at")),
        sa.CheckConstraint(
            "(ended_at IS NULL AND outcome IS NULL) OR (ended_at IS NOT NULL AND outcome IS NOT NULL)",
            name=op.f("ck_run_ended_with_outcome"),
        ),
        sa.CheckConstraint("outcome IS NULL OR reason IS NOT NULL", name=op.f("ck_run_outcome_with_reason")),
        sa.CheckConstraint(
            "exit_code IS NULL OR outcome IS NOT NULL", name=op.f("ck_run_exit_code_with_outcome")
        ),
        sa.CheckConstraint("exit_code BETWEEN 0 AND 255", name=op.f("ck_run_exit_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
        sqlite_strict=True,
    )


def _url_history() -> None:
    op.create_table(
        "url_history",
        sa.Column("url_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'stored', 'redirected', 'alias', 'gone', 'failed', 'refused')",
            name=op.f("ck_url_history_state"),
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_url_history_run_id")),
        sa.ForeignKeyConstraint(["url_id"], ["url.id"], name=op.f("fk_url_history_url_id")),
        sa.PrimaryKeyConstraint("url_id", "run_id", name=op.f("pk_url_history")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
