"""What Alembic runs: the steps, on the connection and in the transaction that the caller holds.

Never in batch mode: on SQLite it drops and copies whole tables, and with foreign keys on that deletes the
rows that refer to them.
"""

from __future__ import annotations

from alembic import context

from storage.models import Base

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Base.metadata, render_as_batch=False
)
with context.begin_transaction():
    context.run_migrations()
