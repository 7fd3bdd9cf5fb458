"""Several processes share one crawl: each address is asked for once, and the archive is that of one crawl."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from crawler.exits import ExitCode
from crawler.samplesite import SampleSite
from tests.cli.conftest import Run, run
from tests.crawl.crawling import clean_environment, crawl, finish, start_crawl
from tests.crawl.scripted import Answer, ScriptedSite
from tests.postgresql import Server
from tests.secondsite.serving import second_site
from tests.workers.company import Company
from tests.workers.conftest import Content, in_any_order

__all__ = ["run"]


def test_three_make_the_archive_of_one_and_ask_for_nothing_twice(
    company: Company, site: SampleSite, alone: Callable[[], Content]
) -> None:
    company.start_together(3, site)
    ended = company.finish()
    assert [one.code for one in ended] == [0, 0, 0], ended
    asked = Counter(request.path for request in site.requests)
    assert {path: number for path, number in asked.items() if number > 1} == {}
    assert in_any_order(company.folder, company.url) == alone()
    ((outcome, counts),) = company.rows("SELECT outcome, counts::json FROM run")
    assert outcome == "complete"
    assert (counts["workers"], counts["answers"]) == (3, sum(asked.values()))
    others = [one.result["counts"] for one in ended if "workers" not in one.result["counts"]]
    assert sum(counts.get("answers", 0) for counts in others) > 0, "the others had nothing to do"


def test_the_one_that_ends_last_tells_of_all_the_others_of_their_own(company: Company) -> None:
    company.start(3)
    ended = company.finish()
    told = sorted(one.result["counts"].get("answers", 0) for one in ended)
    assert told[-1] == company.rows("SELECT count(*) FROM capture")[0][0]
    assert sum(told[:-1]) < told[-1]


def test_five_ask_no_faster_than_one(company: Company, site: SampleSite) -> None:
    company.start(5, delay=0.1, max_pages=8)
    ended = company.finish()
    assert {one.code for one in ended} <= {ExitCode.OK, ExitCode.LIMIT}, ended
    times = [request.at for request in site.requests]
    assert len(times) > 30
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.1
    gaps = [one.result["counts"].get("smallest_gap_ms", 999) for one in ended]
    assert min(gaps) >= 100


def test_one_that_is_killed_while_it_asks_leaves_a_full_delay_behind(
    company: Company, site: SampleSite
) -> None:
    site.delay = 0.3
    company.start(2, delay=0.5)
    company.wait_for(lambda: company.at_work() == 2 and len(site.requests) > 3)
    company.wait_for(lambda: _asking(company) is not None)
    killed = next(one for one in company.workers if one.pid == _asking(company))
    company.kill(killed)
    before, at = len(site.requests), time.monotonic()
    company.wait_for(lambda: len(site.requests) > before + 2)
    after = [request.at - site.delay for request in site.requests if request.at - site.delay > at]
    assert after[0] - at >= 0.5


def _asking(company: Company) -> int | None:
    """The process that holds the gate."""
    found = company.rows("SELECT w.pid FROM workers.gate g JOIN workers.worker w ON w.id = g.holder")
    return int(found[0][0]) if found else None


def test_when_one_is_stopped_the_others_go_on(company: Company, alone: Callable[[], Content]) -> None:
    first, *_ = company.start(3)
    company.wait_for(lambda: company.at_work() == 3)
    first.send_signal(signal.SIGTERM)
    stopped = finish(first)
    company.workers.remove(first)
    assert stopped.code == ExitCode.STOPPED, stopped
    assert {one.code for one in company.finish()} == {0}
    assert company.rows("SELECT outcome FROM run") == [("complete",)]
    assert in_any_order(company.folder, company.url) == alone()


def test_when_all_are_stopped_the_next_goes_on(company: Company, alone: Callable[[], Content]) -> None:
    company.start(3)
    company.wait_for(lambda: company.at_work() == 3)
    for worker in company.workers:
        worker.send_signal(signal.SIGTERM)
    assert {one.code for one in company.finish()} == {ExitCode.STOPPED}
    assert company.rows("SELECT outcome FROM run") == [("stopped",)]
    company.start(2)
    assert {one.code for one in company.finish()} == {0}
    assert in_any_order(company.folder, company.url) == alone()
    assert company.stored_more_than_once() == [], "what was asked is asked again"


def test_one_that_comes_late_helps(company: Company, site: SampleSite) -> None:
    company.start(delay=0.05)
    company.wait_for(lambda: len(site.requests) > 20)
    company.start(delay=0.05)
    first, second = company.finish()
    assert (first.code, second.code) == (0, 0)
    assert company.rows("SELECT count(*) FROM run") == [(1,)]
    assert company.rows("SELECT bool_and((counts::json->>'answers')::int > 0) FROM workers.worker") == [
        (True,)
    ]


def test_one_that_comes_after_the_end_begins_no_other_round(company: Company, site: SampleSite) -> None:
    company.start(2)
    assert {one.code for one in company.finish()} == {0}
    asked = len(site.requests)
    company.start()
    (late,) = company.finish()
    assert late.code == 0, late
    assert "ended their round less than 60 s ago (run 1)" in late.result["error"]
    assert len(site.requests) == asked
    assert company.rows("SELECT outcome FROM run") == [("complete",)]


def test_unless_it_is_told_to_or_knows_of_more_or_it_was_long_ago(
    company: Company, site: SampleSite, tmp_path: Path
) -> None:
    company.start()
    company.finish()
    more = tmp_path / "more.txt"
    more.write_text(f"{company.base_url}/news?page=99\n", "utf-8")
    company.start(refresh="due")
    assert company.finish()[0].code == 0
    company.start(urls=str(more))
    assert company.finish()[0].code in (0, ExitCode.INCOMPLETE)
    company.rows(
        "UPDATE run SET ended_at = '2026-01-01T00:00:00Z', started_at = '2026-01-01T00:00:00Z' RETURNING 1"
    )
    company.start()
    assert company.finish()[0].code in (0, ExitCode.INCOMPLETE)
    assert company.rows("SELECT count(*) FROM run") == [(4,)]


def test_a_refusal_slows_all_down(server: Server, tmp_path: Path) -> None:
    pages = {f"/article/slug/{number:022}": Answer(body=b"<p>No article.") for number in range(12)}
    links = "".join(f'<a href="{path}">{path}</a>' for path in pages).encode()
    turns = [Answer(503, headers=(("Retry-After", "1"),)), Answer(body=b"<p>No article.")]
    with ScriptedSite({"/news": Answer(body=links), **pages, "/article/slug/" + "0" * 22: turns}) as site:
        company = Company(tmp_path, server.new(), site.base_url)
        company.start(3)
        company.finish()
        (at,) = [at for at, path in site.seen if path.endswith("0" * 22)][:1]
        after = [later for later, _ in site.seen if later > at]
        assert min(after) - at >= 1.0


def test_a_site_that_blocks_one_blocks_all(server: Server, tmp_path: Path) -> None:
    refusal = Answer(429, headers=(("Retry-After", "86400"),))
    pages = {f"/article/slug/{number:022}": refusal for number in range(12)}
    links = "".join(f'<a href="{path}">{path}</a>' for path in pages).encode()
    with ScriptedSite({"/news": Answer(body=links), **pages}) as site:
        company = Company(tmp_path, server.new(), site.base_url)
        company.start(3)
        ended = company.finish()
        assert {one.code for one in ended} == {ExitCode.BLOCKED}, ended
        assert len([path for path in site.paths if path in pages]) == 1
    assert company.rows("SELECT outcome, exit_code FROM run") == [("blocked", int(ExitCode.BLOCKED))]


def test_without_its_robots_txt_nobody_asks_anything(server: Server, tmp_path: Path) -> None:
    with ScriptedSite({"/robots.txt": Answer(500), "/news": Answer(body=b"x")}) as site:
        company = Company(tmp_path, server.new(), site.base_url)
        company.start(3)
        ended = company.finish()
        assert {one.code for one in ended} == {ExitCode.ROBOTS}, ended
        assert set(site.paths) == {"/robots.txt"}
        assert len(site.paths) == 3, "the first and its two retries, whoever makes them"


def test_two_sites_are_crawled_at_once_into_one_database(
    company: Company, site: SampleSite, tmp_path: Path
) -> None:
    site.delay = 0.05
    with second_site() as other:
        company.start(2)
        profile = str(Path(__file__).parents[1] / "secondsite" / "profile.toml")
        there = start_crawl(
            company.folder, other.base_url, database=company.url, shared=True, lease=3, site=profile,
            start=[f"{other.base_url}/"],
        )  # fmt: skip
        company.wait_for(lambda: company.at_work() == 3)
        assert finish(there).code == 0
        assert {one.code for one in company.finish()} == {0}
    runs = company.rows("SELECT site, outcome FROM run ORDER BY site")
    assert [outcome for _, outcome in runs] == ["complete", "complete"]
    assert len({name for name, _ in runs}) == 2
    strays = "SELECT count(*) FROM url_history h JOIN url u ON u.id = h.url_id JOIN run r ON r.id = h.run_id "
    assert company.rows(strays + "WHERE r.site <> u.site") == [(0,)]


def test_a_command_that_writes_alone_gives_way_and_they_to_it(
    company: Company, site: SampleSite, run: Run
) -> None:
    site.delay = 0.1
    company.start(2)
    company.wait_for(lambda: company.at_work() == 2)
    alone = crawl(company.folder, site.base_url, database=company.url)
    assert alone.code == ExitCode.BUSY
    assert "being written to by process" in alone.result["error"]
    reread = run("reread", "--archive", company.folder, "--database", company.url)
    assert reread.code == ExitCode.BUSY
    assert {one.code for one in company.finish()} == {0}
    alone_first = start_crawl(company.folder, site.base_url, database=company.url, refresh="all")
    before = len(site.requests)
    company.wait_for(lambda: len(site.requests) > before + 2)
    company.start()
    (shared,) = company.finish()
    assert shared.code == ExitCode.BUSY
    assert finish(alone_first).code == 0


def test_another_folder_or_profile_is_refused(company: Company, site: SampleSite, tmp_path: Path) -> None:
    (working,) = company.start(delay=2.0)
    company.wait_for(lambda: company.at_work() == 1)
    elsewhere = start_crawl(tmp_path / "elsewhere", site.base_url, database=company.url, shared=True)
    refused = finish(elsewhere)
    assert refused.code == ExitCode.STORAGE
    assert "captures" in refused.result["error"]
    other = tmp_path / "other.toml"
    other.write_text('extends = "sample"\nname = "sample"\n[limits]\nexplore_depth = 1\n', "utf-8")
    misread = start_crawl(company.folder, site.base_url, database=company.url, shared=True, site=str(other))
    refused = finish(misread)
    assert refused.code == ExitCode.BUSY
    assert "another version of this program, or of the site's profile" in refused.result["error"]
    working.send_signal(signal.SIGTERM)
    assert {one.code for one in company.finish()} == {ExitCode.STOPPED}


def test_in_a_folder_of_its_own_there_is_nothing_to_share(site: SampleSite, tmp_path: Path) -> None:
    ended = crawl(tmp_path / "archive", site.base_url, shared=True)
    assert ended.code == ExitCode.USAGE
    assert "PostgreSQL only" in ended.result["error"]


def test_the_command_says_how_many_took_part(company: Company, site: SampleSite) -> None:
    site.delay = 0.5
    options = ["--site", "sample", "--start", f"{company.base_url}/", "--archive", str(company.folder)]
    company.start()
    company.wait_for(lambda: company.at_work() == 1)
    last = subprocess.Popen(
        [sys.executable, "-m", "crawler.cli", "crawl", *options, "--database", company.url, "--shared",
         "--delay", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environment(),
    )  # fmt: skip
    company.wait_for(lambda: company.at_work() == 2)
    site.delay = 0.0
    out, err = last.communicate(timeout=120)
    (first,) = company.finish()
    assert (first.code, last.returncode) == (0, 0), err
    told = "all of that by 2 processes, of which this one ended last"
    assert (told in out) == ("workers" not in first.result["counts"])
    assert "complete: " in out
