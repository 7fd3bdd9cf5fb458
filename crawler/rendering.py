"""`crawl --render auto`: pages that come as empty shells are rendered, and read as rendered.

The shell's exchange is stored as it came, its address as one that needs a browser; then the rendered document
is stored as a capture of its own (a `resource` record), and read. When it can't be rendered, the first
stands, and the address is asked again in the next crawl.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response
from scrapy.settings import BaseSettings

from crawler.browser import Asset, Browser, NotRendered, missing
from crawler.browser import settings as browser_settings
from crawler.clock import utc_now
from crawler.exits import ExitCode, UserError
from crawler.politeness import NotAsked, politeness_of
from pipelines.session import session_of
from spiders.page import Page
from spiders.reading.addresses import canonical, on_site
from spiders.reading.model import Obstacle
from spiders.summaries import SummariesSpider

logger = logging.getLogger(__name__)

_HTML = "text/html; charset=utf-8"
_MOST_KEPT = 200


def prepare_rendering(settings: BaseSettings) -> None:
    """Add scrapy-playwright's settings where rendering is asked for. Raises `UserError` when something is
    missing for it."""
    if settings.get("MSARCHIVE_RENDER") != "auto":
        return
    if (lack := missing()) is not None:
        raise UserError(f"--render auto: {lack}", ExitCode.USAGE)
    settings.update(browser_settings(), priority="cmdline")


class Rendering:
    """Scrapy's door to the browser, as a spider middleware.

    Settings read: `MSARCHIVE_RENDER` (`auto`, else it is not there), `MSARCHIVE_RENDER_TIMEOUT` (seconds that
    one page may take, the waiting between its requests included), `DOWNLOAD_MAXSIZE`, `USER_AGENT`.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._timeout = crawler.settings.getfloat("MSARCHIVE_RENDER_TIMEOUT")
        self._one_at_a_time = asyncio.Lock()
        self._scripts: dict[str, Asset] = {}
        self._browser = Browser(crawler, self._ask)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Rendering:
        """Raises `NotConfigured` unless rendering is asked for."""
        if crawler.settings.get("MSARCHIVE_RENDER") != "auto":
            raise NotConfigured
        middleware = cls(crawler)
        crawler.signals.connect(middleware.close, signals.spider_closed)
        return middleware

    async def close(self) -> None:
        """End the browser."""
        await self._browser.close()

    async def process_spider_output(
        self, response: Response, result: AsyncIterator[Any]
    ) -> AsyncIterator[Any]:
        """Every page as it is, and behind an empty shell the page that it renders to."""
        async for item in result:
            yield item
            if isinstance(item, Page) and item.obstacle is Obstacle.SHELL and response.request is not None:
                page = await self._rendered(item, response.request.meta["depth"])
                if page is not None:
                    yield page

    async def _rendered(self, shell: Page, depth: int) -> Page | None:
        exchange = shell.fetched.exchange
        spider = self._crawler.spider
        assert exchange is not None and isinstance(spider, SummariesSpider)
        try:
            async with self._one_at_a_time:
                body = await self._in_time(exchange.url, Asset(shell.fetched.body, _declared(shell)))
        except NotRendered as error:
            logger.warning("%s could not be rendered: %s", shell.fetched.url, error)
            session_of(self._crawler).counts["not_rendered"] += 1
            return None
        except NotAsked:
            return None
        headers = (("Content-Type", _HTML),)
        fetched = replace(shell.fetched, fetched_at=utc_now(), headers=headers, body=body, exchange=None)
        return spider.pages.rendered(fetched, shell.kind, depth=depth)

    async def _in_time(self, url: str, document: Asset) -> bytes:
        """Raises `NotRendered` when it takes too long, and `NotAsked` when the crawl stops before."""
        rendering = asyncio.ensure_future(self._browser.render(url, document))
        limit = asyncio.ensure_future(politeness_of(self._crawler).sleep(self._timeout))
        try:
            await asyncio.wait({rendering, limit}, return_when=asyncio.FIRST_COMPLETED)
            if rendering.done():
                return rendering.result()
            limit.result()
            raise NotRendered(f"it took more than {self._timeout:g} s")
        finally:
            for task in (rendering, limit):
                task.cancel()
                with suppress(asyncio.CancelledError, NotAsked, NotRendered):
                    await task

    async def _ask(self, url: str) -> Asset | None:
        """What a page's scripts ask for: by the crawl's own way, so robots.txt, the delay, the limits and the
        guard of addresses hold. Scripts are had once a crawl."""
        spider, engine = self._crawler.spider, self._crawler.engine
        address = canonical(url)
        if address is None or engine is None or not isinstance(spider, SummariesSpider):
            return None
        if not on_site(address, spider.profile):
            return None
        if url in self._scripts:
            return self._scripts[url]
        try:
            response = await engine.download_async(Request(url))
        except Exception:  # refused, broken, too large: the page has to do without
            return None
        session_of(self._crawler).counts["requests"] += 1
        if not 200 <= response.status < 300:
            return None
        kind = (response.headers.get("Content-Type") or b"application/octet-stream").decode("latin-1")
        asset = Asset(response.body, kind)
        if "javascript" in kind and len(self._scripts) < _MOST_KEPT:
            self._scripts[url] = asset
        return asset


def _declared(page: Page) -> str:
    return next((value for name, value in page.fetched.headers if name.lower() == "content-type"), _HTML)
