"""robots.txt by RFC 9309: had once for each origin, obeyed by every request, failing closed.

Scrapy's own middleware lets requests through that start while robots.txt is still on its way, and takes an
unreachable robots.txt for "everything is allowed". Here every request waits for the one answer, and:

- 2xx: its rules hold (the first 512 KiB of it; RFC 9309 §2.5 asks for at least 500 KiB).
- 3xx: followed up to five times within the site (§2.3.1.2); a target elsewhere or more hops: unavailable.
- 429: unavailable (our choice: who is asked to go away goes away); other 4xx: all is allowed (§2.3.1.3).
- 5xx, timeouts, broken connections: unavailable, so everything is disallowed (§2.3.1.4).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from protego import Protego
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from pipelines.normalise import page_record
from pipelines.session import session_of
from spiders.answers import REFUSED, UNAVAILABLE, UNDECODABLE, exchange_of, fetched_from
from spiders.reading.addresses import canonical, site_address
from spiders.summaries import SummariesSpider

MAX_BYTES = 512 * 1024
MAX_HOPS = 5
_IS_HOP = "robots_hop"
_IS_OURS = "robots_ours"
"""Key in the meta of a request for robots.txt that no scheduler made: its answer meets no spider."""
_UNAVAILABLE_STATUS = frozenset({429})


@dataclass(frozen=True)
class Rules:
    """What one origin's robots.txt says to us."""

    parser: Protego | None
    """None when there is no robots.txt (everything allowed), or when it can't be had."""
    unavailable: str | None = None
    """Why it can't be had: nothing may be asked. None when it can."""

    def refusal(self, url: str, agent: str) -> str | None:
        """Why `url` must not be asked; None when it may."""
        if self.unavailable is not None:
            return f"robots.txt unavailable: {self.unavailable}"
        if self.parser is None or self.parser.can_fetch(url, agent):
            return None
        return "robots.txt"

    def crawl_delay(self, agent: str) -> float | None:
        """Seconds between requests that it asks for; None when it names none."""
        delay = None if self.parser is None else self.parser.crawl_delay(agent)
        return None if delay is None or delay <= 0 else float(delay)


class RobotsMiddleware:
    """Holds every request until its origin's robots.txt is known, and refuses what that disallows.

    A refused request raises `IgnoreRequest`, with the reason in its `meta["refused"]`. Settings read:
    `ROBOTSTXT_USER_AGENT` (the product token that rules are looked up for; `msarchive`).
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._agent: str = crawler.settings.get("ROBOTSTXT_USER_AGENT") or "msarchive"
        self._known: dict[str, Rules] = {}
        self._awaited: dict[str, asyncio.Future[Rules]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RobotsMiddleware:
        """As Scrapy builds middlewares."""
        return cls(crawler)

    def usable(self, url: str) -> bool:
        """Whether the rules for `url`'s origin are at hand, so that asking need not wait."""
        rules = self._known.get(origin(url))
        return rules is not None and rules.unavailable is None

    def process_request(self, request: Request) -> Awaitable[None] | None:
        """Let a request through, hold it, or refuse it."""
        if _IS_HOP in request.meta:
            return None
        place = origin(request.url)
        if is_robots(request.url):
            self._known.pop(place, None)
            self._awaited.setdefault(place, asyncio.get_running_loop().create_future())
            return None
        rules = self._known.get(place)
        if rules is None:
            return self._hold(request, place)
        self._judge(request, rules)
        return None

    def process_response(self, request: Request, response: Response) -> Response | Awaitable[Response]:
        """Take the rules out of a robots.txt that passes by; everything else just passes."""
        if not is_robots(request.url) or _IS_HOP in request.meta:
            return response
        return self._take(request, response)

    def process_exception(self, request: Request, exception: Exception) -> None:
        """A robots.txt that brought no answer is unavailable."""
        if is_robots(request.url) and _IS_HOP not in request.meta:
            reason = str(exception) or type(exception).__name__
            self._settle(origin(request.url), Rules(None, " ".join(reason.split())[:200]))

    async def _hold(self, request: Request, place: str) -> None:
        awaited = self._awaited.get(place)
        if awaited is None:
            awaited = self._awaited[place] = asyncio.get_running_loop().create_future()
            await self._fetch(f"{place}/robots.txt")
        self._judge(request, await asyncio.shield(awaited))

    async def _fetch(self, url: str) -> None:
        engine: Any = self._crawler.engine
        try:
            request = Request(url, priority=1, meta={_IS_OURS: True})
            await engine.download_async(request)
        except Exception as error:
            # Its exception has been seen on its way through `process_exception`, unless it never got there.
            if origin(url) in self._awaited:
                self._settle(origin(url), Rules(None, type(error).__name__))
        # Under the very address asked: another host's rules are not those of the site's own address.
        self._keep(request, canonical(url))

    async def _take(self, request: Request, response: Response) -> Response:
        hops: list[Request] = []
        try:
            rules = await self._rules(response, hops)
        finally:
            # The last first: a target that is stored already is not due when the hop before tells of it.
            for hop in reversed(hops):
                self._keep(hop, self._known_as(hop.url))
        if rules.unavailable is not None:
            request.meta[UNAVAILABLE] = f"robots.txt unavailable: {rules.unavailable}"
        self._settle(origin(request.url), rules)
        return response

    async def _rules(self, response: Response, hops: list[Request]) -> Rules:
        """The rules at the end of a chain of redirects; what was asked on the way is added to `hops`."""
        engine: Any = self._crawler.engine
        place = response
        for _ in range(MAX_HOPS + 1):
            location = response.headers.get("Location")
            if not 300 <= response.status < 400 or location is None:
                return rules_from(response)
            target = urljoin(response.url, location.decode("utf-8", "replace"))
            if not self._may_follow(place.url, target):
                return Rules(None, "it redirects to another site")
            hops.append(Request(target, meta={_IS_HOP: True}))
            try:
                response = await engine.download_async(hops[-1])
            except Exception as error:
                return Rules(None, str(error) or type(error).__name__)
        return Rules(None, f"more than {MAX_HOPS} redirects")

    def _known_as(self, url: str) -> str | None:
        address, spider = canonical(url), self._crawler.spider
        if address is None or not isinstance(spider, SummariesSpider):
            return None
        return site_address(address, spider.profile)

    def _keep(self, request: Request, url: str | None) -> None:
        """Put what was asked for without a scheduler into the archive, as the page it is: every exchange is
        kept, and asked once. It gets no other try of its own: the robots.txt that leads to it does."""
        exchange, spider = exchange_of(request), self._crawler.spider
        if exchange is None or url is None or not isinstance(spider, SummariesSpider):
            return
        session = session_of(self._crawler)
        if session.error is not None:
            return
        page = spider.pages.page(fetched_from(exchange, url=url), "robots", depth=0)
        try:
            session.writer.save_page(page_record(page, spider.profile), now=exchange.started_at)
        except Exception as error:
            session.fail(error)
            return
        session.counts["requests"] += 1
        session.counts["answers"] += 1

    def _may_follow(self, asked: str, target: str) -> bool:
        named = urlsplit(target)
        profile = getattr(self._crawler.spider, "profile", None)
        hosts = {urlsplit(asked).netloc.lower(), *(profile.hosts if profile is not None else ())}
        return named.scheme in ("http", "https") and named.netloc.lower() in hosts

    def _settle(self, place: str, rules: Rules) -> None:
        self._known[place] = rules
        self._slow_down(place, rules.crawl_delay(self._agent))
        awaited = self._awaited.pop(place, None)
        if awaited is not None and not awaited.done():
            awaited.set_result(rules)

    def _judge(self, request: Request, rules: Rules) -> None:
        reason = rules.refusal(request.url, self._agent)
        if reason is not None:
            request.meta[REFUSED] = reason
            raise IgnoreRequest(reason)

    def _slow_down(self, place: str, delay: float | None) -> None:
        """Raise the delay of the host's slot to its Crawl-delay; never lower it."""
        if delay is None:
            return
        downloader: Any = self._crawler.engine.downloader
        key = urlsplit(place).hostname or ""
        settings = downloader.per_slot_settings.setdefault(key, {})  # for slots made anew after a pause
        delay = max(delay, settings.get("delay", 0.0), self._crawler.settings.getfloat("DOWNLOAD_DELAY"))
        settings.update(delay=delay, concurrency=1, jitter=0.0)
        slot = downloader.slots.get(key)
        if slot is not None and slot.delay < delay:
            slot.delay, slot.concurrency, slot.jitter = delay, 1, 0.0


def rules_from(response: Response) -> Rules:
    """The rules in an answer to a request for robots.txt (not a redirect that is followed)."""
    status = response.status
    if 200 <= status < 300:
        if "dataloss" in response.flags:
            return Rules(None, "the connection broke off before its end")
        if UNDECODABLE in response.flags:
            return Rules(None, "its body can't be decoded")
        text = response.body[:MAX_BYTES].decode("utf-8-sig", "replace")
        return Rules(Protego.parse(text))
    if 400 <= status < 500 and status not in _UNAVAILABLE_STATUS:
        return Rules(None)
    return Rules(None, f"HTTP {status}")


def origin(url: str) -> str:
    """`scheme://host:port` of an address, as robots.txt holds for it."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0].partition('?')[0].lower()}"


def is_robots(url: str) -> bool:
    """Whether an address is its origin's robots.txt."""
    return url.endswith("/robots.txt") and url.count("/") == 3
