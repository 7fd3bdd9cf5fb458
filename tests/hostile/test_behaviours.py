"""Whatever a server does: each address ends in its state, memory stays small, the exit code is true."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from spiders.reading import read_page
from spiders.sites import load_profile
from spiders.walk import Walk
from storage.archive import open_archive
from tests.crawl.crawling import Crawled, ask, finish, start_crawl
from tests.crawl.test_wire_faults import Rude

from .server import BEHAVIOURS, TIMES, Acts

MOST_MEMORY_MB = 300
# Not getrusage(): its peak is that of the process that began this one, too.
_TELL_MEMORY = """
import atexit, re, sys
def tell():
    peak = re.search(r"VmHWM:\\s+([0-9]+) kB", open("/proc/self/status").read())
    print("peak memory", int(peak[1]) // 1024, file=sys.stderr)
atexit.register(tell)
import crawler.settings as s
s.DOWNLOAD_TIMEOUT = %s
"""


@dataclass(frozen=True)
class Endured:
    """A crawl of a hostile server."""

    archive: Path
    crawled: Crawled
    asked: list[str]

    @property
    def memory_mb(self) -> int:
        found = re.search(r"peak memory (\d+)", self.crawled.stderr)
        assert found is not None, self.crawled.stderr
        return int(found[1])

    def state(self, path: str) -> tuple[str, str]:
        ((state, reason),) = ask(
            self.archive, "SELECT state, reason FROM urls WHERE url LIKE :end", end=f"%:%{path}"
        )
        return state, reason


@contextmanager
def enduring(archive: Path, names: list[str], *, timeout: float) -> Iterator[Callable[[], Endured]]:
    """A crawl that goes on meanwhile; what is given waits for its end."""
    with Rude(Acts(names)) as server:
        start = [f"{server.base_url}/"]
        before = _TELL_MEMORY % timeout
        process = start_crawl(archive, server.base_url, start=start, retries=0, delay=0, before=before)
        yield lambda: Endured(archive, finish(process, timeout=280), server.paths)


@pytest.fixture(scope="module")
def endured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Endured]:
    """Behaviours that take their time, and all others: one crawl each, at the same time."""
    folder = tmp_path_factory.mktemp("hostile")
    others = [name for name in BEHAVIOURS if name not in TIMES]
    with (
        enduring(folder / "slow", list(TIMES), timeout=1.0) as slow_one,
        enduring(folder / "quick", others, timeout=20.0) as quick_one,
    ):
        slow, quick = slow_one(), quick_one()
    return {name: slow if name in TIMES else quick for name in BEHAVIOURS} | {"": quick}


def test_there_are_sixty_behaviours_and_more() -> None:
    assert len(BEHAVIOURS) >= 60


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_its_address_ends_in_the_right_state(name: str, endured: dict[str, Endured]) -> None:
    told, ran = BEHAVIOURS[name], endured[name]
    state, reason = ran.state(f"/{name}")
    assert state == told.state, reason
    assert told.reason in reason
    assert ran.asked.count(f"/{name}") == told.asked


@pytest.mark.parametrize("name", ["drips-its-body", "gzip-bomb"])
def test_memory_stays_small_and_the_run_says_that_some_failed(name: str, endured: dict[str, Endured]) -> None:
    ran = endured[name]
    assert ran.crawled.code == 3, ran.crawled
    assert ran.memory_mb < MOST_MEMORY_MB
    assert ask(ran.archive, "SELECT outcome FROM runs") == [("incomplete",)]
    assert ask(ran.archive, "SELECT url FROM urls WHERE due_at IS NOT NULL OR state = 'waiting'") == []


@pytest.mark.parametrize("name", ["drips-its-body", "gzip-bomb"])
def test_the_archive_is_whole(name: str, endured: dict[str, Endured]) -> None:
    folder = endured[name].archive
    with open_archive(folder, read_only=True) as archive, archive.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    assert ask(folder, "SELECT count(*) FROM articles") == [(0,)]


def test_nothing_but_the_site_was_asked_and_nothing_smuggled(endured: dict[str, Endured]) -> None:
    asked = endured[""].asked
    assert "/smuggled" not in asked
    # The home page is at depth 0, the trap's first page at 1, and other pages are looked at to depth 2.
    assert sorted(path for path in asked if "grows" in path) == ["/grows-its-paths", "/grows-its-paths/again"]


def test_what_leads_away_is_in_the_table_as_refused(endured: dict[str, Endured]) -> None:
    rows = ask(endured[""].archive, "SELECT url FROM urls WHERE state = 'refused' AND reason = 'off-site'")
    assert {"http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:22/"} <= {url for (url,) in rows}
    assert ask(endured[""].archive, "SELECT url FROM urls WHERE url NOT LIKE 'http%'") == []


def test_addresses_that_are_far_too_long_are_not_kept(endured: dict[str, Endured]) -> None:
    ((longest,),) = ask(endured[""].archive, "SELECT max(length(url)) FROM urls")
    assert longest <= 4000


def test_a_flood_of_links_is_cut() -> None:
    profile = load_profile("sample")
    body = b"".join(b'<a href="/flood/%d">x</a>' % number for number in range(20_000))
    reading = read_page(body, profile=profile, url=profile.base_url, content_type="text/html")
    found = Walk(profile).found_on(reading, url=profile.base_url, kind="page", depth=0, more_listings=True)
    assert len(found) == 5_000
