"""What Prometheus is told: what the archive holds, how its last crawl ended, when one last went well.

All of it is read from the archive, so that it is the same by `/metrics`, in the textfile, and after a
restart. Names and labels are stable; docs/operating.md lists them.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection, text

from crawler.exits import ExitCode, UserError
from storage.archive import open_archive
from storage.at_work import at_work
from storage.errors import ArchiveError
from storage.overview import size_on_disk

_SUFFIX = ".prom"
_CRAWLS = "kind IN ('crawl', 'demo')"
_ENDED_CRAWLS = f"{_CRAWLS} AND ended_at IS NOT NULL AND outcome <> 'skipped'"
KILLED = 137
"""Told as the exit code of a crawl that was killed: what a shell says of SIGKILL."""
_HELD = (
    ("msarchive_articles", "Articles in the archive.", "SELECT site, count(*) FROM articles GROUP BY 1"),
    ("msarchive_revisions", "Revisions of articles.", "SELECT site, count(*) FROM revisions GROUP BY 1"),
    ("msarchive_captures", "Captures: fetches and imported files.",
     "SELECT site, count(*) FROM captures GROUP BY 1"),
    ("msarchive_urls_due", "Addresses that an unfinished crawl has still to ask for.",
     "SELECT site, count(due_at) FROM urls GROUP BY 1"),
    ("msarchive_alarms", "Fields that the site's pages have lost, and that nobody has seen to.",
     "SELECT s.site, count(m.id) FROM (SELECT DISTINCT site FROM runs) s LEFT JOIN alarms m "
     "ON m.site = s.site AND m.cleared_at IS NULL GROUP BY 1"),
    ("msarchive_quarantined_pages", "Pages whose last reading waits in quarantine.",
     "SELECT s.site, count(q.capture) FROM (SELECT DISTINCT site FROM runs) s LEFT JOIN quarantined q "
     "ON q.site = s.site AND q.is_latest = 1 GROUP BY 1"),
    ("msarchive_last_success_timestamp_seconds", "When the last complete crawl ended.",
     f"SELECT site, max(ended_at) FROM runs WHERE {_CRAWLS} AND outcome = 'complete' GROUP BY 1"),
)  # fmt: skip
_LAST = f"""
SELECT site, started_at, ended_at, counts FROM runs WHERE id IN (
    SELECT max(id) FROM runs WHERE {_ENDED_CRAWLS} GROUP BY site)
ORDER BY site
"""
_LAST_CODE = f"SELECT coalesce(exit_code, {KILLED}) FROM runs WHERE {_ENDED_CRAWLS} ORDER BY id DESC LIMIT 1"
_ENDED = f"SELECT site, outcome, count(*) FROM runs WHERE {_CRAWLS} AND outcome IS NOT NULL GROUP BY 1, 2"
_STATES = "SELECT site, state, count(*) FROM urls GROUP BY 1, 2"


class ArchiveMetrics(Collector):
    """The metrics of one archive. Never raises for what may be wrong with it: `msarchive_archive_readable`
    is 0 then, and what can't be known is not told."""

    def __init__(self, directory: Path, *, exit_code: int | None = None, database: str | None = None) -> None:
        """`exit_code`: how the crawl that just ended did; None: as the archive's last run says. `database`:
        see `storage.archive.open_archive`.

        So it is for one that found another at work, too: else it would hide how that one ended.
        """
        self._directory = directory.absolute()
        self._database = database
        self._given = None if exit_code == ExitCode.BUSY else exit_code
        self._code = self._given

    def collect(self) -> Iterator[Metric]:
        """Read the archive as it is now."""
        readable = self._gauge("msarchive_archive_readable", "1 when the archive can be read, else 0.")
        found: list[Metric] = []
        busy: bool | None = None
        try:
            with (
                open_archive(self._directory, read_only=True, database=self._database) as archive,
                archive.engine.connect() as db,
            ):
                busy = bool(at_work(self._directory, archive))
                found = list(self._read(db))
            readable.add_metric([str(self._directory)], 1)
        except (ArchiveError, OSError):
            readable.add_metric([str(self._directory)], 0)
        except Exception as error:  # a scrape beside a migration, a damaged page: whatever SQLite says
            if type(error).__module__.partition(".")[0] not in ("sqlalchemy", "sqlite3", "psycopg"):
                raise
            readable.add_metric([str(self._directory)], 0)
        yield readable
        yield from found
        yield from self._around(busy)

    def _gauge(self, name: str, about: str, *labels: str) -> GaugeMetricFamily:
        return GaugeMetricFamily(name, about, labels=("archive", *labels))

    def _around(self, busy: bool | None) -> Iterator[Metric]:
        """What can be told without reading the archive, and whether it is `busy`. None: it did not say; then
        the folder's lock tells, but of an archive in a database nothing."""
        path = str(self._directory)
        if self._code is not None:
            code = self._gauge("msarchive_last_exit_code", "Exit code of the last crawl; 137: killed.")
            code.add_metric([path], self._code)
            yield code
        there = next(one for one in (self._directory, *self._directory.parents) if one.is_dir())
        free = self._gauge("msarchive_disk_free_bytes", "Free space where the archive is.")
        free.add_metric([path], shutil.disk_usage(there).free)
        yield free
        if there == self._directory:
            size = self._gauge("msarchive_archive_bytes", "Size of the archive's files.")
            size.add_metric([path], size_on_disk(self._directory))
            yield size
            if busy is None and self._database is None:
                busy = bool(at_work(self._directory))
        if busy is not None:
            running = self._gauge("msarchive_run_in_progress", "1 while a run writes to the archive, else 0.")
            running.add_metric([path], int(busy))
            yield running

    def _read(self, db: Connection) -> Iterator[Metric]:
        path = str(self._directory)
        if self._given is None:
            self._code = db.execute(text(_LAST_CODE)).scalar()
        for name, about, sql in _HELD:
            held = self._gauge(name, about, "site")
            for site, told in db.execute(text(sql)):
                held.add_metric([path, site], _seconds(told) if isinstance(told, str) else told)
            yield held
        urls = self._gauge("msarchive_urls", "Addresses ever heard of, by state.", "site", "state")
        for site, state, number in db.execute(text(_STATES)):
            urls.add_metric([path, site, state], number)
        yield urls
        ended = CounterMetricFamily(
            "msarchive_runs", "Crawls that ended, by outcome.", labels=("archive", "site", "outcome")
        )
        for site, outcome, number in db.execute(text(_ENDED)):
            ended.add_metric([path, site, outcome], number)
        yield ended
        yield from self._last_runs(db)

    def _last_runs(self, db: Connection) -> Iterator[Metric]:
        path = str(self._directory)
        began = self._gauge(
            "msarchive_last_run_start_timestamp_seconds", "When the last crawl began.", "site"
        )
        end = self._gauge("msarchive_last_run_end_timestamp_seconds", "When the last crawl ended.", "site")
        counts = self._gauge("msarchive_last_run_result", "What the last crawl came to.", "site", "what")
        for site, started_at, ended_at, told in db.execute(text(_LAST)):
            began.add_metric([path, site], _seconds(started_at))
            end.add_metric([path, site], _seconds(ended_at))
            for what, number in sorted(json.loads(told).items()):
                if isinstance(number, int | float):
                    counts.add_metric([path, site, what], number)
        yield from (began, end, counts)


def _seconds(utc: str) -> float:
    return datetime.fromisoformat(utc).timestamp()


def exposition(*collectors: Collector) -> bytes:
    """The collectors' metrics in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    for collector in collectors:
        registry.register(collector)
    return generate_latest(registry)


def checked_textfile(path: Path) -> Path:
    """The path, if a textfile can be written there. Raises `UserError` where that is plain from the start."""
    if path.suffix != _SUFFIX:
        raise UserError(
            f"the metrics file must end in {_SUFFIX}, or Prometheus' node exporter passes it over: {path}",
            ExitCode.USAGE,
        )
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise UserError(f"the metrics file's folder can't be written: {path.parent}", ExitCode.USAGE)
    return path


def write_textfile(
    path: Path, directory: Path, exit_code: int | None, *, database: str | None = None
) -> None:
    """Write the archive's metrics for the node exporter's textfile collector: whole or not at all.

    `exit_code` is as for `ArchiveMetrics`.

    Readable by everybody, since the exporter is another user. Raises `OSError`.
    """
    told = exposition(ArchiveMetrics(directory, exit_code=exit_code, database=database))
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(told)
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
