"""A crawl into PostgreSQL whose process, server, disk or rights go: no false success, and it can go on."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from crawler.exits import ExitCode
from crawler.samplesite import SampleSite
from storage.archive import ArchiveBusy, open_archive
from storage.db import Db
from tests.cli.conftest import Run, one_line
from tests.crawl.crawling import crawl, finish, kill, start_crawl
from tests.places import content
from tests.postgresql import Server


@pytest.fixture(scope="module")
def site() -> Iterator[SampleSite]:
    with SampleSite() as running:
        yield running


@pytest.fixture(scope="module")
def whole(site: SampleSite, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What an archive holds after a crawl that nothing befell; SQLite's."""
    archive = tmp_path_factory.mktemp("whole")
    assert crawl(archive, site.base_url).code == 0
    return content(archive)


def asked(site: SampleSite, number: int, process: subprocess.Popen[str]) -> None:
    """Wait until the site has been asked so many times more."""
    until, before = time.monotonic() + 60, len(site.requests)
    while len(site.requests) < before + number and process.poll() is None:
        assert time.monotonic() < until, "it never asked"
        time.sleep(0.005)
    assert process.poll() is None, process.communicate()


def rows(url: str, sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(sql).fetchall()


def test_killed_at_any_moment_it_goes_on_to_the_same_archive(
    site: SampleSite, whole: dict[str, list[str]], server: Server, tmp_path: Path
) -> None:
    url = server.new()
    for number in (1, 9, 25):
        process = start_crawl(tmp_path, site.base_url, database=url)
        asked(site, number, process)
        kill(process)
    last = crawl(tmp_path, site.base_url, database=url)
    assert (last.code, last.result["resumed"]) == (0, True), last
    assert content(tmp_path, url) == whole
    ended = [row[0] for row in rows(url, "SELECT outcome FROM run ORDER BY id")]
    assert set(ended[:-1]) == {"killed"}
    assert ended[-1] == "complete"


def test_a_server_that_goes_away_ends_it_with_code_7_and_the_next_goes_on(
    site: SampleSite, whole: dict[str, list[str]], tmp_path: Path
) -> None:
    server = Server()
    try:
        url = server.new()
        process = start_crawl(tmp_path, site.base_url, database=url)
        asked(site, 20, process)
        server.down()
        ended = finish(process)
        assert ended.code == ExitCode.STORAGE
        assert ended.result["outcome"] == "failed"
        assert "the archive's database can't be used" in ended.result["reason"]
        assert "Traceback" not in ended.stderr
        refused = crawl(tmp_path, site.base_url, database=url)
        assert refused.code == ExitCode.STORAGE
        server.up()
        assert crawl(tmp_path, site.base_url, database=url).code == 0
        assert content(tmp_path, url) == whole
    finally:
        server.up()
        server.stop()


def test_a_server_that_goes_away_under_a_second_connection_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server = Server()
    try:
        with (
            open_archive(tmp_path, create=True, database=server.new()) as archive,
            pytest.raises(psycopg.OperationalError),
            archive.engine.connect() as other,
        ):
            assert Db(other).value("SELECT count(*) FROM url") == 0
            server.down()
            Db(archive.connection).value("SELECT count(*) FROM url")
        assert [record for record in caplog.records if record.levelname == "ERROR"] == []
    finally:
        server.up()
        server.stop()


def test_a_full_disk_of_the_servers_ends_it_with_code_7_and_the_next_goes_on(
    site: SampleSite, whole: dict[str, list[str]], server: Server, tmp_path: Path
) -> None:
    url = server.new()
    assert crawl(tmp_path, site.base_url, database=url, max_pages=5).code == ExitCode.LIMIT
    with psycopg.connect(url) as connection:
        connection.execute("""
            CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
            END $$
        """)
        connection.execute(
            "CREATE TRIGGER full_disk BEFORE INSERT ON capture FOR EACH ROW WHEN (new.id = 20) "
            "EXECUTE FUNCTION full_disk()"
        )
    ended = crawl(tmp_path, site.base_url, database=url)
    assert ended.code == ExitCode.STORAGE
    assert "No space left on device" in ended.result["reason"]
    assert rows(url, "SELECT max(id), count(*) FROM capture") == [(19, 19)]
    assert rows(url, "SELECT exit_code, outcome FROM run ORDER BY id DESC LIMIT 1") == [(7, "failed")]
    with psycopg.connect(url) as connection:
        connection.execute("DROP TRIGGER full_disk ON capture")
    last = crawl(tmp_path, site.base_url, database=url)
    assert (last.code, last.result["resumed"]) == (0, True)
    assert content(tmp_path, url) == whole


def test_a_database_that_may_not_be_written_to_ends_it_with_code_7(
    site: SampleSite, server: Server, tmp_path: Path
) -> None:
    url = server.new()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {_name(url)} SET default_transaction_read_only = on")
    assert crawl(tmp_path, site.base_url, database=url).code == ExitCode.STORAGE
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(f"ALTER DATABASE {_name(url)} RESET default_transaction_read_only")
    assert crawl(tmp_path, site.base_url, database=url, max_pages=3).code == ExitCode.LIMIT
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {_name(url)} SET default_transaction_read_only = on")
    before = len(site.requests)
    assert crawl(tmp_path, site.base_url, database=url).code == ExitCode.STORAGE
    assert len(site.requests) == before


def test_the_second_of_two_writers_gives_way_and_says_to_whom(
    site: SampleSite, server: Server, tmp_path: Path
) -> None:
    url = server.new()
    first = start_crawl(tmp_path / "first", site.base_url, database=url, delay=0.2)
    asked(site, 5, first)
    second = crawl(tmp_path / "second", site.base_url, database=url)
    assert second.code == ExitCode.BUSY
    assert f"is being written to by process {first.pid} (" in second.result["error"]
    with pytest.raises(ArchiveBusy):
        open_archive(tmp_path / "third", create=True, database=url)
    kill(first)
    # Its captures are in the first one's folder: a crawl into the other would tear the archive apart.
    refused = crawl(tmp_path / "second", site.base_url, database=url)
    assert refused.code == ExitCode.STORAGE
    assert "has none of this archive's WARC files" in refused.result["error"]
    assert crawl(tmp_path / "first", site.base_url, database=url).code == 0


def test_a_skipped_run_is_taken_in_by_the_next_writer(
    site: SampleSite, server: Server, tmp_path: Path
) -> None:
    url = server.new()
    with open_archive(tmp_path, create=True, database=url):
        assert crawl(tmp_path, site.base_url, database=url).code == ExitCode.BUSY
    assert rows(url, "SELECT outcome, exit_code, ended_at = started_at FROM run") == [("skipped", 4, True)]


def test_a_writer_whose_session_the_server_ends_writes_no_more(server: Server, tmp_path: Path) -> None:
    url = server.new()
    archive = open_archive(tmp_path / "one", create=True, database=url)
    rows(
        url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'msarchive: %' "
        "AND datname = current_database()",
    )
    with (
        open_archive(tmp_path / "other", create=True, database=url),
        pytest.raises(psycopg.OperationalError),
        Db(archive.connection).transaction(),
    ):
        pass
    archive.close()


def test_ctrl_c_ends_it_cleanly_and_the_next_goes_on(
    site: SampleSite, whole: dict[str, list[str]], server: Server, tmp_path: Path
) -> None:
    url = server.new()
    process = start_crawl(tmp_path, site.base_url, database=url)
    asked(site, 15, process)
    os.kill(process.pid, signal.SIGINT)
    ended = finish(process)
    assert (ended.code, ended.result["outcome"]) == (ExitCode.STOPPED, "stopped"), ended
    assert rows(url, "SELECT outcome FROM run") == [("stopped",)]
    assert crawl(tmp_path, site.base_url, database=url).code == 0
    assert content(tmp_path, url) == whole


def test_an_archive_that_was_made_with_other_views_gets_todays(
    server: Server, run: Run, tmp_path: Path
) -> None:
    url = server.new()
    open_archive(tmp_path, create=True, database=url).close()
    with psycopg.connect(url) as connection:
        connection.execute("COMMENT ON SCHEMA as_of IS 'of another version'")
        connection.execute("DROP VIEW runs CASCADE")
        connection.execute("DROP FUNCTION json_each(text) CASCADE")
        connection.execute(
            "CREATE FUNCTION json_each(document text) RETURNS TABLE (key text, value text, type text) "
            "LANGUAGE sql AS $$ SELECT '', '', '' $$"
        )
        connection.execute("ALTER TABLE url ALTER COLUMN id DROP DEFAULT")
    assert run("runs", "--archive", tmp_path, "--database", url).code != 0
    open_archive(tmp_path, database=url).close()
    assert run("runs", "--archive", tmp_path, "--database", url).code == 0
    assert rows(url, "SELECT next_number('url')") == [(1,)]
    assert rows(url, "SELECT fullkey FROM json_each('[7]')") == [("$[0]",)]
    assert rows(url, "SELECT count(*) FROM revision_changes") == [(0,)]


def test_a_reread_of_an_empty_database_says_that_there_is_no_archive(server: Server, run: Run) -> None:
    ran = run("reread", "--database", server.new())
    assert ran.code == ExitCode.USAGE
    assert "no archive in postgresql://" in one_line(ran.err)


def _name(url: str) -> str:
    return url.partition("@/")[2].partition("?")[0]
