"""`msarchive schedule` and metrics, for an archive in PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from crawler.exits import ExitCode
from crawler.samplesite import SampleSite
from tests.cli.conftest import Run, one_line
from tests.cli.test_schedule import Running
from tests.crawl.crawling import crawl
from tests.postgresql import Server


def test_a_missed_crawl_is_made_up_for_in_the_database(server: Server, tmp_path: Path) -> None:
    url, metrics = server.new(), tmp_path / "crawl.prom"
    with SampleSite() as site:
        assert crawl(tmp_path, site.base_url, database=url, max_pages=1).code == ExitCode.LIMIT
        with psycopg.connect(url) as connection:
            connection.execute("UPDATE run SET started_at = '2020-01-01T03:00:00.000Z'")
        options = ("--database", url, "--max-pages", "3", "--metrics-file", str(metrics))
        with Running(tmp_path, site.base_url, *options) as running:
            assert running.wait_for("schedule.waiting")["late"] is True
            assert running.wait_for("schedule.crawl_ended")["exit_code"] == ExitCode.LIMIT
            assert running.wait_for("schedule.waiting", 2)["late"] is False
            told = [values(running.ask("/metrics")[1]), values(metrics.read_text("utf-8"))]
            assert running.stop() == 0
    for one in told:
        assert one["msarchive_archive_readable"] == 1
        assert one["msarchive_last_exit_code"] == ExitCode.LIMIT
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM run").fetchone() == (2,)
    assert not (tmp_path / "archive.db").exists()


CRAWL = ("crawl", "--site", "sample", "--contact", "me@example.org", "--archive", ".")


@pytest.mark.parametrize(
    ("kind", "file", "stands"),
    [
        (
            "systemd",
            "msarchive.service",
            '"--database" "postgresql://crawl%%40me@db.example/archive?sslmode=require"',
        ),
        (
            "cron",
            "msarchive.cron",
            r"--database 'postgresql://crawl\%40me@db.example/archive?sslmode=require'",
        ),
        (
            "kubernetes",
            "msarchive.yaml",
            '"--database", "postgresql://crawl%40me@db.example/archive?sslmode=require"',
        ),
        (
            "scrapyd",
            "msarchive.cron",
            r"_DATABASE=postgresql\%3A\%2F\%2Fcrawl\%2540me\%40db.example",
        ),
    ],
)
@pytest.mark.parametrize("told", ["option", "environment"])
def test_printed_files_name_the_database(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, file: str, stands: str, told: str
) -> None:
    url = "postgresql://crawl%40me@db.example/archive?sslmode=require"
    given: tuple[str, ...] = ("--database", url)
    if told == "environment":
        monkeypatch.setenv("MSARCHIVE_DATABASE", url)
        given = ()
    ran = run("schedule", "0 3 * * *", "--print", kind, "--into", "files", "--", *CRAWL, *given)
    assert ran.code == 0, ran.err
    text = (tmp_path / "files" / file).read_text("utf-8")
    assert stands in text
    assert text.count("db.example") == 1
    assert "assword" in text  # where it goes
    assert "postgresql.service" not in text


@pytest.mark.parametrize("kind", ["systemd", "cron", "kubernetes", "scrapyd"])
@pytest.mark.parametrize("url", ["postgresql://me:s3cret@h/d", "postgresql://h/d?password=s3cret"])
def test_a_password_is_never_printed(run: Run, tmp_path: Path, kind: str, url: str) -> None:
    ran = run("schedule", "0 3 * * *", "--print", kind, "--into", "files", "--", *CRAWL, "--database", url)
    assert ran.code == ExitCode.USAGE
    assert "a password does not go into files" in one_line(ran.err)
    assert "s3cret" not in ran.err + ran.out
    assert not (tmp_path / "files").exists()


def test_a_server_of_this_machine_is_waited_for_and_its_socket_seen(run: Run) -> None:
    local = ("--database", "postgresql:///archive?host=/tmp/socket")
    unit = run("schedule", "0 3 * * *", "--print", "systemd", "--", *CRAWL, *local).out
    assert "After=network-online.target postgresql.service\n" in unit
    assert "PrivateTmp=no\n" in unit
    ran = run("schedule", "0 3 * * *", "--print", "kubernetes", "--", *CRAWL, *local)
    assert ran.code == ExitCode.USAGE
    assert "name its host" in one_line(ran.err)


def values(told: str) -> dict[str, float]:
    families = text_string_to_metric_families(told)
    return {sample.name: sample.value for family in families for sample in family.samples}
