"""Tells whoever watches how a crawl gets on: a live line on a terminal, plain ones elsewhere."""

from __future__ import annotations

import sys
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.utils.asyncio import create_looping_call

from crawler.logs import tell
from crawler.terminal import console, printable
from pipelines.session import CrawlSession, session_of

if TYPE_CHECKING:
    from rich.live import Live

_LIVE_EVERY_S = 0.25
_PLAIN_EVERY_S = 5.0
_COUNT_EVERY_S = 1.0


class Progress:
    """Shows pages done, known and failed, the rate, and what it is at now.

    Setting read: `MSARCHIVE_PROGRESS`, `screen` (standard error: live on a terminal, else a plain line every
    five seconds), `log` (the same line as a log record) or `none`.
    """

    def __init__(self, crawler: Crawler, where: str) -> None:
        self._session: CrawlSession = session_of(crawler)
        self._to_log = where == "log"
        self._screen = console(sys.stderr)
        self._is_live = not self._to_log and self._screen.is_terminal
        self._live: Live | None = None
        self._call: Any = None
        self._waiting = 0
        self._failed = 0
        self._counted = 0.0
        crawler.signals.connect(self._opened, signals.spider_opened)
        crawler.signals.connect(self._closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Progress:
        """Raises `NotConfigured` when nobody wants to be told."""
        where = crawler.settings.get("MSARCHIVE_PROGRESS")
        if where not in ("screen", "log"):
            raise NotConfigured
        return cls(crawler, where)

    def line(self) -> str:
        """The state of the crawl on one line; addresses made safe to print."""
        session = self._session
        done = session.counts["answers"]
        rate = done / max(0.001, monotonic() - session.started)
        parts = [f"{done:,} of {done + self._waiting:,} pages known so far", f"{rate:.1f}/s"]
        if self._failed:
            parts.insert(1, f"{self._failed:,} failed")
        if session.current:
            address = urlsplit(session.current)
            parts.append(printable(address.path + (f"?{address.query}" if address.query else "")))
        return " · ".join(parts)

    def _opened(self) -> None:
        if self._is_live:
            from rich.live import Live

            self._live = Live(console=self._screen, auto_refresh=False, transient=True, redirect_stdout=False)
            self._live.start()
        elif self._session.resumed:
            self._tell("going on with an unfinished crawl")
        self._call = create_looping_call(self._tick)
        self._call.start(_LIVE_EVERY_S if self._is_live else _PLAIN_EVERY_S, now=False)

    def _closed(self) -> None:
        if self._call is not None and self._call.running:
            self._call.stop()
        if self._live is not None:
            self._live.stop()
        elif self._session.error is None:
            self._tell(self.line())

    def _tick(self) -> None:
        if monotonic() - self._counted >= _COUNT_EVERY_S:
            self._counted = monotonic()
            try:
                states = self._session.frontier.counts()
            except Exception as error:  # a looping call would end without a word
                self._session.fail(error)
                return
            self._waiting, self._failed = states.get("due", 0), states.get("failed", 0)
        if self._live is not None:
            self._live.update(self._fitted(), refresh=True)
        else:
            self._tell(self.line())

    def _fitted(self) -> Any:
        from rich.text import Text

        text = Text(self.line(), no_wrap=True)
        text.truncate(max(20, self._screen.width - 3), overflow="ellipsis")
        return text

    def _tell(self, line: str) -> None:
        if self._to_log:
            done = self._session.counts["answers"]
            tell("progress", line, done=done, due=self._waiting, failed=self._failed)
        else:
            print(line, file=sys.stderr, flush=True)
