"""Bring a connection's archive to the newest schema."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from storage.errors import ArchiveDamaged
from storage.views import drop_views, sync_views

FOLDER = Path(__file__).parent


@contextmanager
def _on_disk() -> Iterator[Path]:
    """The migrations as files, which Alembic needs: unpacked when the program runs out of an egg or a zip."""
    if FOLDER.is_dir():
        yield FOLDER
        return
    with TemporaryDirectory(prefix="msarchive-") as made:
        target = Path(made)
        (target / "versions").mkdir()
        packed = files("storage.migrations")
        for folder in (packed, packed / "versions"):
            for file in folder.iterdir():
                if file.name.endswith(".py"):
                    place = target if folder is packed else target / "versions"
                    (place / file.name).write_bytes(file.read_bytes())
        yield target


def config(connection: Connection, folder: Path = FOLDER) -> Config:
    """Alembic's configuration for these migrations, which are in `folder`, on `connection`; needs no file."""
    made = Config()
    made.set_main_option("script_location", str(folder).replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def upgrade_postgresql(connection: Connection) -> None:
    """Run every step that is missing on an archive in PostgreSQL, from `IN_POSTGRESQL` on, and put today's
    functions, views and triggers in place. What roles may read of the views has to be granted again then.

    The caller holds the transaction: killed in between, the archive stays as it was.
    """
    from storage.postgresql import schema

    schema.drop_views(connection)  # which would hold on to the columns that they show
    with _on_disk() as folder:
        command.upgrade(config(connection, folder), "head")
    schema.finish(connection)


def upgrade(connection: Connection) -> None:
    """Run every step that is missing, check foreign keys, then put the views in place.

    The caller holds the transaction, and has switched foreign keys off: killed in between, the archive stays
    as it was. Raises `ArchiveDamaged` when a row refers to one that is not there.
    """
    drop_views(connection)
    # Else a table that steps aside for its new shape would take along all that refers to it.
    connection.exec_driver_sql("PRAGMA legacy_alter_table = ON")
    try:
        with _on_disk() as folder:
            command.upgrade(config(connection, folder), "head")
    finally:
        connection.exec_driver_sql("PRAGMA legacy_alter_table = OFF")
    lost = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if lost is not None:
        raise ArchiveDamaged(f"a row of {lost[0]} refers to one of {lost[2]} that is not there")
    sync_views(connection)
