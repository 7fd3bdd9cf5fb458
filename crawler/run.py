"""Runs one crawl in this process, from options to a truthful result."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

from crawler import __version__, logs
from crawler.cli.errors import as_user_error
from crawler.collecting import rare_collections
from crawler.exits import ExitCode, NothingToDo, UserError
from crawler.extensions.archive_run import ArchiveRun, database_of, plain_settings
from crawler.outcome import CrawlResult
from crawler.politeness import drop_waiting
from crawler.reading_beside import ReadingBeside, read_beside
from crawler.rendering import prepare_rendering
from crawler.skipping import noting_a_skip
from crawler.terminal import complain
from crawler.wire import give_up_asking
from spiders.reading.model import READER_VERSION
from spiders.sites import load_profile
from spiders.summaries import SummariesSpider
from storage.archive import FILE_NAME, ArchiveMissing, ArchiveOlder, open_archive
from storage.db import Db

logger = logging.getLogger(__name__)

_STALE = """
SELECT EXISTS (SELECT 1 FROM capture c JOIN article a ON a.id = c.article_key
WHERE a.site = ? AND c.kind <> 'unchanged' AND c.reader_version IS NOT ?)
"""
Crawl = Callable[[Settings, Mapping[str, str]], CrawlResult]
SETTINGS_MODULE = "crawler.settings"
STOP_PATIENCE_S = 4.0
"""How long a clean stop waits for an answer that is on its way. With what comes after it, a stop takes less
than the ten seconds after which container engines kill."""


@dataclass(frozen=True)
class CrawlOptions:
    """What `msarchive crawl` can be told. None: as the settings say."""

    archive: Path
    database: str | None = None
    """`postgresql://…` in the place of the folder's `archive.db`; None: that file."""
    site: str = "mymsbuddy"
    start: tuple[str, ...] = ()
    urls: Path | None = None
    max_pages: int | None = None
    delay: float | None = None
    """Seconds between the beginnings of two requests."""
    origin: str | None = None
    """Where to ask instead of at the site's own address (a mirror)."""
    allow_private: tuple[str, ...] = ()
    """`HOST[:PORT]` that may be connected to though it is not public."""
    contact: str | None = None
    kind: str = "crawl"
    refresh: str | None = None
    """`all`, `due` or `new`: what is asked again."""
    retries: int | None = None
    retry_wait: float | None = None
    """Seconds before the second try."""
    render: str | None = None
    """`auto`: empty shells are rendered by a browser; `never`."""
    shared: bool = False
    """Whether other processes may crawl into the same archive (in PostgreSQL), at the same time."""
    lease: float | None = None
    """Seconds that what it takes is its own without a sign of life, when it shares."""
    progress: str = "screen"
    """`screen`, `log` or `none`; with JSON lines always `log`."""
    log_format: logs.LogFormat = "human"
    metrics_file: Path | None = None
    """Where the metrics go when it has ended."""

    def settings(self) -> Settings:
        """Scrapy's settings for it."""
        settings = Settings()
        settings.setmodule(SETTINGS_MODULE, priority="project")
        chosen: dict[str, Any] = {
            "MSARCHIVE_DIR": str(self.archive),
            "MSARCHIVE_DATABASE": self.database or "",  # whatever the environment says
            "MSARCHIVE_SITE": self.site,
            "MSARCHIVE_START": " ".join(self.start) or None,
            "MSARCHIVE_URLS": None if self.urls is None else str(self.urls),
            "MSARCHIVE_ORIGIN": self.origin,
            "MSARCHIVE_MAX_PAGES": self.max_pages,
            "MSARCHIVE_ALLOW_PRIVATE": " ".join(self.allow_private) or None,
            "MSARCHIVE_CONTACT": self.contact,
            "MSARCHIVE_KIND": self.kind,
            "MSARCHIVE_REFRESH": self.refresh,
            "MSARCHIVE_RENDER": self.render,
            "MSARCHIVE_RETRIES": self.retries,
            "MSARCHIVE_RETRY_WAIT": self.retry_wait,
            "MSARCHIVE_SHARED": self.shared or None,
            "MSARCHIVE_LEASE": self.lease,
            "MSARCHIVE_PROGRESS": "log" if self.log_format == "json" else self.progress,
            "MSARCHIVE_LOG_FORMAT": self.log_format,
            "MSARCHIVE_METRICS_FILE": None if self.metrics_file is None else str(self.metrics_file),
            "DOWNLOAD_DELAY": self.delay,
            "LOG_LEVEL": "INFO" if self.log_format == "json" else "WARNING",
        }
        given = {name: value for name, value in chosen.items() if value is not None}
        settings.setdict(given, priority="cmdline")
        return settings


class CrawlProcess(AsyncCrawlerProcess):
    """Scrapy's process, whose clean stop does not wait for requests that are not on the wire yet, and not for
    ever for those that are."""

    async def stop(self) -> None:
        """Let what is on the wire come in, if it comes soon; drop what waits for its turn, end."""
        loop = asyncio.get_running_loop()
        for crawler in self.crawlers:
            drop_waiting(crawler)
            loop.call_later(STOP_PATIENCE_S, give_up_asking, crawler)
        await super().stop()


def run_crawl(options: CrawlOptions) -> CrawlResult:
    """Crawl, and say how it ended. Once per process: an event loop that has ended does not run again.

    Raises `UserError`, `ProfileError` or `ArchiveError` when it can't begin.
    """
    return crawl(options.settings(), {})


def _metrics_at_end(crawl: Crawl) -> Crawl:
    """The function, with MSARCHIVE_METRICS_FILE (setting or environment) written when it has ended, however.

    Metrics that can't be written are complained of and alter nothing: the crawl ended as it did.
    """

    def crawl_and_tell(settings: Settings, arguments: Mapping[str, str]) -> CrawlResult:
        told = settings.get("MSARCHIVE_METRICS_FILE") or os.environ.get("MSARCHIVE_METRICS_FILE")
        if not told:
            return crawl(settings, arguments)
        from crawler.metrics import checked_textfile, write_textfile

        path = checked_textfile(Path(told))
        code: ExitCode | None = ExitCode.ERROR
        try:
            result = crawl(settings, arguments)
            code = result.exit_code
            return result
        except NothingToDo:
            code = None  # how the others' run ended is not hidden by it
            raise
        except Exception as error:
            known = as_user_error(error)
            code = ExitCode.ERROR if known is None else known.code
            raise
        finally:
            try:
                write_textfile(path, _directory(settings), code, database=database_of(settings))
            except OSError as error:
                complain(f"the metrics could not be written: {error.strerror}: {path}")

    return crawl_and_tell


def _directory(settings: Settings) -> Path:
    return Path(settings.get("MSARCHIVE_DIR") or os.environ.get("MSARCHIVE_DIR") or "archive")


@_metrics_at_end
def crawl(settings: Settings, arguments: Mapping[str, str]) -> CrawlResult:
    """As `run_crawl`, for settings as they are and the spider's arguments (`-a`)."""
    logs.install_for(settings)
    prepare_rendering(settings)
    profile = load_profile(arguments.get("site") or settings.get("MSARCHIVE_SITE"))
    directory = _directory(settings)
    with noting_a_skip(
        directory,
        kind=settings.get("MSARCHIVE_KIND"),
        site=profile.name,
        profile_digest=profile.digest,
        settings=plain_settings(settings),
    ):
        bring_readings_up_to_date(directory, profile.name, database_of(settings))
    beside = ReadingBeside.begin()
    process = CrawlProcess(settings)
    crawler = process.create_crawler(SummariesSpider)
    with read_beside(crawler, beside):
        task = process.crawl(crawler, **arguments)
        with rare_collections(), _signals_as_before():
            process.start()
    failure = task.exception() if task.done() and not task.cancelled() else None
    run = crawler.get_extension(ArchiveRun) if crawler._extensions is not None else None
    if run is None:
        raise failure or RuntimeError("the crawl did not begin")
    if failure is not None and run.result is None:
        run.session.error = run.session.error or failure
    result = run.finish("killed" if failure is None else "failed")
    logs.tell(
        "run.ended", f"{result.outcome}: {result.reason}",
        outcome=result.outcome, reason=result.reason, exit_code=int(result.exit_code),
        seconds=round(result.seconds, 3), counts=dict(sorted(result.counts.items())),
    )  # fmt: skip
    return result


def bring_readings_up_to_date(directory: Path, site: str, database: str | None = None) -> None:
    """Read again what an earlier reader had read, before anything is asked.

    Else what today's reader reads otherwise would pass for a change of the site's. Raises `UserError` when
    values would be lost by it, `ArchiveError` when the archive can't be used.
    """
    if database is None and not (directory / FILE_NAME).is_file():
        return
    try:
        opened = open_archive(directory, read_only=True, database=database)
    except ArchiveMissing:  # a run that was killed while it made the archive
        return
    except ArchiveOlder:
        if database is not None:
            raise
        open_archive(directory).close()  # brings its schema up to date
        opened = open_archive(directory, read_only=True)
    with opened as archive, archive.engine.connect() as connection:
        stale = Db(connection).value(_STALE, site, READER_VERSION)
    if not stale:
        return
    from crawler.rereading import RereadOptions, reread

    logger.warning("The archive was read by an earlier reader: reading its captures again first")
    done = reread(RereadOptions(archive=directory, database=database), program_version=__version__)
    if any(one.refused for one in done):
        raise UserError(
            "the archive was read by an earlier reader, and today's would lose values; see 'msarchive reread'"
        )


@contextmanager
def _signals_as_before() -> Iterator[None]:
    """Take Scrapy's signal handlers away at the end: they would speak to an event loop that is no more."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            if handler is not None:  # one that Python did not set can't be set by it
                signal.signal(number, handler)
