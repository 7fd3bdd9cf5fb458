"""A digest of each capture's reading, so that reading again can tell what reads as before.

Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One new column: NULL for what is there, which the next reread makes anew and fills in."""
    op.add_column("capture", sa.Column("reading_digest", sa.Text(), nullable=True))
