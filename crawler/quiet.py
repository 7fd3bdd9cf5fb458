"""Log lines an operator can use: what went wrong and what was decided, not one line a page."""

from __future__ import annotations

from typing import Any

from scrapy import Request, Spider
from scrapy.http import Response
from scrapy.logformatter import LogFormatter


class QuietLog(LogFormatter):
    """Scrapy's messages without those for every answer, item and drop: the URL table holds all that."""

    def crawled(self, request: Request, response: Response, spider: Spider) -> Any:
        """No line for an answer."""
        return None

    def scraped(self, item: Any, response: Any, spider: Spider) -> Any:
        """No line for a page."""
        return None

    def dropped(self, item: Any, exception: BaseException, response: Any, spider: Spider) -> Any:
        """No line for a page that came after the crawl's end was decided."""
        return None
