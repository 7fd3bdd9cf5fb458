"""A scheduler of crawls of one archive, with its clock, its children, and what is told of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import SystemRandom
from signal import Signals
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from crawler import logs
from crawler.exits import ExitCode
from crawler.metrics import KILLED, ArchiveMetrics, exposition
from crawler.schedule.child import CrawlChild, Ended
from crawler.schedule.clock import signal_clock
from crawler.schedule.loop import Scheduler, State
from crawler.schedule.plan import Plan
from crawler.schedule.server import health, serving
from storage.archive import open_archive
from storage.errors import ArchiveError

_LAST = "SELECT max(started_at) FROM runs WHERE kind IN ('crawl', 'demo') AND site = :site"
_LAST_CODE = """
SELECT exit_code, outcome FROM runs WHERE kind IN ('crawl', 'demo') AND site = :site AND ended_at IS NOT NULL
    AND outcome <> 'skipped'
ORDER BY id DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Service:
    """What `msarchive schedule` runs."""

    plan: Plan
    jitter: timedelta
    arguments: tuple[str, ...]
    """Of `msarchive`, with `crawl` first."""
    archive: Path
    site: str
    """Name of the site's profile."""
    listen: tuple[str, int] | None
    """Where `/health` and `/metrics` are; None: nowhere."""
    database: str | None = None
    """What is in the place of the folder's `archive.db`: see `storage.archive.open_archive`."""


def serve(service: Service) -> ExitCode:
    """Crawl by the clock until a signal comes. Raises `UserError` when `listen` can't be had."""
    with ExitStack() as stack:
        clock = stack.enter_context(signal_clock())
        scheduler = Scheduler(
            service.plan,
            clock,
            lambda: CrawlChild(service.arguments, json_log=logs.is_json()),
            lambda: last_began(service.archive, service.site, service.database),
            jitter=service.jitter,
            random=SystemRandom(),
        )
        if service.listen is not None:
            told = Told(service, scheduler)
            port = stack.enter_context(serving(service.listen, health=told.health, metrics=told.metrics))
            logs.tell(
                "schedule.listening", f"/health and /metrics at {service.listen[0]} port {port}", port=port
            )
        return scheduler.run()


class Told:
    """What a scheduler tells those who ask."""

    def __init__(self, service: Service, scheduler: Scheduler) -> None:
        self._service = service
        self._scheduler = scheduler

    def health(self) -> tuple[bool, dict[str, object]]:
        """Whether all is well, and the state it is in."""
        state = self._scheduler.state
        code = exit_code(state.last)
        if code is None or code == ExitCode.BUSY:  # another one was at work, and how that ended counts
            code = last_exit_code(self._service.archive, self._service.site, self._service.database)
        return health(state, datetime.now(UTC), code)

    def metrics(self) -> bytes:
        """The archive's metrics and the scheduler's, in Prometheus' text format."""
        state = self._scheduler.state
        return exposition(
            ArchiveMetrics(
                self._service.archive, exit_code=exit_code(state.last), database=self._service.database
            ),
            ScheduleMetrics(self._service.archive, state),
        )


class ScheduleMetrics(Collector):
    """The metrics of a scheduler itself."""

    def __init__(self, archive: Path, state: State) -> None:
        self._archive = str(archive.absolute())
        self._state = state

    def collect(self) -> Iterator[Metric]:
        """The state as it was given."""
        state = self._state
        turn = GaugeMetricFamily(
            "msarchive_schedule_next_crawl_timestamp_seconds",
            "When the next crawl begins; missing while one is at work.",
            labels=("archive",),
        )
        if state.next_at is not None:
            turn.add_metric([self._archive], state.next_at.timestamp())
        crawls = CounterMetricFamily(
            "msarchive_schedule_crawls", "Crawls begun by this scheduler.", labels=("archive",)
        )
        crawls.add_metric([self._archive], state.begun)
        missed = CounterMetricFamily(
            "msarchive_schedule_missed", "Times due at which no crawl was begun.", labels=("archive",)
        )
        missed.add_metric([self._archive], state.missed)
        yield from (turn, crawls, missed)


def exit_code(ended: Ended | None) -> int | None:
    """How a child ended as a shell tells it: 128 and the signal's number for one that was killed."""
    if ended is None or ended.exit_code is not None:
        return None if ended is None else ended.exit_code
    number = getattr(Signals, ended.signal or "", None)
    return 128 + int(number if number is not None else 0)


def last_began(archive: Path, site: str, database: str | None = None) -> datetime | None:
    """When the archive's last crawl of a site began; None when there was none, or it can't be told."""
    rows = _ask(archive, _LAST, site, database)
    return datetime.fromisoformat(rows[0][0]) if rows and rows[0][0] else None


def last_exit_code(archive: Path, site: str, database: str | None = None) -> int | None:
    """The exit code of the archive's last crawl of a site; None as for `last_began`."""
    rows = _ask(archive, _LAST_CODE, site, database)
    if not rows:
        return None
    code, outcome = rows[0]
    if code is None:
        return KILLED if outcome == "killed" else None
    return int(code)


def _ask(archive: Path, sql: str, site: str, database: str | None) -> Sequence[Sequence[Any]]:
    try:
        with (
            open_archive(archive, read_only=True, database=database) as opened,
            opened.engine.connect() as db,
        ):
            return [tuple(row) for row in db.execute(text(sql), {"site": site})]
    except (ArchiveError, SQLAlchemyError, OSError):
        return []
