"""Whether `archive.db` is sound: as a file, as a SQLite database, as an archive's schema.

On a connection of its own that can't write. Each check is a generator of findings; what a damaged database
makes it raise is for the caller to tell.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from storage import fixity
from storage.migrations.newest import STATEMENTS
from storage.search_index import DDL, TABLE
from storage.verify.findings import Finding

_MOST = 100
"""No more than so many lines of one kind: a database that is torn to pieces gives millions."""
_SHADOWS = ("data", "idx", "docsize", "config")


def connect(path: Path) -> sqlite3.Connection:
    """A connection that sees one state of the database, beside any writer. Raises `sqlite3.Error`."""
    name = quote(str(path.absolute()))
    try:
        connection = sqlite3.connect(f"file:{name}?mode=ro", uri=True, isolation_level=None, timeout=30)
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        if path.with_name(f"{path.name}-wal").exists():
            raise
        # Read-only media: no log can be made, but then nobody writes either.
        connection = sqlite3.connect(f"file:{name}?mode=ro&immutable=1", uri=True, isolation_level=None)
    # A text that is no UTF-8 any more is to be compared, and reported for what it is.
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    connection.execute("PRAGMA temp_store = FILE")
    connection.execute("BEGIN")
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return connection


def checksum(path: Path, *, writing: bool) -> Iterator[Finding]:
    """The file against the checksum that the last writer left. `writing`: a run is at work, so there is
    none."""
    seen = fixity.check(path)
    beside = fixity.checksum_path(path).name
    if seen.state == "changed" and fixity.checksum_path(path).exists():
        # Gone meanwhile: a writer opened the archive and has changed it since.
        yield Finding(
            "database-changed",
            f"the file's SHA-256 is {seen.found}, {beside} says {seen.recorded}",
            path.name,
        )
    elif seen.state == "unreadable":
        yield Finding("checksum-unreadable", "it is no line as sha256sum writes it", beside)
    elif seen.state == "none" and not writing:
        yield Finding(
            "no-checksum",
            "the last run did not end cleanly: a bit that flipped inside a text may go unseen",
            beside,
        )


def structure(connection: sqlite3.Connection, name: str) -> Iterator[Finding]:
    """SQLite's own check: pages, indexes, types, NOT NULL."""
    for (said,) in connection.execute(f"PRAGMA integrity_check({_MOST})").fetchall():
        if said != "ok":
            yield Finding("database-damaged", " ".join(str(said).split()), name)


def foreign_keys(connection: sqlite3.Connection, name: str) -> Iterator[Finding]:
    """Rows that name rows which are not there."""
    for table, rowid, parent, _ in connection.execute("PRAGMA foreign_key_check").fetchmany(_MOST):
        yield Finding(
            "foreign-key", f"{table} row {rowid or '?'} names a row of {parent} that is not there", name
        )


def schema(connection: sqlite3.Connection, name: str) -> Iterator[Finding]:
    """Tables and indexes against those of a new archive. What somebody added is none of our business."""
    fresh = sqlite3.connect(":memory:")
    try:
        for statement in STATEMENTS:
            fresh.execute(statement)
        wanted, found = _definitions(fresh), _definitions(connection)
    finally:
        fresh.close()
    for kind, item in sorted(wanted):
        if (kind, item) not in found:
            yield Finding("schema-changed", f"{kind} {item} is missing", name)
        elif found[kind, item] != wanted[kind, item]:
            yield Finding("schema-changed", f"{kind} {item} is not as this version makes it", name)


def _definitions(connection: sqlite3.Connection) -> dict[tuple[str, str], list[str]]:
    rows = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL"
    )
    # Views are made anew by every writer, and an older version's are as good.
    return {
        # A column that a migration added stands in another place than in a new archive.
        (kind, name): sorted(line.strip().rstrip(",") for line in sql.splitlines())
        for kind, name, sql in rows
    }


def search_index(connection: sqlite3.Connection, name: str) -> Iterator[Finding]:
    """The full-text index against the text.

    FTS5 compares the two only on a command that counts as a write
    (https://sqlite.org/fts5.html#the_integrity_check_command). So its tables are copied into this
    connection's temporary database, over a view of the same text, and compared there.
    """
    connection.execute("CREATE TEMP VIEW search_documents AS SELECT * FROM main.search_documents")
    connection.execute(DDL.replace(f"TABLE {TABLE}", f"TABLE temp.{TABLE}", 1))
    for part in _SHADOWS:
        connection.execute(f"DELETE FROM temp.{TABLE}_{part}")
        connection.execute(f"INSERT INTO temp.{TABLE}_{part} SELECT * FROM main.{TABLE}_{part}")
    try:
        connection.execute(f"INSERT INTO temp.{TABLE} ({TABLE}, rank) VALUES ('integrity-check', 1)")
    except sqlite3.DatabaseError as error:
        yield Finding("search-index", f"it disagrees with the text of the revisions ({error})", name)
