"""The demonstration's archive, the same every time: addresses, ids and times do not depend on the day."""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from crawler.samplesite import SampleSite
from tests.crawl.crawling import crawl

BASE = "https://plainly.example"
EDITED, READ = "Sx1jR8", "u5LbN8"
"""An article that was edited, taken away and brought back; one with all that an article can have."""
_CHANGES = ((), ("edit",), ("withdraw",), ("return", "new"))
_FIRST = datetime(2026, 3, 2, 3, tzinfo=UTC)
_BETWEEN = timedelta(days=21)
_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def demo_archive(directory: Path) -> Path:
    """The sample site, crawled four times, three weeks apart, while its editors worked."""
    with SampleSite() as site:
        for changes in _CHANGES:
            for change in changes:
                site.apply(change)
            done = crawl(
                directory, BASE, origin=site.base_url, kind="demo", refresh="all", delay=0.0,
                contact="archivist@example.org",
                allow_private=[site.base_url.removeprefix("http://")],
            )  # fmt: skip
            assert done.code == 0, (done.result, done.stderr)
    _set_clock(directory / "archive.db")
    return directory


def _set_clock(path: Path) -> None:
    """Put every time of each run to the beginning of that run, and the runs three weeks apart."""
    connection = sqlite3.connect(path)
    begins = [row[0] for row in connection.execute("SELECT started_at FROM run ORDER BY id")]

    def moved(value: object) -> object:
        if not isinstance(value, str) or not _UTC.fullmatch(value):
            return value
        number = max(0, sum(begin <= value for begin in begins) - 1)
        return (_FIRST + number * _BETWEEN).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    connection.create_function("moved", 1, moved, deterministic=True)
    connection.execute("PRAGMA foreign_keys = OFF")
    tables = [
        row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE sql LIKE '%STRICT%'")
    ]
    for table in tables:
        names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        times = [name for name in names if name == "at" or name.endswith(("_at", "_since"))]
        if times:
            connection.execute(f"UPDATE {table} SET {', '.join(f'{name} = moved({name})' for name in times)}")
    connection.execute("UPDATE run SET host = 'archivist', pid = 4242")
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
