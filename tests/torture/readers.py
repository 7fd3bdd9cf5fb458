"""Readers beside a crawl: every reading command, over and over, in processes of their own."""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from itertools import cycle
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from tests.crawl.crawling import finish, start_crawl
from tests.torture.tinysite import TinySite

PATIENCE_S = 3600.0
"""What a crawl or a reader's last round may take: at the lowest priority ten minutes may not be enough."""
_IMPORTS = (
    "crawler.cli.changes", "crawler.cli.history", "crawler.cli.list_", "crawler.cli.search",
    "crawler.cli.show", "crawler.cli.status", "crawler.cli.verify", "rich.text",
    "sqlalchemy.dialects.sqlite", "storage.archive", "storage.history",
    "storage.queries", "storage.verify", "tests.torture.readers",
)  # fmt: skip


@dataclass
class Readings:
    """What readers met."""

    readers: int
    crawls: int = 0
    codes: Counter[int] = field(default_factory=Counter)
    """Exit code of a reading command -> how often."""
    commands: int = 0
    least: int = 0
    """Commands of the reader that came to the fewest."""
    slowest: float = 0.0
    """Seconds of the command that took longest, `verify` of the whole archive among them."""
    failures: list[str] = field(default_factory=list)
    """Commands that ended with another code than 0, and crawls that did."""

    def __str__(self) -> str:
        return (
            f"{self.readers} beside {self.crawls} crawls, {self.commands:,} commands (each reader at least "
            f"{self.least:,}; the slowest took {self.slowest:.1f} s), {len(self.failures)} that failed"
        )


def read_beside_crawls(
    folder: Path, *, readers: int, seconds: float, pause: float = 0.0, delay: float = 0.0
) -> Readings:
    """Crawl a site that changes into one archive again and again while so many processes read it.

    `pause`: seconds that each of them waits between two commands; `delay`: the crawl's, between two requests.
    Without both they take every processor that there is.
    """
    archive = folder / "archive"
    seen, counts = Readings(readers), list[int]()
    spawning = multiprocessing.get_context("forkserver")  # what is imported once serves all
    spawning.set_forkserver_preload(list(_IMPORTS))
    with TinySite() as site:
        done = finish(start_crawl(archive, site.base_url), timeout=PATIENCE_S)
        assert done.code == 0, done
        enough, met = spawning.Event(), spawning.Queue()
        processes = [
            spawning.Process(target=_read, args=(archive, pause, enough, met), daemon=True)
            for _ in range(readers)
        ]
        for process in processes:
            process.start()
        try:
            until = time.monotonic() + seconds
            changes = cycle((site.edit, site.restore))
            while time.monotonic() < until or not seen.crawls:
                next(changes)()
                at_work = start_crawl(archive, site.base_url, refresh="all", delay=delay)
                done = finish(at_work, timeout=PATIENCE_S)
                seen.crawls += 1
                if done.code != 0:
                    seen.failures.append(f"crawl: {done}")
            enough.set()
            for _ in processes:
                codes, slowest, failures = met.get(timeout=PATIENCE_S)
                seen.codes.update(codes)
                counts.append(codes.total())
                seen.slowest = max(seen.slowest, slowest)
                seen.failures += failures
        finally:
            for process in processes:
                process.kill()  # a command would take SIGTERM for its own
                process.join()
            met.close()
    seen.commands, seen.least = sum(counts), min(counts)
    return seen


def _read(archive: Path, pause: float, enough: Event, met: Any) -> None:
    from crawler.cli import main

    codes: Counter[int] = Counter()
    failures, slowest = [], 0.0
    parent = multiprocessing.parent_process()
    while not enough.is_set() and parent is not None and parent.is_alive():
        for command in _commands(archive):
            out, err, begin = StringIO(), StringIO(), time.monotonic()
            with redirect_stdout(out), redirect_stderr(err):
                try:
                    main([*command, "--archive", str(archive)])
                except SystemExit as ended:
                    code = int(ended.code or 0)
            codes[code] += 1
            slowest = max(slowest, time.monotonic() - begin)
            if code != 0:
                failures.append(f"{command}: {code}: {err.getvalue().strip()}")
            if enough.wait(pause):
                break
    met.put((codes, slowest, failures))


def _commands(archive: Path) -> list[list[str]]:
    """Every command that reads, about an article that there is."""
    from storage.archive import open_archive

    with open_archive(archive, read_only=True) as opened, opened.engine.connect() as connection:
        key = connection.exec_driver_sql("SELECT key FROM articles ORDER BY random() LIMIT 1").scalar()
    return [
        ["list"], ["list", "--json"], ["show", str(key)], ["search", "study"], ["history", str(key)],
        ["changes", "--since", "2020-01-01"], ["status"], ["status", "--json"], ["verify"],
    ]  # fmt: skip
