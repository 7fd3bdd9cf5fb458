"""`msarchive schedule` and metrics, for an archive in PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import psycopg
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


def test_no_address_of_a_database_is_written_into_files(run: Run) -> None:
    command = (
        "crawl",
        "--site",
        "sample",
        "--contact",
        "me@example.org",
        "--database",
        "postgresql://me:x@h/d",
    )
    ran = run("schedule", "0 3 * * *", "--print", "systemd", "--", *command)
    assert ran.code == ExitCode.USAGE
    assert "--print knows no --database" in one_line(ran.err)


def values(told: str) -> dict[str, float]:
    families = text_string_to_metric_families(told)
    return {sample.name: sample.value for family in families for sample in family.samples}
