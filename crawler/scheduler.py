"""Scrapy's scheduler over the URL table: what is due there is what is asked next.

There is no queue to save and none to lose. An address leaves the table's due set in the very transaction that
stores its page, so a crawl that is killed goes on from the table. (Scrapy's JOBDIR, killed, can lose the rest
of a site and call the crawl finished.)
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from datetime import UTC, datetime
from typing import Any

from scrapy import Request, Spider
from scrapy.core.scheduler import BaseScheduler
from scrapy.crawler import Crawler

from crawler import logs
from crawler.clock import utc_now
from crawler.politeness import politeness_of
from crawler.reading_beside import MOST_UNDER_WAY
from crawler.refresh import refresh_of
from crawler.robots import RobotsMiddleware
from pipelines.normalise import found_record
from pipelines.session import CrawlSession, session_of
from spiders.pages import OVER_LIMIT
from spiders.sitemaps import found_at
from spiders.summaries import SummariesSpider
from storage.frontier import FrontierUrl
from storage.revisiting import seconds_between
from storage.room import DiskLow

_PREFETCH = 32
"""Rows taken at once. What is due sooner by its kind waits behind at most as many."""
_LOOK_S = 0.05
_WORKERS_LOOK_S = 0.2
"""How soon the table is looked at again when nothing in it can be asked now: by one of several workers later,
for what is due may be others'."""
_FREE = frozenset({"robots", "sitemap"})
"""Kinds that a page limit does not count, and that say what else is to be asked."""
_LONGEST_VALIDATOR = 1000
_FIT_TO_SEND = re.compile(r"[\t\x20-\x7e\x80-\xff]+")
"""What may stand in a header field's value (RFC 9110 section 5.5)."""


class FrontierScheduler(BaseScheduler):
    """Hands out what the URL table says is due, robots.txt first and alone."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._session: CrawlSession = session_of(crawler)
        self._buffer: deque[FrontierUrl] = deque()
        self._refresh = refresh_of(crawler.settings)
        self._handed_out = 0
        self._rules_came = False
        self._wake: asyncio.TimerHandle | None = None
        self._spider: SummariesSpider
        self._robots: RobotsMiddleware | None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> FrontierScheduler:
        """Setting read: `MSARCHIVE_REFRESH`. Raises `LookupError` when no archive is open for this crawl."""
        return cls(crawler)

    def open(self, spider: Spider) -> None:
        """Put the seeds into the table and begin, or go on with, a round."""
        assert isinstance(spider, SummariesSpider)
        self._spider = spider
        self._robots = self._crawler.get_downloader_middleware(RobotsMiddleware)
        try:
            self._begin(spider)
            if self._session.writer.sharing is not None:
                self._session.writer.sharing.let_others_come()
        except Exception as error:
            # Not raised: Scrapy would close what it has not opened yet, and print that this failed. With the
            # error noted nothing is due, and it closes the crawl as one that is done.
            self._session.error = self._session.error or error

    def _begin(self, spider: SummariesSpider) -> None:
        session, now = self._session, utc_now()
        session.frontier.seed([found_record(found, spider.profile) for found in spider.seeds()], now)
        if session.writer.joined:
            session.frontier.join_round(now, self._refresh)
            return
        until = session.frontier.not_before(now)
        if until is not None and not self._wait_for(until, now):
            session.blocked = f"the site asked to be left alone until {until}"
            return
        session.resumed = session.frontier.start_round(
            now, refresh=self._refresh, over_limit=OVER_LIMIT
        ).resumed

    def _wait_for(self, until: str, now: str) -> bool:
        """Have nothing asked before `until`, which an earlier crawl was told; False when that is too long."""
        wait = seconds_between(now, until)
        if wait <= self._session.retry.longest_wait:
            politeness_of(self._crawler).pause(wait)
            text = f"the site asked the crawl before to leave it alone: nothing is asked for {wait:.0f} s"
            logs.tell("site.pushback", text, wait_s=wait)
            return True
        return False

    def close(self, reason: str) -> None:
        """Forget what was prefetched: it is still due in the table."""
        self._buffer.clear()  # a worker that leaves gives back all it has taken
        if self._wake is not None:
            self._wake.cancel()

    def has_pending_requests(self) -> bool:
        """Whether anything is due, on its way, or waits for another try."""
        session = self._session
        if session.stopping or session.limit_reached:
            return bool(session.in_flight)
        if self._buffer or session.in_flight:
            return True
        try:
            return session.frontier.next_due(utc_now()) is not None
        except Exception as error:
            session.fail(error)
            return False

    def next_request(self) -> Request | None:
        """The next request; None while there is none to be made now."""
        session = self._session
        if session.stopping or session.limit_reached or len(session.in_flight) >= MOST_UNDER_WAY:
            return None
        try:
            row = self._next_row()
            if row is not None and session.room is not None:
                session.room.check()
        except DiskLow as low:
            # What is on its way has the room that was kept free: it is stored before the crawl ends.
            session.disk_low = low
            self._buffer.clear()
            return None
        except Exception as error:  # Scrapy would log it and wait for ever
            session.fail(error)
            return None
        if row is None:
            return None
        session.in_flight[row.url] = row
        session.counts["requests"] += 1
        return self._request(row)

    def enqueue_request(self, request: Request) -> bool:
        """Put the address of a request that somebody else made into the table; False when it may not be.

        Only the address is taken: how it is asked is decided here.
        """
        found = found_at(request.url, None, "seed", self._spider.profile)
        if found is None:
            return False
        self._session.frontier.seed([found_record(found, self._spider.profile)], utc_now())
        return found.refused is None

    def _next_row(self) -> FrontierUrl | None:
        if not self._buffer:
            self._refill()
        if not self._buffer:
            return None
        row = self._buffer[0]
        if row.kind != "robots" and not self._rules_known():
            self._put_back()
            self._wake_at(self._session.frontier.next_due(utc_now()))
            return None
        if row.kind not in _FREE:
            if any(other.kind in _FREE for other in self._session.in_flight.values()):
                self._put_back()  # what is on its way may say more of what is due
                self._wake_at(utc_now())
                return None
            if not self._within_limit():
                return None
        return self._buffer.popleft()

    def _put_back(self) -> None:
        self._session.frontier.give_back(self._buffer)
        self._buffer.clear()

    def _within_limit(self) -> bool:
        session = self._session
        asked = self._handed_out - session.counts["refused"]
        if session.max_pages is None or asked < session.max_pages:
            self._handed_out += 1
            return True
        if not session.in_flight:  # until then one may turn out to be refused, and not count
            session.limit_reached = True
            self._buffer.clear()
        return False

    def _rules_known(self) -> bool:
        """Whether the site's rules have come. Those of another of its hosts, where a redirect may lead later,
        are the middleware's business: it holds the first request there until it has them."""
        if not self._rules_came:
            here = self._spider.spelling(self._spider.profile.base_url)
            self._rules_came = self._robots is None or self._robots.usable(here)
        return self._rules_came

    def _refill(self) -> None:
        session, now = self._session, utc_now()
        if session.sitemap_read:
            session.frontier.heed_lastmods(now)
            session.sitemap_read = False
        taken = [row.id for row in session.in_flight.values()]
        # Robots.txt alone at first: after it the order of everything else is known better.
        size = _PREFETCH if self._rules_known() and not session.is_worker else 1
        self._buffer.extend(session.frontier.take(size, now=now, exclude=taken))
        if not self._buffer and not taken:
            self._wake_at(session.frontier.next_due(now))

    def _wake_at(self, due: str | None) -> None:
        """Have the engine ask again when the next try is due, not at its next heartbeat five seconds on."""
        if due is None or self._wake is not None:
            return
        wait = (datetime.fromisoformat(due) - datetime.now(UTC)).total_seconds()
        loop = asyncio.get_running_loop()
        least = _WORKERS_LOOK_S if self._session.is_worker else _LOOK_S
        self._wake = loop.call_later(max(least, wait), self._woken)

    def _woken(self) -> None:
        self._wake = None
        slot: Any = self._crawler.engine._slot  # Scrapy offers no public way to say "there is work"
        if slot is not None:
            slot.nextcall.schedule()

    def _request(self, row: FrontierUrl) -> Request:
        headers = validators(row)
        return Request(
            self._spider.spelling(row.url),
            callback=self._spider.parse,
            errback=self._spider.no_answer,
            headers=headers,
            meta={"url": row.url, "kind": row.kind, "depth": row.depth, "conditional": bool(headers)},
        )


def validators(row: FrontierUrl) -> dict[str, bytes]:
    """Header fields that make a request conditional (RFC 9110 section 13.1), with the very bytes that the
    server gave; none where it gave none that can be sent back."""
    asked = {"If-None-Match": row.etag, "If-Modified-Since": row.last_modified}
    return {
        name: value.encode("latin-1")
        for name, value in asked.items()
        if value and len(value) <= _LONGEST_VALIDATOR and _FIT_TO_SEND.fullmatch(value)
    }
