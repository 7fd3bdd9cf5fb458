"""Asking again, gently: conditional requests, what is due, and whether the sitemap told the truth."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.samplesite import SampleSite
from crawler.samplesite.server import RequestSeen

from .crawling import CHECKOUT, Crawled, ask, clean_environment, crawl, kill, start_crawl, states
from .scripted import Answer, ScriptedSite, links, robots
from .test_samplesite import digest, wait_for_requests

IN_2030 = "import crawler.scheduler as s; s.utc_now = lambda: '2030-01-01T00:00:00.000Z'"
"""Run before a crawl: every article's time has come."""


@pytest.fixture
def site() -> Iterator[SampleSite]:
    with SampleSite() as running:
        yield running


def asked(site: SampleSite, archive: Path, /, **options: object) -> tuple[Crawled, list[RequestSeen]]:
    """A crawl, and what the site saw of it."""
    before = len(site.requests)
    done = crawl(archive, site.base_url, **options)
    return done, site.requests[before:]


def sent(requests: list[RequestSeen]) -> int:
    return sum(request.sent for request in requests)


def profile(tmp_path: Path, revisit: str) -> str:
    """The sample site's profile with a `[revisit]` of its own."""
    path = tmp_path / "profile.toml"
    path.write_text(f'extends = "sample"\nname = "sample"\n[revisit]\n{revisit}\n')
    return str(path)


def test_an_unchanged_site_is_asked_for_next_to_nothing(site: SampleSite, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    _, first = asked(site, archive)
    before = digest(archive)
    (seen,) = ask(archive, "SELECT count(*) FROM captures WHERE revision IS NOT NULL")
    again, due = asked(site, archive)
    everything, all_ = asked(site, archive, refresh="all")
    new, lists = asked(site, archive, refresh="new")
    assert (again.code, everything.code, new.code) == (0, 0, 0)
    assert sent(due) <= 0.02 * sent(first)
    assert sent(all_) <= 0.08 * sent(first)
    assert {request.path for request in lists} <= {request.path for request in due}
    assert {request.path for request in all_} == {request.path for request in first}
    assert [request.path for request in due if request.status == 200] == ["/robots.txt"]
    assert Counter(request.status for request in all_) == {304: len(all_) - 4, 200: 1, 301: 1, 404: 1, 410: 1}
    assert digest(archive) == before
    counts = everything.result["counts"]
    assert counts["new_revisions"] == counts["lastmod_unmoved_changed"] == 0
    assert counts["unchanged"] == len(all_) - 4
    assert counts["bytes_on_the_wire"] == sent(all_)
    assert ask(archive, "SELECT count(*) FROM captures WHERE revision IS NOT NULL")[0] >= (2 * seen[0],)


def test_the_validators_are_the_very_bytes_the_server_gave(tmp_path: Path) -> None:
    etag, modified = b'W/"a b\xe9;,\'"', b"Sunday, 1st of Feb"
    page = links("/robots.txt").body
    given = (("ETag", etag.decode("latin-1")), ("Last-Modified", modified.decode()))
    same = Answer(304, b"", type="", headers=())
    script = {
        "/robots.txt": [robots(), Answer(304, b"")],
        "/": [Answer(body=page, headers=given), same],
        "/news": [Answer(body=page, headers=(("ETag", "x" * 2000),))],
    }
    archive = tmp_path / "archive"
    with ScriptedSite(script) as site:
        first = crawl(archive, site.base_url)
        assert first.code == 0, first
        site.heads.clear()
        script["/robots.txt"] = [robots()]
        for _ in range(2):  # the second time after an answer without validators
            assert crawl(archive, site.base_url, refresh="all").code == 0
    for head in site.heads["/"]:
        conditions = {line for line in head if line.lower().startswith(b"if-")}
        assert conditions == {b"If-None-Match: " + etag, b"If-Modified-Since: " + modified}
    for path in ("/robots.txt", "/news"):
        assert not [line for head in site.heads[path] for line in head if line.lower().startswith(b"if-")]


def test_not_modified_that_nobody_asked_for_is_a_failure(tmp_path: Path) -> None:
    script = {"/robots.txt": robots(), "/": links(), "/news": Answer(304, b"", type="")}
    with ScriptedSite(script) as site:
        done = crawl(tmp_path / "archive", site.base_url)
    assert done.code == 3
    assert states(tmp_path / "archive")["/news"] == ("failed", "HTTP 304, which was not asked for")


def test_a_sitemap_that_lies_is_found_out_in_time(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    patient = profile(tmp_path, "sample = 0")
    with SampleSite(honest_sitemaps=False) as site:
        assert asked(site, archive, site=patient)[0].code == 0
        site.apply("edit")
        unnoticed, _ = asked(site, archive, site=patient)
        assert unnoticed.result["counts"]["new_revisions"] == 0
        found, _ = asked(site, archive, site=patient, before=IN_2030)
    counts = found.result["counts"]
    assert (counts["new_revisions"], counts["time_changed"], counts["lastmod_unmoved_changed"]) == (1, 1, 1)
    assert counts["time_checked"] >= counts["lastmod_unmoved"] > 50
    assert ask(archive, "SELECT count(*) FROM articles WHERE revisions > 1") == [(1,)]
    told = f"of {counts['lastmod_unmoved']} articles asked whose lastmod had not moved 1 had changed all the"
    assert told in status(archive)


def test_a_sitemap_that_lies_is_found_out_by_the_sample(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    whole = profile(tmp_path, "sample = 1")
    with SampleSite(honest_sitemaps=False) as site:
        asked(site, archive, site=whole)
        site.apply("edit")
        found, _ = asked(site, archive, site=whole)
    counts = found.result["counts"]
    assert (counts["new_revisions"], counts["sample_changed"], counts["lastmod_unmoved_changed"]) == (1, 1, 1)
    whys = dict(ask(archive, "SELECT due_why, count(*) FROM urls WHERE state <> 'refused' GROUP BY 1"))
    assert set(whys) == {"always", "sample"}


def test_an_honest_sitemap_leads_to_what_changed_and_no_further(site: SampleSite, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    patient = profile(tmp_path, "sample = 0")
    asked(site, archive, site=patient)
    for change in ("edit", "remove", "move"):
        site.apply(change)
    changed, requests = asked(site, archive, site=patient)
    counts = changed.result["counts"]
    assert counts["new_revisions"] == 1
    assert counts["gone"] == 1
    assert counts["lastmod_moved"] == counts["lastmod_moved_changed"] == 3
    assert "lastmod_unmoved" not in counts
    articles = [request.path for request in requests if "/news/view/" in request.path]
    assert len(articles) == 4  # the moved one at both its addresses
    assert "of 3 articles whose lastmod had moved 3 had changed" in status(archive)


def test_killed_and_begun_again_it_asks_what_was_due_and_no_more(site: SampleSite, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    _, first = asked(site, archive)
    everything = {request.path for request in first}
    begun = len(site.requests)
    for wanted in (25, 60):
        process = start_crawl(archive, site.base_url, refresh="all")
        wait_for_requests(site, begun + wanted, process)
        kill(process)
    process = start_crawl(archive, site.base_url, refresh="all", delay=0.02)
    wait_for_requests(site, begun + 70, process)
    process.send_signal(signal.SIGINT)
    process.communicate()
    last, _ = asked(site, archive)  # says "due", but the round it goes on with was of "all"
    assert (last.code, last.result["resumed"]) == (0, True)
    times = Counter(request.path for request in site.requests[begun:])
    assert set(times) == everything
    assert sum(times.values()) - times["/robots.txt"] <= len(everything) + 12  # what was under way


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        (["crawler.cli", "crawl", "--site", "sample", "--refresh", "some"], "'some' is not one of 'all'"),
        (
            ["scrapy", "crawl", "summaries", "-a", "site=sample", "-s", "MSARCHIVE_REFRESH=some"],
            "MSARCHIVE_REFRESH is 'some'",
        ),
    ],
)
def test_a_refresh_that_is_none_is_refused(command: list[str], complaint: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=CHECKOUT,
        env=clean_environment(MSARCHIVE_DIR=str(tmp_path / "archive")),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert complaint in done.stderr
    assert not (tmp_path / "archive").exists()


def status(archive: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "crawler.cli", "status", "--archive", str(archive)],
        cwd=CHECKOUT,
        env=clean_environment(COLUMNS="200"),
        capture_output=True,
        text=True,
        timeout=60,
    )
    return " ".join(done.stdout.split())
