"""Pages of a crawl are committed a few at a time: soon, and what is told of them is true when it is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crawler.samplesite import SampleSite
from tests.crawl.crawling import Crawled, ask, crawl
from tests.crawl.scripted import Answer, ScriptedSite, links, robots

pytestmark = pytest.mark.usefixtures("both")

# On a machine that is busy with other work few pages come within the time that one waits for others.
PATIENT = "import pipelines.committing; pipelines.committing.LONGEST_WAIT_S = 5.0"
FAILS_AT_COMMIT = f"""
{PATIENT}
import errno
from storage.group_commit import GroupCommit
real, groups = GroupCommit.commit, []
def full():
    raise OSError(errno.ENOSPC, "No space left on device")
def failing(self, around):
    groups.append(self._pages)
    if self._pages > 2 and len([pages for pages in groups if pages > 2]) == 2:
        around = around._replace(before_commit=full)
    return real(self, around)
GroupCommit.commit = failing
"""
COUNTS_COMMITS = f"""
{PATIENT}
import atexit, sys
from storage.db import Db
real, calls = Db.commit, []
def counted(self):
    calls.append(self)
    return real(self)
Db.commit = counted
atexit.register(lambda: print(len(calls), "commits", file=sys.stderr))
"""


def stored(done: Crawled) -> list[str]:
    """Addresses of the `page.stored` events."""
    events = [json.loads(line) for line in done.stderr.splitlines()]
    return [event["url"] for event in events if event["event"] == "page.stored"]


def captured(archive: Path) -> list[str]:
    return [url for (url,) in ask(archive, "SELECT url FROM captures ORDER BY id")]


def test_a_site_that_answers_fast_has_several_pages_to_a_commit(tmp_path: Path) -> None:
    with SampleSite() as site:
        done = crawl(tmp_path / "archive", site.base_url, before=COUNTS_COMMITS)
    assert done.code == 0, done
    (told,) = [line for line in done.stderr.splitlines() if line.endswith(" commits")]
    assert int(told.split()[0]) < len(captured(tmp_path / "archive")) / 2


def test_a_page_is_told_of_when_it_is_on_disk(tmp_path: Path) -> None:
    with SampleSite() as site:
        done = crawl(tmp_path / "archive", site.base_url, log_format="json")
    assert done.code == 0, done
    assert stored(done) == captured(tmp_path / "archive")


def test_what_a_failed_commit_takes_back_is_neither_told_nor_counted(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    with SampleSite() as site:
        done = crawl(archive, site.base_url, before=FAILS_AT_COMMIT, log_format="json")
        assert done.code == 7, done
        asked = len(site.requests)
        kept = captured(archive)
        assert 0 < len(kept) < asked
        assert stored(done) == kept
        assert done.result["counts"]["answers"] == len(kept)
        again = crawl(archive, site.base_url)
        assert again.code == 0, again
    assert ask(archive, "SELECT count(*) FROM urls WHERE state = 'waiting'") == [(0,)]


def test_a_page_does_not_wait_for_a_site_that_is_slow(tmp_path: Path) -> None:
    archive, seen = tmp_path / "archive", []

    def slowly(path: str) -> Answer:
        seen.extend(ask(archive, "SELECT count(*) FROM capture"))
        return links(title=path)

    paths = [f"/page/{number}" for number in range(4)]
    with ScriptedSite(
        {"/robots.txt": robots("Allow: /"), "/": links(*paths), **dict.fromkeys(paths, slowly)}
    ) as site:
        done = crawl(archive, site.base_url, delay=0.4)
    assert done.code in (0, 3), done
    before = [number for (number,) in seen]
    assert before == list(range(before[0], before[0] + 4))
