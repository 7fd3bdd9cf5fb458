"""When a crawl's pages are brought to disk: a few at a time, and none later than a moment after it came."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.session import CrawlSession

LONGEST_WAIT_S = 0.05
"""How long a page waits for others: a crawl with a delay has each on disk before it asks for the next."""


class Committing:
    """What the pages that wait for a commit have counted, and what is told when they are on disk.

    A commit that fails ends the crawl. Lives in the event loop's thread.
    """

    def __init__(self, session: CrawlSession) -> None:
        self._session = session
        self._counts: Counter[str] = Counter()
        self._urls: set[str] = set()
        self._lost: set[str] = set()
        """Addresses whose pages were taken back: Scrapy may tell of them only after that."""
        self._tell: list[Callable[[], None]] = []
        self._timer: asyncio.TimerHandle | None = None

    def saved(self, url: str, counts: Counter[str]) -> None:
        """Count a page that the writer has just taken. It may wait for others; this sees to its commit."""
        self._session.counts.update(counts)
        if not self._session.writer.is_open:
            self._done()
            return
        self._counts.update(counts)
        self._urls.add(url)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LONGEST_WAIT_S, self._commit_or_fail)

    def when_on_disk(self, url: str, tell: Callable[[], None]) -> None:
        """Call `tell` when the page of `url` is committed: now, if it is. Not if it never will be."""
        if url in self._urls:
            self._tell.append(tell)
        elif url not in self._lost:
            tell()

    def commit(self) -> None:
        """Bring to disk what waits. Raises what keeps the archive from being written."""
        try:
            self._session.writer.commit()
        except BaseException:
            self.heed_loss()
            raise
        self._done()

    def heed_loss(self) -> None:
        """Count no more what was taken back, if it was: to be called when writing has failed."""
        if not self._session.writer.is_open:
            self._session.counts.subtract(self._counts)
            self._lost |= self._urls
            self._clear()

    def _commit_or_fail(self) -> None:
        try:
            self.commit()
        except Exception as error:
            self._session.fail(error)

    def _done(self) -> None:
        told = self._tell
        self._clear()
        for tell in told:
            tell()

    def _clear(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._tell = None, []
        self._counts.clear()
        self._urls.clear()
