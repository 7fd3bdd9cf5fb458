"""Opens the archive when a crawl begins, and writes down truthfully how it ended."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings
from twisted.python.failure import Failure

from crawler import __version__
from crawler.clock import utc_now
from crawler.contact import check_contact, is_local
from crawler.exits import NothingToDo, UserError
from crawler.guard import guard_of
from crawler.min_free import NAME as MIN_FREE
from crawler.min_free import min_free
from crawler.outcome import CrawlResult, conclude
from crawler.politeness import drop_waiting
from crawler.refresh import refresh_of
from crawler.skipping import noting_a_skip
from pipelines.session import CrawlSession, RetryPolicy, attach, revisit_policy
from spiders.answers import cause
from spiders.reading.model import READER_VERSION
from spiders.reading.profile import SiteProfile
from spiders.summaries import SummariesSpider
from storage.archive import Archive, open_archive
from storage.frontier import Frontier
from storage.room import Room
from storage.run_record import MadeBy, just_over
from storage.shared_frontier import SharedFrontier
from storage.writer import Writer

_PLAIN_SETTINGS = (
    "DOWNLOAD_DELAY", "DOWNLOAD_TIMEOUT", "DOWNLOAD_MAXSIZE", "CONCURRENT_REQUESTS_PER_DOMAIN", "USER_AGENT",
    "MSARCHIVE_SITE", "MSARCHIVE_START", "MSARCHIVE_MAX_PAGES", "MSARCHIVE_RETRIES", "MSARCHIVE_RETRY_WAIT",
    "MSARCHIVE_REFRESH", "MSARCHIVE_ALLOW_PRIVATE",
)  # fmt: skip


class ArchiveRun:
    """One run of the archive around one crawl of a `SummariesSpider`.

    Settings read: `MSARCHIVE_DIR`, `MSARCHIVE_DATABASE`, `MSARCHIVE_CONTACT` (or the environment variables of
    those names),
    `MSARCHIVE_KIND`, `MSARCHIVE_MAX_PAGES`, `MSARCHIVE_RETRIES`, `MSARCHIVE_RETRY_WAIT`, `MSARCHIVE_REFRESH`,
    `MSARCHIVE_MIN_FREE`, `MSARCHIVE_SHARED`, `MSARCHIVE_LEASE`.
    Settings made, where nobody set them with more weight: `USER_AGENT`, and on loopback `DOWNLOAD_DELAY` 0.
    """

    def __init__(self, crawler: Crawler, archive: Archive, session: CrawlSession) -> None:
        self.session = session
        self.result: CrawlResult | None = None
        self._crawler = crawler
        self._archive = archive
        self._closing: asyncio.Task[None] | None = None
        session.stop_crawl = self._stop_crawl
        crawler.signals.connect(self._item_error, signals.item_error)
        crawler.signals.connect(self._spider_error, signals.spider_error)
        crawler.signals.connect(self._spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ArchiveRun:
        """Open the archive and begin a run.

        Raises `NothingToDo` when it was to help workers that have just ended.
        Raises `UserError` without a contact for a site that is not on loopback, for an address that is not
        public and nobody opened, or for a setting that can't be used; `ArchiveError` for an archive that
        can't be written.
        """
        spider, settings = crawler.spider, crawler.settings
        assert isinstance(spider, SummariesSpider)
        guard_of(settings).check_start(spider.spelling(spider.profile.base_url))
        adapt(settings, spider.profile)
        refresh_of(settings)  # before anything is made
        min_free(settings.get(MIN_FREE))
        directory = settings.get("MSARCHIVE_DIR") or os.environ.get("MSARCHIVE_DIR") or "archive"
        with noting_a_skip(
            Path(directory),
            kind=settings.get("MSARCHIVE_KIND"),
            site=spider.profile.name,
            profile_digest=spider.profile.digest,
            settings=plain_settings(settings),
        ):
            archive = open_archive(
                Path(directory), create=True, database=database_of(settings), lease_s=lease_of(settings)
            )
        try:
            session = _begin(archive, spider, settings)
        except BaseException:
            archive.close()
            raise
        attach(crawler, session)
        return cls(crawler, archive, session)

    def finish(self, reason: str) -> CrawlResult:
        """Settle the archive, write the run's end and close. Does it once; `reason` is Scrapy's."""
        if self.result is None:
            self.result = conclude(self.session, reason)
            self._archive.close()
        return self.result

    def _spider_closed(self, spider: Spider, reason: str) -> None:
        self.finish(reason)

    def _item_error(self, item: Any, response: Any, spider: Spider, failure: Failure) -> None:
        self.session.fail(cause(failure))

    def _spider_error(self, failure: Failure, response: Any, spider: Spider) -> None:
        self.session.fail(cause(failure))

    def _stop_crawl(self, reason: str) -> None:
        # Not awaited: it ends only after the request that is at work has ended, which may be the caller's.
        drop_waiting(self._crawler)
        if self._closing is None and self._crawler.spider is not None:
            engine = self._crawler.engine
            self._closing = asyncio.ensure_future(engine.close_spider_async(reason=reason))


def database_of(settings: BaseSettings) -> str | None:
    """The database in the place of the folder's `archive.db`, by setting or environment; None when there is
    none. An empty setting says that whatever the environment says."""
    given: str | None = settings.get("MSARCHIVE_DATABASE")
    return (os.environ.get("MSARCHIVE_DATABASE") if given is None else given) or None


def lease_of(settings: BaseSettings) -> float | None:
    """Seconds that what this crawl takes is its own without a sign of life; None when it shares with nobody.

    Raises `UserError` for a lease that is too short to be renewed in time.
    """
    if not settings.getbool("MSARCHIVE_SHARED"):
        return None
    lease = settings.getfloat("MSARCHIVE_LEASE")
    if lease < 1:
        raise UserError("MSARCHIVE_LEASE has to be a second at least")
    return lease


def adapt(settings: BaseSettings, profile: SiteProfile) -> None:
    """Set what depends on the site: who we say we are, and no delay on loopback.

    Raises `UserError` when the site is not on loopback and nobody gave a contact.
    """
    contact = settings.get("MSARCHIVE_CONTACT") or os.environ.get("MSARCHIVE_CONTACT")
    check_contact(contact, profile)
    local = is_local(profile)
    own = SETTINGS_PRIORITIES["project"]
    if (settings.getpriority("USER_AGENT") or 0) <= own:
        name = f"msarchive/{__version__}"
        settings.set("USER_AGENT", f"{name} (+{contact})" if contact else name, priority="spider")
    if local and (settings.getpriority("DOWNLOAD_DELAY") or 0) <= own:
        settings.set("DOWNLOAD_DELAY", 0.0, priority="spider")


def _begin(archive: Archive, spider: SummariesSpider, settings: BaseSettings) -> CrawlSession:
    profile = spider.profile
    policy = revisit_policy(profile)
    writer = Writer(archive, profile.name, policy=policy)
    frontier = (Frontier if archive.sharing is None else SharedFrontier)(archive, profile.name, policy)
    _leave_it_at_what_others_did(writer, frontier, spider, settings)
    limit = settings.get("MSARCHIVE_MAX_PAGES")
    writer.begin_run(
        settings.get("MSARCHIVE_KIND"),
        program_version=__version__,
        reader_version=READER_VERSION,
        profile_digest=profile.digest,
        settings=plain_settings(settings),
        warcinfo=warcinfo(settings),
    )
    return CrawlSession(
        profile=profile,
        writer=writer,
        frontier=frontier,
        retry=RetryPolicy(
            retries=settings.getint("MSARCHIVE_RETRIES"), first_wait=settings.getfloat("MSARCHIVE_RETRY_WAIT")
        ),
        directory=archive.directory,
        database=database_of(settings),
        max_pages=None if limit is None else int(limit),
        room=Room(archive.directory, min_free(settings.get(MIN_FREE))),
    )


def _leave_it_at_what_others_did(
    writer: Writer, frontier: Frontier, spider: SummariesSpider, settings: BaseSettings
) -> None:
    """Raises `NothingToDo` for a worker that comes just after the others have gone through the round that it
    was to help with, unless it was told what to ask: else it would begin another one."""
    told = (settings.getpriority("MSARCHIVE_REFRESH") or 0) > SETTINGS_PRIORITIES["project"]
    lease = lease_of(settings)
    if lease is None or told:
        return
    made_by = MadeBy(__version__, READER_VERSION, spider.profile.digest)
    run = just_over(writer.db, spider.profile.name, made_by, lease)
    if run is None or frontier.next_due(utc_now()) is not None:
        return
    if frontier.knows(found.url for found in spider.seeds()):
        raise NothingToDo(
            f"nothing is asked: the workers at {spider.profile.canonical_host} ended their round less than "
            f"{lease:.0f} s ago (run {run}), and nothing is due; --refresh due begins another"
        )


def warcinfo(settings: BaseSettings) -> Mapping[str, str]:
    """What the WARC files say of who asked, and how (WARC 1.1 section 6.2)."""
    contact = settings.get("MSARCHIVE_CONTACT") or os.environ.get("MSARCHIVE_CONTACT")
    return {
        **({"operator": contact} if contact else {}),
        "http-header-user-agent": settings.get("USER_AGENT"),
        "robots": "obeyed (RFC 9309); what can't be had disallows everything",
    }


def plain_settings(settings: BaseSettings) -> Mapping[str, Any]:
    """The settings that say how the site was asked; nothing secret among them."""
    return {name: settings.get(name) for name in _PLAIN_SETTINGS}


__all__ = ["ArchiveRun", "adapt", "database_of", "lease_of", "plain_settings", "warcinfo"]
