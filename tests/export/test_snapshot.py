"""The SQLite snapshot: what the views show, as tables that any tool reads."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from storage.archive import open_archive
from storage.export import sqlite_snapshot
from storage.export.choice import Choice
from storage.export.exporting import Export
from storage.views import VIEWS
from tests.conftest import Database

LEFT_OUT = {"search_documents", "related_articles"}
TABLES = [view.name for view in VIEWS if view.name not in LEFT_OUT]


@pytest.fixture(scope="module")
def files(lived: Path, database: Database, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same snapshot twice."""
    folder = tmp_path_factory.mktemp("snapshots")
    found = folder / "a.db", folder / "b.db"
    with (
        open_archive(lived, read_only=True, database=database(lived)) as archive,
        archive.engine.connect() as connection,
    ):
        for path in found:
            Export(connection, Choice(), "sqlite", program_version="0").to_file(path)
    return found


@pytest.fixture
def snapshot(files: tuple[Path, Path]) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"file:{files[0]}?mode=ro", uri=True)) as database:
        yield database


def test_the_same_archive_gives_the_same_bytes(files: tuple[Path, Path]) -> None:
    first, second = (path.read_bytes() for path in files)
    assert first == second


def test_it_is_sound(snapshot: sqlite3.Connection) -> None:
    assert snapshot.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert snapshot.execute("PRAGMA foreign_key_check").fetchall() == []
    assert snapshot.execute("PRAGMA freelist_count").fetchone() == (0,)


@pytest.mark.parametrize("name", TABLES)
def test_each_view_is_a_table(snapshot: sqlite3.Connection, connection: Connection, name: str) -> None:
    theirs = connection.execute(text(f"SELECT * FROM {name}"))
    ours = snapshot.execute(f"SELECT * FROM {name}")
    assert [column[0] for column in ours.description] == list(theirs.keys())
    assert sorted(map(repr, ours.fetchall())) == sorted(repr(tuple(row)) for row in theirs)


def test_what_is_worked_out_for_each_who_asks_is_no_table(snapshot: sqlite3.Connection) -> None:
    names = {name for (name,) in snapshot.execute("SELECT name FROM sqlite_master")}
    assert not names & LEFT_OUT


def test_it_can_be_searched(snapshot: sqlite3.Connection) -> None:
    found = snapshot.execute(
        "SELECT id FROM articles WHERE rowid IN "
        "(SELECT rowid FROM articles_fts WHERE articles_fts MATCH 'light')"
    ).fetchall()
    assert ("u5LbN8",) in found


def test_a_disk_that_is_full_is_no_damaged_archive(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(database: sqlite3.Connection, *_: object) -> int:
        database.execute("PRAGMA max_page_count = 3")
        database.execute("CREATE TABLE big AS SELECT hex(zeroblob(100000))")
        return 0

    monkeypatch.setattr(sqlite_snapshot, "_fill", full)
    with pytest.raises(OSError) as failed:
        Export(connection, Choice(), "sqlite", program_version="0").to_file(tmp_path / "a.db")
    assert failed.value.errno == errno.ENOSPC
    assert list(tmp_path.iterdir()) == []
