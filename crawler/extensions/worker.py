"""One worker's part in a crawl that several share: the common gate, and signs of life."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.utils.asyncio import create_looping_call

from crawler.politeness import count_gaps_for, set_gate
from crawler.shared_politeness import SharedPoliteness
from pipelines.session import CrawlSession, session_of

if TYPE_CHECKING:
    from storage.postgresql.sharing import Sharing

_SIGNS_A_LEASE = 4
"""How often leases are renewed before they would end."""


class Worker:
    """Puts the workers' gate in place of the crawl's own, and renews what this worker has taken.

    Settings read: `DOWNLOAD_DELAY`, `MSARCHIVE_RETRY_WAIT`.
    """

    def __init__(self, crawler: Crawler, session: CrawlSession, sharing: Sharing) -> None:
        self._session = session
        self._sharing = sharing
        self._call: Any = None
        settings = crawler.settings
        gate = SharedPoliteness(
            settings.getfloat("DOWNLOAD_DELAY"),
            sharing.gate,
            on_blocked=session.block,
            on_error=session.fail,
            first_wait=settings.getfloat("MSARCHIVE_RETRY_WAIT", 30.0),
            on_smallest=count_gaps_for(crawler),
        )
        set_gate(crawler, gate)
        crawler.signals.connect(self._opened, signals.spider_opened)
        crawler.signals.connect(self._closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Worker:
        """Raises `NotConfigured` for a crawl that shares with nobody."""
        session = session_of(crawler)
        if session.writer.sharing is None:
            raise NotConfigured
        return cls(crawler, session, session.writer.sharing)

    def _opened(self, spider: Spider) -> None:
        self._call = create_looping_call(self._give_sign)
        self._call.start(self._sharing.lease_s / _SIGNS_A_LEASE, now=False)

    def _closed(self, spider: Spider, reason: str) -> None:
        if self._call is not None and self._call.running:
            self._call.stop()

    def _give_sign(self) -> None:
        if self._session.error is not None:
            return
        try:
            self._sharing.give_sign(self._session.counts)
        except Exception as error:
            self._session.fail(error)
