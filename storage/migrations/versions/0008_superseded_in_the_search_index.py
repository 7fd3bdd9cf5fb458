"""Superseded revisions stand apart in the full-text index: under their number with a minus before it.

Revises: 0007
"""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TEXTS = """title, takeaway, (SELECT group_concat(t.text, char(10)) FROM (
    SELECT p.text AS text FROM section s
    JOIN section_paragraph sp ON sp.revision_id = s.revision_id AND sp.section_position = s.position
    JOIN passage p ON p.id = sp.passage_id
    WHERE s.revision_id = r.id AND s.kind <> 'unplaced'
    ORDER BY sp.section_position, sp.position) t)
FROM revision r WHERE is_current = 0"""


def upgrade() -> None:
    """Nothing but the index changes: the current revisions stay in their places."""
    columns = "rowid, title, takeaway, sections"
    # FTS5 is told the old values, as they were when they were put in.
    op.execute(f"INSERT INTO article_search (article_search, {columns}) SELECT 'delete', id, {_TEXTS}")
    op.execute(f"INSERT INTO article_search ({columns}) SELECT -id, {_TEXTS}")
