"""Bring a connection's archive to the newest schema."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from storage.views import drop_views, sync_views


def config(connection: Connection) -> Config:
    """Alembic's configuration for these migrations on `connection`; needs no file."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def upgrade(connection: Connection) -> None:
    """Run every step that is missing, then put the views in place.

    The caller holds the transaction: killed in between, the archive stays as it was.
    """
    drop_views(connection)
    command.upgrade(config(connection), "head")
    sync_views(connection)
