"""The limit for a crawl: a Scrapy spider that only follows links, under our settings or under Scrapy's.

`python -m benchmarks.bare URL tuned|default` crawls and prints one line of JSON: pages, and seconds from the
spider's opening to its closing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Iterator
from time import monotonic
from typing import Any

from scrapy import Request, Spider, signals
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.http import Response
from scrapy.settings import Settings

from crawler.run import SETTINGS_MODULE

OWN_PARTS = ("crawler.", "pipelines.")


class LeanSpider(Spider):
    """As little as can be: an XPath for the links, and a set of what it has asked for already."""

    name = "lean"

    def __init__(self, *, home: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.home = home
        self.pages = 0
        self.seconds = 0.0
        self._opened = 0.0
        self._seen: set[str] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> LeanSpider:
        """Times itself."""
        spider = cls(*args, **kwargs)
        spider._set_crawler(crawler)
        crawler.signals.connect(spider._begin, signals.spider_opened)
        crawler.signals.connect(spider._end, signals.spider_closed)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """The home page."""
        self._seen.add(f"{self.home}/")
        yield Request(f"{self.home}/")

    def parse(self, response: Response, **_: Any) -> Iterator[Request]:
        """Count the page, and go on to the links of the same site that are new."""
        self.pages += response.status == 200
        for link in response.xpath("//a/@href").getall():
            address = response.urljoin(link).partition("#")[0]
            if address.startswith(self.home) and address not in self._seen:
                self._seen.add(address)
                yield Request(address)

    def _begin(self) -> None:
        self._opened = monotonic()

    def _end(self) -> None:
        self.seconds = monotonic() - self._opened


class PlainSpider(LeanSpider):
    """As spiders are mostly written: every link goes to Scrapy, which drops those it has had."""

    name = "plain"

    def parse(self, response: Response, **_: Any) -> Iterator[Request]:
        """Count the page, and hand on every link of the same site."""
        self.pages += response.status == 200
        for link in response.css("a::attr(href)").getall():
            address = response.urljoin(link)
            if address.startswith(self.home):
                yield Request(address)


def default_settings() -> Settings:
    """Scrapy's own settings, as they come; it logs no more than it has to."""
    settings = Settings()
    settings.set("LOG_LEVEL", "WARNING", priority="cmdline")  # a line for every page would cost it much
    return settings


def bare_settings() -> Settings:
    """Our settings, without what makes it an archive: scheduler, duplicates and robots.txt are Scrapy's.

    Scrapy's robots.txt middleware stays off, as it does in a spider that only follows links.
    """
    settings = Settings()
    settings.setmodule(SETTINGS_MODULE, priority="project")
    settings.setdict(
        {
            "ITEM_PIPELINES": {},
            "SCHEDULER": "scrapy.core.scheduler.Scheduler",
            "DUPEFILTER_CLASS": "scrapy.dupefilters.RFPDupeFilter",
            "DOWNLOADER_MIDDLEWARES": _not_ours(settings.getdict("DOWNLOADER_MIDDLEWARES")),
            "EXTENSIONS": _not_ours(settings.getdict("EXTENSIONS")),
            "DOWNLOAD_DELAY": 0,
            "MSARCHIVE_ALLOW_PRIVATE": "127.0.0.1",
            "USER_AGENT": "msarchive-benchmark",
            "LOG_LEVEL": "WARNING",
        },
        priority="cmdline",
    )
    return settings


def _not_ours(parts: dict[Any, Any]) -> dict[Any, Any]:
    return {name: place for name, place in parts.items() if not str(name).startswith(OWN_PARTS)}


def main(home: str, kind: str) -> None:
    spiders: dict[str, tuple[type[LeanSpider], Settings]] = {
        "tuned": (LeanSpider, bare_settings()),
        "default": (PlainSpider, default_settings()),
    }
    spider_class, settings = spiders[kind]
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(spider_class)
    process.crawl(crawler, home=home)
    process.start()
    spider = crawler.spider
    assert isinstance(spider, LeanSpider)
    print(json.dumps({"pages": spider.pages, "seconds": spider.seconds}))


if __name__ == "__main__":
    main(*sys.argv[1:3])
