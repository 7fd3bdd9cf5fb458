"""What stands in an archive: what two archives of one site have in common, and what must not be lost."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from storage.archive import FILE_NAME, open_archive
from storage.compare import archive_content
from storage.migrations import HEAD
from storage.verify import verify

Content = dict[str, Any]
PASSED = ("records-unnamed", "torn-end", "lock-stale", "no-checksum", "warc-unnamed", "quarantine")
"""Notes of `verify` that a command which was killed may leave."""
_MORE = {
    "captures": """
SELECT u.url, c.kind, c.status, c.sha256, c.size, c.record_type, c.payload_digest, c.truncated, c.file_name
FROM capture c LEFT JOIN url u ON u.id = c.url_id WHERE u.kind IS NOT 'robots'""",
    "due": "SELECT url FROM url WHERE due_at IS NOT NULL",
    "alarms": "SELECT field, layout, lost, pages, cleared_why FROM alarms",
    "quarantine": "SELECT url, fields, held, judged FROM quarantined",
    "corrections": """
SELECT n.field, n.before, n.after, u.url FROM correction n JOIN capture c ON c.id = n.capture_id
LEFT JOIN url u ON u.id = c.url_id""",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What of an archive must not be lost: what was done when the command was stopped."""

    done: frozenset[str]
    """Paths that need not be asked again."""
    pages: frozenset[tuple[str, str]]
    """Address and digest of every capture."""
    complete: bool = False
    """Whether the command is written down as having come to its end: what stops it then changes nothing."""


def content(archive: Path) -> Content:
    """Everything that two archives of the same site have in common: records, states, captures, and what is
    made of a change of the site."""
    with open_archive(archive, read_only=True) as opened:
        found: Content = archive_content(opened)
        with opened.engine.connect() as connection:
            for part, sql in _MORE.items():
                found[part] = Counter(tuple(row) for row in connection.exec_driver_sql(sql))
    return found


def stopped(archive: Path, begun: str = "") -> Standing:
    """Check an archive that a command left in whatever state, and say what stands in it.

    `begun`: what was done before (UTC text) is no work of this trial. Raises `AssertionError`: SQLite's
    checks, foreign keys, every record and digest (`verify`); of an older schema only what SQLite checks.
    """
    nothing = Standing(frozenset(), frozenset())
    if not (archive / FILE_NAME).exists() or not (archive / FILE_NAME).stat().st_size:
        return nothing
    # A copy is looked at, as a person could do: to look at the place itself must not mend it.
    with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
        copy = Path(folder) / "archive"
        shutil.copytree(archive, copy)
        with closing(sqlite3.connect(copy / FILE_NAME)) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert database.execute("PRAGMA foreign_key_check").fetchall() == []
            if not database.execute(
                "SELECT name FROM sqlite_master WHERE name = 'alembic_version'"
            ).fetchone():
                return nothing
            if database.execute("SELECT version_num FROM alembic_version").fetchone() != (HEAD,):
                return nothing
            standing = _standing(database, begun)
        assert_sound(copy, PASSED)
    return standing


def _standing(database: sqlite3.Connection, begun: str) -> Standing:
    def rows(sql: str, *values: str) -> list[Any]:
        return database.execute(sql, values).fetchall()

    unkept = rows(
        "SELECT url FROM url WHERE state IN ('stored', 'alias') AND id NOT IN "
        "(SELECT url_id FROM capture WHERE url_id IS NOT NULL)"
    )
    assert unkept == [], "marked as done, and not stored"
    done = rows("SELECT url FROM url WHERE due_at IS NULL AND last_tried_at >= ? AND kind <> 'robots'", begun)
    ended = rows("SELECT id FROM run WHERE started_at >= ? AND outcome IN ('complete', 'changed')", begun)
    return Standing(
        frozenset(urlsplit(url).path for (url,) in done),
        frozenset(rows("SELECT u.url, c.sha256 FROM capture c LEFT JOIN url u ON u.id = c.url_id")),
        bool(ended),
    )


def assert_sound(archive: Path, passed: Sequence[str] = ("records-unnamed", "quarantine")) -> None:
    """Have every record and every digest looked at (`verify`). Raises `AssertionError` for what is found but
    these notes."""
    report = verify(archive, workers=1)
    wrong = [finding for finding in report.findings if finding.code not in passed]
    assert not wrong, wrong
