"""What the doors of one crawl share: the archive's writer, the frontier, and the run so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from weakref import WeakKeyDictionary

from scrapy.crawler import Crawler

from pipelines.committing import Committing
from pipelines.pushback import Standing
from spiders.reading.profile import SiteProfile
from storage.frontier import Frontier, FrontierUrl
from storage.revisiting import DAY_S, RevisitPolicy
from storage.room import DiskLow, Room
from storage.writer import Writer


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When a failed request is tried again."""

    retries: int = 2
    """Tries after the first."""
    first_wait: float = 30.0
    """Seconds before the second try; every further wait is twice as long."""
    longest_wait: float = 600.0

    def wait(self, attempts: int) -> float | None:
        """Seconds to wait after `attempts` tries that failed; None when there is to be no other."""
        if attempts > self.retries:
            return None
        return min(self.longest_wait, self.first_wait * 2.0 ** (attempts - 1))


def revisit_policy(profile: SiteProfile) -> RevisitPolicy:
    """The profile's `[revisit]`, as the archive takes it."""
    days = profile.revisit
    return RevisitPolicy(
        first_s=round(days.first * DAY_S),
        shortest_s=round(days.shortest * DAY_S),
        longest_s=round(days.longest * DAY_S),
        shorter=days.shorter,
        longer=days.longer,
        sample=days.sample,
    )


@dataclass
class CrawlSession:
    """One crawl of one site. Lives in the event loop's thread only."""

    profile: SiteProfile
    writer: Writer
    frontier: Frontier
    retry: RetryPolicy
    directory: Path
    """The archive's folder."""
    database: str | None = None
    """What is in the place of the folder's `archive.db`: see `storage.archive.open_archive`."""
    max_pages: int | None = None
    """How many pages to ask for at most (robots.txt and sitemaps not counted); None: no limit."""
    stop_crawl: Callable[[str], None] = lambda reason: None
    """Closes the spider, with a reason for its log."""

    in_flight: dict[str, FrontierUrl] = field(default_factory=dict)
    """Addresses handed out whose outcome is not written yet."""
    counts: Counter[str] = field(default_factory=Counter)
    obstacles: dict[str, str] = field(default_factory=dict)
    """Addresses that failed because something else stood in their page's place -> what (`Obstacle`'s name, in
    small letters)."""
    current: str = ""
    """What it is at now, for the progress display."""
    error: BaseException | None = None
    """What ended the crawl: a failed write, a bug. The first one stands."""
    robots_failure: str | None = None
    """Why robots.txt can't be had; None as long as it may."""
    refusal: str = ""
    """Why the last address that was not asked was not (one line); "" while all were."""
    blocked: str | None = None
    """Why the crawl stopped for the site's sake: it limits or blocks us (one line, without a full stop); None
    as long as it does not. Once set, nothing more is asked."""
    changed: str | None = None
    """Which fields the site's pages have lost, and since when (one line, without a full stop); None when none
    have. Says nothing about whether the crawl may go on."""
    standing: Standing = field(default_factory=Standing)
    limit_reached: bool = False
    room: Room | None = None
    """The disk, which is looked at before each request; None: nobody looks."""
    disk_low: DiskLow | None = None
    """Why nothing more may be asked; what was asked is still stored. None as long as there is room."""
    sitemap_read: bool = False
    """Whether a sitemap has come whose dates the frontier has not heeded yet."""
    resumed: bool = False
    """Whether it goes on with an unfinished crawl."""
    started: float = field(default_factory=monotonic)

    def __post_init__(self) -> None:
        self.committing = Committing(self)

    @property
    def is_worker(self) -> bool:
        """Whether it is one of several workers' part of a crawl."""
        return self.writer.sharing is not None

    def lease_of(self, url: str) -> int | None:
        """The id of an address that this worker has a lease of; None for any other address, and for a crawl
        that shares with nobody."""
        row = self.in_flight.get(url)
        return row.id if self.is_worker and row is not None else None

    @property
    def stopping(self) -> bool:
        """Whether nothing more may be asked."""
        return (
            self.error is not None
            or self.robots_failure is not None
            or self.blocked is not None
            or self.disk_low is not None
        )

    def fail(self, error: BaseException) -> None:
        """End the crawl because of `error`; the archive keeps what is committed."""
        if self.error is None:
            self.error = error
            self.stop_crawl("failed")

    def block(self, why: str) -> None:
        """End the crawl for the site's sake; what was not asked stays due."""
        if self.blocked is None:
            self.blocked = why
            self.stop_crawl("blocked")


_sessions: WeakKeyDictionary[Crawler, CrawlSession] = WeakKeyDictionary()


def attach(crawler: Crawler, session: CrawlSession) -> None:
    """Make `session` the one that the crawler's parts find."""
    _sessions[crawler] = session


def session_of(crawler: Crawler) -> CrawlSession:
    """The crawler's session. Raises `LookupError` when nobody has opened one (settings not ours)."""
    try:
        return _sessions[crawler]
    except KeyError:
        raise LookupError("no archive is open for this crawl: EXTENSIONS lacks ArchiveRun") from None
