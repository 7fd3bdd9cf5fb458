"""Schema migrations (Alembic), shipped with the package and run when a writer opens an older archive.

A new archive is made from `newest`, which is what they come to: after adding a migration, and setting `HEAD`
and `KNOWN`, run `python -m storage.migrations.freeze`.
"""

from __future__ import annotations

HEAD = "0008"
"""The newest revision in `versions/`. Kept here so that opening an archive that is up to date does not have
to import Alembic."""

KNOWN = frozenset({"0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008"})
"""Every revision this program knows; an archive at another one was made by a newer program."""

IN_POSTGRESQL = "0008"
"""The schema with which archives in PostgreSQL began: the steps up to it reshape SQLite's tables, all later
ones serve both databases."""
