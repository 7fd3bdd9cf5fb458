"""`msarchive doctor`, and whether a run is at work, for an archive in PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from crawler.exits import ExitCode
from crawler.metrics import ArchiveMetrics, exposition
from storage.archive import open_archive
from storage.writer import Writer
from tests.cli.conftest import Run
from tests.postgresql import Server, name_in


@pytest.fixture
def own(archive: Path, server: Server) -> Iterator[str]:
    url = server.new_like(server.copy_of(archive))
    yield url
    server.drop(url)


def checks(run: Run, *options: str | Path, code: int = 0) -> dict[str, dict[str, str]]:
    ran = run("doctor", "--offline", "--json", *options)
    assert ran.code == code, ran
    return {check["name"]: check for check in ran.json["checks"]}


def test_it_says_of_both_the_same_and_of_the_database_how_it_is(run: Run, archive: Path, url: str) -> None:
    here = checks(run, "--archive", archive)
    there = checks(run, "--archive", archive, "--database", url)
    database = there.pop("database")
    assert database["level"] == "ok"
    assert database["says"].startswith("postgresql://msarchive@")
    assert there.pop("disk")["level"] == here.pop("disk")["level"]
    assert there == here


def test_without_the_folder_all_else_is_looked_at(run: Run, url: str) -> None:
    found = checks(run, "--database", url)
    assert found["folder"]["level"] == "warn"
    assert "--archive" in found["folder"]["do"]
    assert found["coverage"]["level"] == "ok"


def test_a_database_that_is_set_to_read_only_is_said(run: Run, archive: Path, own: str) -> None:
    with psycopg.connect(own, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name_in(own)} SET default_transaction_read_only = on")
    found = checks(run, "--archive", archive, "--database", own)
    assert found["database"]["level"] == "warn"
    assert "read only" in found["database"]["says"]


def test_a_server_that_does_not_answer_and_an_empty_database_fail(run: Run, server: Server) -> None:
    away = server.address("archive1").replace("host=", "host=/nowhere")
    assert "the server runs" in checks(run, "--database", away, code=7)["archive"]["do"]
    assert "makes one" in checks(run, "--database", server.new(), code=2)["archive"]["do"]


def test_the_metrics_tell_of_another_host_s_run_too(archive: Path, own: str, tmp_path: Path) -> None:
    def busy() -> bool:
        told = exposition(ArchiveMetrics(tmp_path / "elsewhere", database=own)).decode()
        return re.search(r"^msarchive_run_in_progress\{.*\} 1\.0$", told, re.M) is not None

    assert not busy()
    with open_archive(archive, database=own):
        assert busy()
    assert not busy()


def test_a_run_of_another_host_is_at_work_until_its_session_ends(
    run: Run, archive: Path, own: str, tmp_path: Path
) -> None:
    with open_archive(archive, database=own) as opened:
        Writer(opened, "sample").begin_run(
            "crawl", program_version="0", reader_version="1", profile_digest="p", settings={}
        )
        elsewhere = ("--archive", tmp_path / "elsewhere", "--database", own)
        assert run("runs", "--json", *elsewhere).json[0]["outcome"] == "running"
        status = run("status", "--json", *elsewhere).json
        assert status["last_run"]["outcome"] == "running"
        assert status["writer"].startswith("process ")
        assert checks(run, *elsewhere)["lock"]["says"].startswith("held by process ")
    assert run("runs", "--json", *elsewhere).json[0]["outcome"] == "killed"
    advice = checks(run, *elsewhere)["last crawl"]["do"]
    assert re.search(r"'msarchive crawl .*--database '?postgresql://msarchive@", advice), advice
    assert run("doctor", "--offline", *elsewhere).code == ExitCode.OK
