"""The writer's statements, as PostgreSQL gets them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from crawler.cli.errors import as_user_error
from crawler.exits import ExitCode
from storage.archive import open_archive
from storage.db import Db
from storage.errors import RolledBack
from storage.postgresql.cursor import translated
from tests.postgresql import Server

TOPIC = "INSERT INTO topic (text, normal) VALUES (?, ?)"


@pytest.fixture
def db(server: Server, tmp_path: Path) -> Iterator[Db]:
    with open_archive(tmp_path, create=True, database=server.new()) as archive:
        yield Db(archive.connection)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("SELECT a IS ?, b IS NOT ?", "SELECT a IS NOT DISTINCT FROM %s, b IS DISTINCT FROM %s"),
        ("SELECT a IS NULL, b IS NOT NULL", "SELECT a IS NULL, b IS NOT NULL"),
        ("SELECT (a, b) IS NOT (?, c.d)", "SELECT (a, b) IS DISTINCT FROM (%s, c.d)"),
        ("INSERT OR IGNORE INTO temp.x SELECT ?", "INSERT INTO pg_temp.x SELECT %s ON CONFLICT DO NOTHING"),
        ("SELECT a LIKE 'x%', b = ?", "SELECT a LIKE 'x%%', b = %s"),
    ],
)
def test_what_postgresql_says_otherwise(ours: str, theirs: str) -> None:
    assert translated(ours) == theirs


def test_absent_values_are_compared_as_in_sqlite(db: Db) -> None:
    assert db.all("SELECT CAST(? AS TEXT) IS ?, CAST(? AS TEXT) IS NOT ?", None, None, "a", None) == [(1, 1)]


def test_numbers_of_rows_have_no_gaps(db: Db) -> None:
    with suppress(ZeroDivisionError), db.transaction():
        assert db.insert(TOPIC, "one", "one") == 1
        raise ZeroDivisionError
    assert [db.insert(TOPIC, name, name) for name in ("two", "three", "four")] == [1, 2, 3]
    db.run("DELETE FROM topic WHERE id = 3")
    db.run("INSERT INTO topic (text, normal) SELECT text || ?, normal FROM topic ORDER BY id", "!")
    assert db.column("SELECT id FROM topic ORDER BY id") == [1, 2, 3, 4]


def test_what_is_committed_is_what_was_done(db: Db) -> None:
    """A statement that failed takes all others of its transaction with it, whoever caught its error."""
    with pytest.raises(RolledBack) as raised, db.transaction():
        db.insert(TOPIC, "one", "one")
        with suppress(psycopg.Error):
            db.insert(TOPIC, "one", "one")
    known = as_user_error(raised.value)
    assert known is not None
    assert known.code is ExitCode.STORAGE
    assert db.value("SELECT count(*) FROM topic") == 0


def test_text_that_no_database_takes(db: Db) -> None:
    number = db.insert(TOPIC, "a\0b", "x")
    assert db.value("SELECT text FROM topic WHERE id = ?", number) == "a\ufffdb"
    assert db.value("SELECT id FROM topic WHERE text = ?", "a\0b") == number
    with pytest.raises(UnicodeEncodeError), db.transaction():
        db.insert(TOPIC, "\ud83d", "x")
    assert db.value("SELECT count(*) FROM topic") == 1
