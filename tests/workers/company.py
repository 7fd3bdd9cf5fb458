"""Several processes that crawl one site into one archive in PostgreSQL."""

from __future__ import annotations

import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from crawler.samplesite import SampleSite
from tests.crawl.crawling import Crawled, finish, kill, start_crawl

Process = subprocess.Popen[str]
PAGES_UNDER_WAY = 5
"""What a worker may have asked for and not stored yet."""


@dataclass
class Company:
    """Workers at one archive; `lease` is in seconds."""

    folder: Path
    url: str
    base_url: str
    lease: float = 60.0
    workers: list[Process] = field(default_factory=list)

    def start(self, number: int = 1, **options: Any) -> list[Process]:
        """So many more workers."""
        begun = [
            start_crawl(
                self.folder, self.base_url, database=self.url, shared=True, lease=self.lease, **options
            )
            for _ in range(number)
        ]
        self.workers += begun
        return begun

    def start_together(self, number: int, site: SampleSite) -> None:
        """So many, of a site that takes its time until all of them are at work."""
        pace, site.delay = site.delay, 0.5
        self.start(number)
        self.wait_for(lambda: self.at_work() == number)
        site.delay = pace

    def finish(self, timeout: float = 120) -> list[Crawled]:
        """How all that are still there have ended."""
        ended = [finish(worker, timeout=timeout) for worker in self.workers]
        self.workers.clear()
        return ended

    def kill(self, worker: Process) -> None:
        """SIGKILL to one of them."""
        self.workers.remove(worker)
        kill(worker)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What the archive's database answers."""
        with psycopg.connect(self.url) as connection:
            return connection.execute(sql).fetchall()

    def wait_for(self, what: Callable[[], object], seconds: float = 60) -> None:
        """Until something is so."""
        until = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < until, "it never came to pass"
            time.sleep(0.01)

    def pids_at_work(self) -> set[int]:
        """The processes that take part in a run."""
        if self.rows("SELECT to_regclass('workers.worker')") == [(None,)]:
            return set()
        found = self.rows("SELECT pid FROM workers.worker WHERE run_id IS NOT NULL AND workers.lives(id)")
        return {int(pid) for (pid,) in found}

    def at_work(self) -> int:
        """How many take part in a run."""
        return len(self.pids_at_work())

    def stored_more_than_once(self) -> list[tuple[Any, ...]]:
        """Addresses with several captures; every run asks for robots.txt anew."""
        return self.rows(
            "SELECT u.url, count(*) FROM capture c JOIN url u ON u.id = c.url_id WHERE u.kind <> 'robots' "
            "GROUP BY 1 HAVING count(*) > 1"
        )


@dataclass
class Massacre:
    """A crawl by workers of which one after the other is killed, at any moment, until one is left."""

    company: Company
    site: SampleSite
    random: random.Random
    kills: int = 0

    def carry_out(self, kills: int) -> list[Crawled]:
        """So many kills, as long as there is work; how the one that was left, or those, ended."""
        company = self.company
        company.start_together(kills + 1, self.site)
        while self.kills < kills and self._goes_on():
            company.kill(self.random.choice(company.workers))
            self.kills += 1
        return company.finish()

    def _goes_on(self) -> bool:
        """Let the site be asked for some pages more, and some milliseconds pass; False when a worker has
        ended: there is no more to do."""
        enough = len(self.site.requests) + self.random.randint(1, 12)
        while len(self.site.requests) < enough:
            if any(worker.poll() is not None for worker in self.company.workers):
                return False
            time.sleep(0.002)
        time.sleep(self.random.uniform(0, 0.03))
        return all(worker.poll() is None for worker in self.company.workers)

    def asked_again(self) -> int:
        """How many requests were for what had been asked before."""
        asked = Counter(request.path for request in self.site.requests)
        return sum(number - 1 for number in asked.values())
