"""Bring a connection's archive to the newest schema."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from storage.errors import ArchiveDamaged
from storage.views import drop_views, sync_views


def config(connection: Connection) -> Config:
    """Alembic's configuration for these migrations on `connection`; needs no file."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def upgrade(connection: Connection) -> None:
    """Run every step that is missing, check foreign keys, then put the views in place.

    The caller holds the transaction, and has switched foreign keys off: killed in between, the archive stays
    as it was. Raises `ArchiveDamaged` when a row refers to one that is not there.
    """
    drop_views(connection)
    # Else a table that steps aside for its new shape would take along all that refers to it.
    connection.exec_driver_sql("PRAGMA legacy_alter_table = ON")
    try:
        command.upgrade(config(connection), "head")
    finally:
        connection.exec_driver_sql("PRAGMA legacy_alter_table = OFF")
    lost = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if lost is not None:
        raise ArchiveDamaged(f"a row of {lost[0]} refers to one of {lost[2]} that is not there")
    sync_views(connection)
