"""The documented events of a crawl: its beginning, and in JSON logs what became of each request."""

from __future__ import annotations

from typing import Any

from scrapy import Request, signals
from scrapy.crawler import Crawler

from crawler import logs
from pipelines.session import CrawlSession, session_of
from spiders.page import Unanswered
from storage.records import PageRecord


class Events:
    """Tells `run.started`, and in JSON logs `page.stored`, `page.failed` and `page.refused`.

    A page is told of when its transaction is committed, not before. People have the progress line, and the
    URL table; a line a page would bury what they should see.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._session: CrawlSession = session_of(crawler)
        logs.bind(run=self._session.writer.run_id, site=self._session.profile.name)
        crawler.signals.connect(self._opened, signals.spider_opened)
        if logs.is_json():
            crawler.signals.connect(self._written, signals.item_scraped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Events:
        """Raises `LookupError` when no archive is open for this crawl."""
        return cls(crawler)

    def _opened(self) -> None:
        session = self._session
        doing = "going on with an unfinished crawl of" if session.resumed else "crawling"
        logs.tell("run.started", f"{doing} {session.profile.canonical_host}", resumed=session.resumed)

    def _written(self, item: Any, response: Any) -> None:
        # For a request without an answer Scrapy hands over the failure in place of the response.
        latency = _latency(response.request)
        url = item.url if isinstance(item, Unanswered) else item.capture.url
        self._session.committing.when_on_disk(url, lambda: self._tell(item, latency))

    def _tell(self, item: Any, latency: int | None) -> None:
        if isinstance(item, Unanswered):
            event = "page.refused" if item.refused else "page.failed"
            logs.tell(event, item.reason, url=item.url, reason=item.reason, latency_ms=latency)
        elif isinstance(item, PageRecord):
            capture = item.capture
            logs.tell(
                "page.stored", f"{capture.status} {capture.kind}", url=capture.url, status=capture.status,
                kind=capture.kind, reason=capture.reason, bytes=len(capture.body), latency_ms=latency,
            )  # fmt: skip


def _latency(request: Request | None) -> int | None:
    """Milliseconds from sending the request until the answer's head was there; None without one."""
    seconds = None if request is None else request.meta.get("download_latency")
    return None if seconds is None else round(1000 * seconds)
