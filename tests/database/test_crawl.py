"""Writing to PostgreSQL: crawls, imports and rereads make the rows there that they make in SQLite."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from crawler.exits import ExitCode
from crawler.samplesite import SampleSite
from tests.cli.conftest import Run
from tests.crawl.crawling import CHECKOUT, clean_environment, crawl, finish, start_crawl
from tests.database.rows import all_rows
from tests.places import content
from tests.postgresql import Server

IN_TURN = """
from crawler.reading_beside import ReadingBeside
from crawler.scheduler import FrontierScheduler
ReadingBeside.begin = classmethod(lambda cls: None)
next_row = FrontierScheduler._next_row
def after_the_last_one(self):
    self._buffer.clear()
    return None if self._session.in_flight else next_row(self)
FrontierScheduler._next_row = after_the_last_one
"""
"""Nothing is asked before the last page is stored: else it is a matter of speed which address is heard of
first, and so which number it has."""
NO_FINDINGS = 'extends = "sample"\nname = "sample"\n[parts.sections]\nfindings = ["No Page Says This"]\n'


@dataclass(frozen=True)
class Pair:
    """One archive in a folder, and one in a database, to which the same is done."""

    here: Path
    there: Path
    url: str
    site: SampleSite

    def crawl(self, code: int = 0, **options: object) -> None:
        """A crawl into each, side by side."""
        begun = [
            start_crawl(folder, self.site.base_url, before=IN_TURN, database=database, **options)
            for folder, database in ((self.here, None), (self.there, self.url))
        ]
        ended = [finish(process, timeout=200) for process in begun]
        assert [one.code for one in ended] == [code, code], ended

    def same(self) -> dict[str, list[dict[str, object]]]:
        """The rows of all tables, once they are seen to be the same in both."""
        one, other = all_rows(self.here), all_rows(self.there, self.url)
        for table, rows in one.items():
            for mine, theirs in zip(rows, other[table], strict=False):
                assert theirs == mine, table
            assert len(other[table]) == len(rows), table
        return one

    def run(self, run: Run, *arguments: str | Path) -> None:
        """A command on both."""
        assert run(*arguments, "--archive", self.here).code == 0
        assert run(*arguments, "--archive", self.there, "--database", self.url).code == 0


@pytest.mark.timeout(1500)  # a whole life
def test_one_life_makes_the_same_rows_in_both(server: Server, run: Run, tmp_path: Path) -> None:
    """After each step every row of every table is the same, internal numbers and order among it."""
    with SampleSite() as site:
        both = Pair(tmp_path / "here", tmp_path / "there", server.new(), site)
        earlier = tmp_path / "earlier"
        assert crawl(earlier, site.base_url, max_pages=30, before=IN_TURN).code == ExitCode.LIMIT
        site.apply("edit")
        crawled(both)
        crawled_again_when_the_site_had_changed(both)
        crawled_when_the_site_had_lost_fields(both)
        imported(both, earlier / "captures", run)
        read_again(both, tmp_path / "weak.toml", run)
        words_are_indexed(both, server)
        comes_back_as_a_sound_archive(both, run)
        goes_on_in_a_copy(both, server, run, tmp_path)


def crawled(both: Pair) -> None:
    both.crawl()
    rows = both.same()
    assert len(rows["article"]) > 60
    assert not (both.there / "archive.db").exists()


def crawled_again_when_the_site_had_changed(both: Pair) -> None:
    both.site.apply("new,remove,move,withdraw,footer")
    both.crawl(refresh="all")
    rows = both.same()
    assert {row["event"] for row in rows["article_event"]} >= {"gone", "moved"}
    assert any(row["source"] == "counted" for row in rows["boilerplate_passage"])


def crawled_when_the_site_had_lost_fields(both: Pair) -> None:
    both.site.redesign("title-in-image")
    both.crawl(code=ExitCode.CHANGED, refresh="all")
    rows = both.same()
    assert rows["alarm"]
    assert rows["quarantine"]
    both.site.redesign(None)
    both.crawl(refresh="all")
    rows = both.same()
    assert all(row["cleared_at"] for row in rows["alarm"])


def imported(both: Pair, warcs: Path, run: Run) -> None:
    both.run(run, "import", warcs, "--site", "sample", "--start", both.site.base_url)
    rows = both.same()
    assert rows["run"][-1]["kind"] == "import"
    assert len(rows["revision"]) > len(rows["article"])


def read_again(both: Pair, profile: Path, run: Run) -> None:
    profile.write_text(NO_FINDINGS, "utf-8")
    before = both.same()
    both.run(run, "reread", "--site", profile, "--accept-losses", "--dry-run")
    assert both.same() == before
    both.run(run, "reread", "--site", profile, "--accept-losses")
    weak = both.same()
    assert weak["section"] != before["section"]
    both.run(run, "reread", "--site", "sample")
    rows = both.same()
    assert rows["run"][-1]["kind"] == "reread"
    assert rows["correction"]


def words_are_indexed(both: Pair, server: Server) -> None:
    def words(url: str) -> list[tuple[object, ...]]:
        with psycopg.connect(url) as connection:
            rows = connection.execute("SELECT rowid, words::text FROM article_search ORDER BY rowid")
            return rows.fetchall()

    assert words(both.url) == words(server.copy_of(both.here)) != []


def comes_back_as_a_sound_archive(both: Pair, run: Run) -> None:
    told = run("copy", "--archive", both.there, "--database", both.url, "--to", "back", "--json")
    assert told.code == 0, told.err
    assert run("verify", "--archive", "back").out.startswith("sound: ")
    for question in ("list --json", "runs --json", "coverage --json", "search fatigue --sort date"):
        there = run(*question.split(), "--archive", both.there, "--database", both.url)
        assert (there.code, there.out) == (0, run(*question.split(), "--archive", "back").out)


def goes_on_in_a_copy(both: Pair, server: Server, run: Run, tmp_path: Path) -> None:
    """What `copy` has put into a database is crawled into beside the captures it was copied from."""
    copy = Pair(both.here, tmp_path / "back", server.new(), both.site)
    assert run("copy", "--archive", copy.there, "--to", copy.url).code == 0
    both.site.apply("return")
    copy.crawl(refresh="all")
    rows = copy.same()
    assert "back" in {row["event"] for row in rows["article_event"]}


def test_scrapys_own_command_takes_the_setting_and_the_environment(server: Server, tmp_path: Path) -> None:
    site = SampleSite()

    def scrapy(folder: str, *options: str, **environment: str) -> None:
        command = [sys.executable, "-m", "scrapy", "crawl", "summaries", "-a", "site=sample", *options]
        done = subprocess.run(
            [*command, "-a", f"start={site.base_url}/ {site.base_url}/news"],
            cwd=CHECKOUT,
            env=clean_environment(MSARCHIVE_DIR=str(tmp_path / folder), **environment),
            capture_output=True,
            text=True,
            timeout=100,
        )
        assert done.returncode == 0, done.stderr
        assert not (tmp_path / folder / "archive.db").exists()

    one, other = server.new(), server.new()
    with site:
        scrapy("one", "-s", f"MSARCHIVE_DATABASE={one}")
        scrapy("other", MSARCHIVE_DATABASE=other)
    assert content(tmp_path / "one", one) == content(tmp_path / "other", other)
