"""A copy of an archive in a PostgreSQL database of its own."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.engine import URL

from storage.copying import CannotKeep, CopiedTable, Row, Tell, compared, copy_rows
from storage.postgresql import documents, opening, schema


def copy_into(url: URL, source: Connection, tell: Tell) -> tuple[CopiedTable, ...]:
    """Make the archive that `source` (a reader's connection) shows in an empty database.

    Raises `NotTheSame`, `CannotKeep`, `ArchiveError`; there is nothing in the database then.
    """
    with opening.making(url) as connection:
        copy_rows(source, partial(_insert, connection), tell)
        tell("indexing", "search_documents")
        schema.finish(connection)
        documents.fill(connection)
        copied = compared(source, connection, tell)
        schema.run(connection, "ANALYZE")  # else the planner knows nothing of it until autovacuum comes by
        return copied


def _insert(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    import psycopg

    driver: Any = connection.connection.driver_connection
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    try:
        with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN") as lines:
            for row in rows:
                lines.write_row(row)
    except psycopg.DataError as error:
        raise CannotKeep(f"{table.name} holds what PostgreSQL can't keep: {error}") from None
