"""The sample site, crawled whole: once, again, killed, stopped, changed."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from crawler.samplesite import SampleSite, truth
from storage.archive import open_archive
from storage.compare import archive_digest

from .crawling import CHECKOUT, Crawled, ask, clean_environment, crawl, finish, kill, start_crawl, states


def digest(archive: Path) -> dict[str, str]:
    with open_archive(archive, read_only=True) as opened:
        return archive_digest(opened)


@pytest.fixture(scope="module")
def site() -> Iterator[SampleSite]:
    with SampleSite() as running:
        yield running


@pytest.fixture(scope="module")
def first(site: SampleSite, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Crawled]:
    """An archive after one uninterrupted crawl."""
    archive = tmp_path_factory.mktemp("first") / "archive"
    return archive, crawl(archive, site.base_url)


def test_a_crawl_finds_every_article(first: tuple[Path, Crawled]) -> None:
    archive, crawled = first
    assert (crawled.code, crawled.result["outcome"]) == (0, "complete"), crawled
    ids = {row[0] for row in ask(archive, "SELECT id FROM articles")}
    assert ids == {article.id for article in truth()}


def test_every_address_is_in_one_state_and_was_asked_at_most_once(
    site: SampleSite, first: tuple[Path, Crawled]
) -> None:
    archive, _ = first
    assert not ask(archive, "SELECT url FROM urls WHERE state IN ('waiting', 'failed')")
    assert not ask(archive, "SELECT url FROM urls WHERE told_by IS NULL OR told_by = ''")
    asked = [row[0] for row in ask(archive, "SELECT url FROM captures")]
    assert len(asked) == len(set(asked))


def test_what_robots_disallows_is_never_asked(site: SampleSite, first: tuple[Path, Crawled]) -> None:
    archive, _ = first
    refused = ask(archive, "SELECT url FROM urls WHERE state = 'refused' AND reason = 'robots.txt'")
    assert len(refused) >= 1
    asked = {site.base_url + request.path for request in site.requests}
    assert not asked & {row[0] for row in refused}
    assert site.requests[0].path == "/robots.txt"


def test_crawling_again_adds_runs_and_captures_only(
    site: SampleSite, first: tuple[Path, Crawled], tmp_path: Path
) -> None:
    archive, crawled = first
    before = digest(archive)
    captures = ask(archive, "SELECT count(*) FROM captures")[0][0]
    again = crawl(archive, site.base_url)
    assert again.code == 0
    assert digest(archive) == before
    assert again.result["counts"]["new_articles"] == again.result["counts"]["new_revisions"] == 0
    assert ask(archive, "SELECT count(*) FROM captures")[0][0] == captures + again.result["counts"]["answers"]
    everything = crawl(archive, site.base_url, refresh="all")
    assert digest(archive) == before
    assert everything.result["counts"]["answers"] == crawled.result["counts"]["answers"]


def test_killed_at_any_moment_it_goes_on_to_the_same_archive(
    first: tuple[Path, Crawled], site: SampleSite, tmp_path: Path
) -> None:
    archive = tmp_path / "archive"
    chance = random.Random(20261123)
    done = len(site.requests)
    for _ in range(6):
        process = start_crawl(archive, site.base_url)
        wanted = len(site.requests) + chance.randint(1, 14)
        wait_for_requests(site, wanted, process)
        time.sleep(chance.random() / 50)
        kill(process)
    assert len(site.requests) > done
    last = crawl(archive, site.base_url)
    assert (last.code, last.result["resumed"]) == (0, True), last
    assert digest(archive) == digest(first[0])
    assert ask(archive, "PRAGMA integrity_check") == [("ok",)]
    assert ask(archive, "PRAGMA foreign_key_check") == []
    ended = ask(archive, "SELECT outcome FROM runs ORDER BY id")
    assert [row[0] for row in ended][-1] == "complete"


def test_ctrl_c_ends_it_cleanly_and_the_next_crawl_goes_on(
    first: tuple[Path, Crawled], site: SampleSite, tmp_path: Path
) -> None:
    archive = tmp_path / "archive"
    begun = len(site.requests)
    process = start_crawl(archive, site.base_url, delay=0.02)
    wait_for_requests(site, begun + 15, process)
    process.send_signal(signal.SIGINT)
    stopped = finish(process)
    assert (stopped.code, stopped.result["outcome"]) == (5, "stopped"), stopped
    answered = len(site.requests) - begun
    assert ask(archive, "SELECT outcome FROM runs") == [("stopped",)]
    assert ask(archive, "SELECT count(*) FROM captures") == [(answered,)]
    rest = crawl(archive, site.base_url)
    assert (rest.code, rest.result["resumed"]) == (0, True)
    assert digest(archive) == digest(first[0])


def test_a_limit_ends_it_and_the_next_crawl_goes_on(
    first: tuple[Path, Crawled], site: SampleSite, tmp_path: Path
) -> None:
    archive = tmp_path / "archive"
    limited = crawl(archive, site.base_url, max_pages=20)
    assert (limited.code, limited.result["outcome"]) == (6, "limit"), limited
    pages = ask(archive, "SELECT count(*) FROM captures WHERE kind NOT IN ('robots', 'sitemap')")
    assert pages == [(20,)]
    rest = crawl(archive, site.base_url)
    assert rest.code == 0
    assert digest(archive) == digest(first[0])


def test_scrapy_crawl_does_the_same(first: tuple[Path, Crawled], site: SampleSite, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    command = [sys.executable, "-m", "scrapy", "crawl", "summaries", "-a", "site=sample"]
    command += ["-a", f"start={site.base_url}/ {site.base_url}/news"]
    done = subprocess.run(
        command,
        cwd=CHECKOUT,
        env=clean_environment(MSARCHIVE_DIR=str(archive)),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert digest(archive) == digest(first[0])


def test_requests_keep_their_distance_and_say_who_asks(site: SampleSite, tmp_path: Path) -> None:
    begun = len(site.requests)
    crawl(tmp_path / "archive", site.base_url, delay=0.2, max_pages=3, contact="me@example.org")
    mine = site.requests[begun:]
    assert len(mine) >= 4
    assert min(b.at - a.at for a, b in pairwise(mine)) >= 0.19
    assert {request.user_agent for request in mine} == {mine[0].user_agent}
    assert mine[0].user_agent.startswith("msarchive/") and mine[0].user_agent.endswith("(+me@example.org)")


def test_a_site_that_changed_gives_a_revision_a_new_article_and_a_gone_one(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    with SampleSite() as site:
        assert crawl(archive, site.base_url).code == 0
        for change in ("edit", "new", "remove", "move"):
            site.apply(change)
        changed = crawl(archive, site.base_url)
        assert changed.code == 0
        promised = {article.id for article in truth(site.edition)}
    held = {row[0] for row in ask(archive, "SELECT id FROM articles WHERE gone_since IS NULL")}
    assert held == promised
    assert ask(archive, "SELECT count(*) FROM articles WHERE gone_since IS NOT NULL") == [(1,)]
    assert ask(archive, "SELECT count(*) FROM articles WHERE revisions > 1") == [(1,)]
    assert "redirected" in {state for state, _ in states(archive).values()}


def wait_for_requests(site: SampleSite, number: int, process: subprocess.Popen[str]) -> None:
    """Wait until the site has been asked so often, or the crawl has ended."""
    until = time.monotonic() + 30
    while len(site.requests) < number and process.poll() is None:
        assert time.monotonic() < until, "it never asked"
        time.sleep(0.005)
