"""An archive that an earlier version made is brought up to date, and loses nothing."""

from __future__ import annotations

import gzip
import json
import sqlite3
import zlib
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from storage import search_index
from storage.archive import open_archive
from storage.bodies import BodyReader
from storage.compare import archive_content
from storage.migrations import HEAD, KNOWN
from storage.migrations.upgrade import config
from storage.views import drop_views
from storage.writer import Writer
from tests.storage.killing import killed_opening

OLD = Path(__file__).parent / "archives" / "0001.sql.gz"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The folder of an archive of the first schema: a crawl of the sample site and two imported files."""
    connection = sqlite3.connect(tmp_path / "archive.db")
    connection.executescript(gzip.decompress(OLD.read_bytes()).decode())
    connection.close()
    return tmp_path


def _bodies(folder: Path) -> dict[int, bytes]:
    connection = sqlite3.connect(folder / "archive.db")
    rows = connection.execute(
        "SELECT c.id, b.encoding, b.content FROM capture c JOIN body b ON b.id = c.body_id"
    ).fetchall()
    connection.close()
    return {n: zlib.decompress(content) if encoding == "zlib" else content for n, encoding, content in rows}


def _rows(folder: Path, sql: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(folder / "archive.db")
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


_KEPT = (
    "SELECT id, run_id, url_id, captured_at, origin, status, headers, kind, reason, media_type, etag, "
    "last_modified, file_name, truncated, ip_address, reader_version, article_key, revision_id, card_list_id "
    "FROM capture ORDER BY id"
)
_URLS = "SELECT id, url, state, reason, depth, lastmod, due_at, etag, target_url_id FROM url ORDER BY id"
_TABLES = (
    "article", "revision", "section", "section_paragraph", "passage", "evidence", "absence", "card_list",
    "card", "card_list_sighting", "url_source", "revision_topic", "topic", "revision_boilerplate",
)  # fmt: skip


def test_nothing_is_lost_on_the_way(old: Path) -> None:
    bodies = _bodies(old)
    before = {sql: _rows(old, sql) for sql in (_KEPT, _URLS, *(f"SELECT * FROM {t}" for t in _TABLES))}
    assert len(bodies) > 80 and len(set(bodies.values())) < len(bodies)
    open_archive(old).close()
    assert _rows(old, "SELECT version_num FROM alembic_version") == [(HEAD,)]
    assert {sql: _rows(old, sql) for sql in before} == before
    with (
        open_archive(old, read_only=True) as archive,
        archive.engine.connect() as connection,
        BodyReader(archive, connection) as reader,
    ):
        assert {number: reader.read(number) for number in bodies} == bodies
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        empty = {part for part, rows in archive_content(archive).items() if not rows}
        filled_later = {"profiles", "near_duplicates"}  # by the next run that ends
        assert empty == {"quarantine", "alarms"} | filled_later


def test_bodies_no_longer_live_in_the_database(old: Path) -> None:
    before = (old / "archive.db").stat().st_size
    open_archive(old).close()
    assert _rows(old, "SELECT name FROM sqlite_master WHERE name = 'body'") == []
    assert (old / "archive.db").stat().st_size < before - sum(
        size for (size,) in _rows(old, "SELECT size FROM warc_file")
    ) // 3  # what later schemas have more of takes its room, too


def test_the_records_say_that_their_heads_are_not_what_came(old: Path) -> None:
    open_archive(old).close()
    kinds = _rows(old, "SELECT record_type, exact, count(*) FROM captures GROUP BY 1, 2 ORDER BY 1, 2")
    assert [row[:2] for row in kinds] == [("resource", 1), ("response", 0), ("revisit", 0)]
    with (
        open_archive(old, read_only=True) as archive,
        archive.engine.connect() as connection,
        BodyReader(archive, connection) as reader,
    ):
        moved = connection.exec_driver_sql(
            "SELECT id, status, headers, refers_to FROM captures WHERE status = 301"
        ).one()
        record = reader.record(moved[0])
        assert record.headers["msarchive-rebuilt"]
        assert record.block.startswith(b"HTTP/1.1 301 Moved Permanently\r\n")
        location = dict(json.loads(moved[2]))["Location"]
        assert f"Location: {location}\r\n".encode() in record.block


@pytest.mark.parametrize("statement", [20, 45, 60, 75])
def test_killed_in_the_middle_it_is_done_the_next_time(old: Path, statement: int) -> None:
    bodies = _bodies(old)
    killed_opening(old, statement)
    open_archive(old).close()
    assert len(list((old / "captures").iterdir())) == 1
    with (
        open_archive(old, read_only=True) as archive,
        archive.engine.connect() as connection,
        BodyReader(archive, connection) as reader,
    ):
        assert {number: reader.read(number) for number in bodies} == bodies


def _bring_to(folder: Path, revision: str) -> None:
    """Make the archive one that a program of that schema has left."""
    engine = create_engine(f"sqlite:///{folder / 'archive.db'}", poolclass=StaticPool)
    with engine.begin() as connection:
        drop_views(connection)
        connection.exec_driver_sql("PRAGMA legacy_alter_table = ON")
        command.upgrade(config(connection), revision)
    engine.dispose()


@pytest.mark.parametrize("revision", sorted(KNOWN - {HEAD}))
def test_an_archive_of_every_earlier_schema_is_brought_up_to_date(old: Path, revision: str) -> None:
    _bring_to(old, revision)
    kept = {sql: _rows(old, sql) for sql in (_KEPT, _URLS, *(f"SELECT * FROM {table}" for table in _TABLES))}
    open_archive(old).close()
    assert _rows(old, "SELECT version_num FROM alembic_version") == [(HEAD,)]
    assert {sql: _rows(old, sql) for sql in kept} == kept
    assert _rows(old, "PRAGMA foreign_key_check") == []


_RUN = (
    "INSERT INTO run (site, kind, started_at, ended_at, outcome, reason, program_version, reader_version, "
    "profile_digest, settings, counts) VALUES ('sample', 'crawl', '2026-01-01T00:00:00Z', "
    "'2026-01-01T00:00:01Z', 'stopped', ?, '0', '0', 'p', '{}', '{}')"
)


def test_a_run_that_was_killed_is_told_from_one_that_was_stopped(old: Path) -> None:
    _bring_to(old, "0003")
    with sqlite3.connect(old / "archive.db") as connection:
        connection.execute(_RUN, ("ended without saying why (killed?)",))
        connection.execute(_RUN, ("stopped by a signal",))
    open_archive(old).close()
    assert _rows(old, "SELECT outcome FROM run ORDER BY id DESC LIMIT 2") == [("stopped",), ("killed",)]


def test_what_became_of_addresses_is_taken_over(old: Path) -> None:
    open_archive(old).close()
    assert _rows(old, "SELECT count(*) > 80 FROM url WHERE state <> 'waiting'") == [(1,)]
    assert (
        _rows(
            old,
            "SELECT u.url FROM url u LEFT JOIN url_history h ON h.url_id = u.id "
            "WHERE u.state <> 'waiting' AND (h.state IS NOT u.state OR h.reason IS NOT u.reason)",
        )
        == []
    )


def test_superseded_revisions_move_to_their_own_place_in_the_search_index(old: Path) -> None:
    _bring_to(old, "0007")
    with sqlite3.connect(old / "archive.db") as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(revision)")]
        kept = ", ".join(name for name in columns if name not in ("id", "number", "is_current", "title"))
        connection.execute("UPDATE revision SET number = 2 WHERE id = 1")
        connection.execute(
            f"INSERT INTO revision (id, number, is_current, title, {kept}) "
            f"SELECT 5000, 1, 0, 'Zebra of old', {kept} FROM revision WHERE id = 1"
        )
        connection.execute(
            "INSERT INTO article_search (rowid, title, takeaway, sections) "
            "SELECT id, title, takeaway, NULL FROM revision WHERE id = 5000"
        )
    with open_archive(old) as archive, archive.engine.begin() as connection:
        search_index.check(connection)
    (title,) = _rows(old, "SELECT title FROM revision WHERE id = 1")
    assert _rows(old, "SELECT rowid FROM article_search WHERE article_search MATCH 'zebra'") == [(-5000,)]
    assert _rows(old, "SELECT title FROM search_documents WHERE id = 1") == [title]


def test_the_next_run_that_ends_finds_what_articles_are_about(old: Path) -> None:
    with open_archive(old) as archive:
        Writer(archive, "sample").settle("2026-11-30T12:00:00.000Z")
        assert archive_content(archive)["profiles"]
    (articles,) = _rows(old, "SELECT count(*) FROM article")
    assert _rows(old, "SELECT count(*) FROM article_profile") == [articles]
