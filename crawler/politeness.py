"""One request at a time, and never sooner after the last than was promised: the gate before the wire.

Scrapy's own delay is kept for each host name, begins anew when a slot was idle for a minute, and lets two
requests out together when it is 0. So every request of a crawl, whatever its host and whoever made it
(scheduler, robots.txt, redirect, retry), passes the one gate of its crawler, which is where it goes out.

The gap is counted from when an answer began to come, not from when it was asked for: only then is it certain
that the site had the request, so no delay on the way can bring two requests closer together than promised.

A site that answers 429 or 503 is left alone for as long as its `Retry-After` says, or else for longer each
time, and asked half as often afterwards, until it has answered well for a while.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from weakref import WeakKeyDictionary

from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError

from crawler import logs
from pipelines.pushback import PUSHBACKS, retry_after
from pipelines.session import session_of
from spiders.answers import NOT_ASKED
from spiders.page import Exchange

Clock = Callable[[], float]
LONGEST_DELAY_S = 60.0
"""The delay that 429 and 503 lead to at most."""
FIRST_DELAY = 1 / 15
"""Part of the first wait that becomes the delay where there was none: two seconds of thirty."""
GOOD_ANSWERS = 20
"""After so many good answers in a row the delay is halved again, down to what it was."""


class NotAsked(DownloadCancelledError):
    """A request was given back before it went out."""


class Turn:
    """One request's time on the wire; its holder says what happens."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.asked: float | None = None
        """When its first byte went out (the clock's seconds); None before."""
        self.heard: float | None = None
        """When the first byte of its answer came; None before."""

    def asking(self) -> None:
        """Bytes of the request go out."""
        if self.asked is None:
            self.asked = self._clock()

    def hearing(self) -> None:
        """Bytes of the answer come in."""
        if self.heard is None:
            self.heard = self._clock()


class Politeness:
    """The gate of one crawl. For the event loop's thread only.

    `delay` is in seconds, from the beginning of one request to that of the next; `first_wait` and
    `longest_wait` are the shortest and longest time without any request after a 429 or 503 that gives none.
    `on_smallest` is told the smallest gap so far (seconds, as we saw it) whenever one is smaller than all
    before.
    """

    def __init__(
        self,
        delay: float,
        *,
        first_wait: float = 30.0,
        longest_wait: float = 600.0,
        on_smallest: Callable[[float], None] = lambda gap: None,
        clock: Clock = time.monotonic,
    ) -> None:
        self._configured = delay
        self.longest_wait = longest_wait
        self._first_wait = first_wait
        self._slowed = 0.0
        self._pushed_in_a_row = 0
        self._good_in_a_row = 0
        self._not_before = -float("inf")
        self._asked_for: dict[str, float] = {}
        self._clock = clock
        self._on_smallest = on_smallest
        self._smallest = float("inf")
        self._last_asked: float | None = None
        self._counts_from: float | None = None
        self._busy = False
        self._closed = False
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._sleeping: set[asyncio.Future[None]] = set()

    @property
    def delay(self) -> float:
        """Seconds that lie at least between the beginnings of two requests: what was configured, the longest
        that a robots.txt asks for, or what it takes after 429 and 503; the longest of these."""
        return max(self._configured, self._slowed, *self._asked_for.values())

    def ask_delay(self, place: str, seconds: float | None) -> None:
        """Note the Crawl-delay of an origin's robots.txt; None when it has none (any more)."""
        if seconds is None:
            self._asked_for.pop(place, None)
        else:
            self._asked_for[place] = seconds

    def pause(self, seconds: float) -> None:
        """Let nothing begin for so long."""
        self._not_before = max(self._not_before, self._clock() + seconds)

    def answered(self, status: int, retry_after: float | None) -> float | None:
        """Heed an answer's status and `Retry-After` (seconds, None for none); how long nothing is asked now,
        None when it was no 429 or 503."""
        if status not in PUSHBACKS:
            if status < 400 or status in (404, 410):
                self._answered_well()
            return None
        self._pushed_in_a_row += 1
        self._good_in_a_row = 0
        backoff = min(self.longest_wait, self._first_wait * 2.0 ** min(20, self._pushed_in_a_row - 1))
        wait = retry_after if retry_after else backoff
        # Without a delay there is nothing to double: then it begins with a small part of the wait.
        slower = max(2 * self.delay, self._first_wait * FIRST_DELAY)
        self._slowed = min(slower, max(LONGEST_DELAY_S, self.delay))
        self.pause(wait)
        return wait

    def _answered_well(self) -> None:
        self._pushed_in_a_row = 0
        self._good_in_a_row += 1
        if self._good_in_a_row % GOOD_ANSWERS == 0:
            self._slowed /= 2

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Turn]:
        """Wait for one's turn, and hold it until the answer is over. Raises `NotAsked` when the crawl stops
        before that."""
        await self._enter()
        turn = Turn(self._clock)
        try:
            yield turn
        finally:
            self._leave(turn)

    def close(self) -> None:
        """Give back whatever waits for its turn, and all that comes later."""
        self._closed = True
        waiting = [*self._waiting, *self._sleeping]
        self._waiting.clear()
        for one in waiting:
            if not one.done():
                one.set_exception(NotAsked("the crawl is stopping"))

    async def sleep(self, seconds: float) -> None:
        """Wait, but not longer than the crawl lasts: raises `NotAsked` when it stops before."""
        if self._closed:
            raise NotAsked("the crawl is stopping")
        loop = asyncio.get_running_loop()
        sleeping = loop.create_future()
        self._sleeping.add(sleeping)
        timer = loop.call_later(seconds, _wake, sleeping)
        try:
            await sleeping
        finally:
            timer.cancel()
            self._sleeping.discard(sleeping)

    async def _enter(self) -> None:
        if self._closed:
            raise NotAsked("the crawl is stopping")
        if self._busy:
            queued = asyncio.get_running_loop().create_future()
            self._waiting.append(queued)
            try:
                await queued  # handed over, still busy
            except asyncio.CancelledError:
                self._withdraw(queued)
                raise
        self._busy = True
        try:
            await self._open()
        except BaseException:
            self._hand_over()
            raise

    async def _open(self) -> None:
        """Wait until a request may go out. For one at a time."""
        while (left := self._opens_at() - self._clock()) > 0:
            await self.sleep(left)

    def _withdraw(self, queued: asyncio.Future[None]) -> None:
        with suppress(ValueError):
            self._waiting.remove(queued)
        if queued.done() and not queued.cancelled() and queued.exception() is None:
            self._hand_over()

    def _opens_at(self) -> float:
        if self._counts_from is None:
            return self._not_before
        return max(self._not_before, self._counts_from + self.delay)

    def _leave(self, turn: Turn) -> None:
        self._note(turn)
        self._hand_over()

    def _note(self, turn: Turn) -> None:
        """Heed when a request went out."""
        if turn.asked is not None:
            self._note_gap(turn.asked)
            self._last_asked = turn.asked
        # Without an answer nobody knows when, or whether, the site saw something of it: now at the latest.
        self._counts_from = self._clock() if turn.heard is None else turn.heard

    def _note_gap(self, asked: float) -> None:
        if self._last_asked is not None and asked - self._last_asked < self._smallest:
            self._smallest = asked - self._last_asked
            self._on_smallest(self._smallest)

    def _hand_over(self) -> None:
        self._busy = False
        while self._waiting:
            queued = self._waiting.popleft()
            if not queued.done():
                self._busy = True
                queued.set_result(None)
                return


def _wake(sleeping: asyncio.Future[None]) -> None:
    if not sleeping.done():
        sleeping.set_result(None)


def drop_waiting(crawler: Crawler) -> None:
    """Give back the requests that are not on the wire yet: they stay due in the URL table."""
    if not crawler.crawling or crawler._engine is None:
        return
    for slot in crawler.engine.downloader.slots.values():
        while slot.queue:
            request, waiting = slot.queue.popleft()
            request.meta[NOT_ASKED] = True
            waiting.errback(NotAsked("the crawl is stopping"))
    politeness_of(crawler).close()


_gates: WeakKeyDictionary[Crawler, Politeness] = WeakKeyDictionary()


def politeness_of(crawler: Crawler) -> Politeness:
    """The crawler's gate, made by its settings when it is asked for first. Setting read: `DOWNLOAD_DELAY`.

    Whoever sends a request past Scrapy's downloader takes a `turn` of it, too.
    """
    if crawler not in _gates:
        settings = crawler.settings
        _gates[crawler] = Politeness(
            settings.getfloat("DOWNLOAD_DELAY"),
            first_wait=settings.getfloat("MSARCHIVE_RETRY_WAIT", 30.0),
            on_smallest=count_gaps_for(crawler),
        )
    return _gates[crawler]


def set_gate(crawler: Crawler, gate: Politeness) -> None:
    """Have `gate` be the crawler's, before anybody has asked for it."""
    _gates[crawler] = gate


def heed(crawler: Crawler, exchange: Exchange | None) -> None:
    """Slow down when an answer (None: there was none) asks for it, and end the crawl when it asks to be left
    alone for longer than a crawl waits."""
    if exchange is None or exchange.status is None:
        return
    gate, now = politeness_of(crawler), datetime.now(UTC)
    wait = gate.answered(exchange.status, retry_after(exchange.headers, now))
    if wait is None:
        return
    what, until = f"HTTP {exchange.status}", (now + timedelta(seconds=wait)).strftime("%Y-%m-%dT%H:%M:%SZ")
    logs.tell(
        "site.pushback", f"{what}: nothing is asked for {wait:.0f} s, then every {gate.delay:.1f} s",
        level=logging.WARNING, url=exchange.url, status=exchange.status, wait_s=wait, delay_s=gate.delay,
    )  # fmt: skip
    if wait > gate.longest_wait:
        with suppress(LookupError):
            session_of(crawler).block(f"{what}: the site asks to be left alone until {until}")


def count_gaps_for(crawler: Crawler) -> Callable[[float], None]:
    """What notes the smallest gap (seconds) among the counts of a crawler's run."""

    def count(gap: float) -> None:
        with suppress(LookupError):  # a crawl without an archive has nobody to tell
            session_of(crawler).counts["smallest_gap_ms"] = int(gap * 1000)

    return count
