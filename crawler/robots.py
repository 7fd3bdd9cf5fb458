"""robots.txt by RFC 9309: had once for each origin, obeyed by every request, failing closed.

Scrapy's own middleware lets requests through that start while robots.txt is still on its way, and takes an
unreachable robots.txt for "everything is allowed". Here every request waits for the one answer, and:

- 2xx: its rules hold (`crawler.robots_rules`); other answers mean what `rules_for` says.
- 3xx: followed up to five times within the site (§2.3.1.2); a target elsewhere or more hops: unavailable.
- timeouts, broken connections, faults of TLS: unavailable, so everything is disallowed (§2.3.1.4).
- A day later it is asked for again, and whoever comes waits for that (§2.4). When it can't be had then, the
  crawl stops: no rule is taken from an older day.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from crawler.politeness import NotAsked, politeness_of
from crawler.robots_rules import Rules, rules_for
from pipelines.normalise import page_record
from pipelines.session import CrawlSession, session_of
from spiders.answers import (
    NOT_ASKED,
    REFUSED,
    UNAVAILABLE,
    UNDECODABLE,
    exchange_of,
    fetched_from,
    reason_of,
)
from spiders.reading.addresses import canonical, site_address
from spiders.summaries import SummariesSpider

if TYPE_CHECKING:
    from storage.postgresql.shared_robots import SharedRobots

MAX_HOPS = 5
_LOOK_S = 0.2
"""How often a worker looks whether another one has had the rules that it waits for."""
MAX_AGE_S = 86_400.0
"""How long rules hold; RFC 9309 section 2.4."""
_IS_HOP = "robots_hop"
_IS_OURS = "robots_ours"
"""Key in the meta of a request for robots.txt that no scheduler made: its answer meets no spider."""


@dataclass(frozen=True)
class _Had:
    rules: Rules
    at: float
    """By the middleware's clock."""


class RobotsMiddleware:
    """Holds every request until its origin's robots.txt is known, and refuses what that disallows.

    A refused request raises `IgnoreRequest`, with the reason in its `meta["refused"]`. Settings read:
    `ROBOTSTXT_USER_AGENT` (the product token that rules are looked up for; `msarchive`).
    """

    def __init__(self, crawler: Crawler, clock: Callable[[], float] = time.time) -> None:
        self._crawler = crawler
        self._clock = clock
        self._agent: str = crawler.settings.get("ROBOTSTXT_USER_AGENT") or "msarchive"
        self._known: dict[str, _Had] = {}
        self._awaited: dict[str, asyncio.Future[Rules]] = {}
        self._renewed: dict[str, Rules] = {}
        """Origins whose rules are had anew, and what the last try brought."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RobotsMiddleware:
        """As Scrapy builds middlewares."""
        return cls(crawler)

    def usable(self, url: str) -> bool:
        """Whether there are rules for `url`'s origin, by which it may be asked now or after a short wait."""
        place = origin(url)
        return self._allows(place) or (self._adopt(place) and self._allows(place))

    def _allows(self, place: str) -> bool:
        had = self._known.get(place)
        return had is not None and had.rules.unavailable is None

    def process_request(self, request: Request) -> Awaitable[None] | None:
        """Let a request through, hold it, or refuse it."""
        if _IS_HOP in request.meta:
            return None
        place = origin(request.url)
        if is_robots(request.url):
            self._awaited.setdefault(place, asyncio.get_running_loop().create_future())
            return None
        had = self._known.get(place)
        if had is None or place in self._awaited or self._is_old(had):
            return self._hold(request, place)
        self._judge(request, had.rules)
        return None

    def _is_old(self, had: _Had) -> bool:
        # A clock that was set back makes them old, too: nobody knows how old.
        return not 0 <= self._clock() - had.at < MAX_AGE_S

    def process_response(self, request: Request, response: Response) -> Response | Awaitable[Response]:
        """Take the rules out of a robots.txt that passes by; everything else just passes."""
        if not is_robots(request.url) or _IS_HOP in request.meta:
            return response
        return self._take(request, response)

    def process_exception(self, request: Request, exception: Exception) -> None:
        """A robots.txt that brought no answer is unavailable."""
        if is_robots(request.url) and _IS_HOP not in request.meta:
            if isinstance(exception, NotAsked):
                self._give_up(origin(request.url), exception)
                return
            self._settle(origin(request.url), Rules(None, reason_of(exception)))

    async def _hold(self, request: Request, place: str) -> None:
        awaited = self._awaited.get(place)
        if awaited is None:
            awaited = self._awaited[place] = asyncio.get_running_loop().create_future()
            await self._have(place)
        try:
            rules = await asyncio.shield(awaited)
        except NotAsked:
            request.meta[NOT_ASKED] = True
            raise
        self._judge(request, rules)

    async def _have(self, place: str) -> None:
        """Have an origin's rules, first or anew: from the site, or from another worker that has asked."""
        shared = self._shared()
        try:
            while shared is not None and not self._adopt(place) and not shared.claim(place):
                await politeness_of(self._crawler).sleep(_LOOK_S)
        except NotAsked as error:
            self._give_up(place, error)
        except Exception as error:  # the database's
            session_of(self._crawler).fail(error)
            self._give_up(place, NotAsked("the database can't be used"))
        if place in self._awaited:
            await (self._fetch if place not in self._known else self._renew)(place)

    def _adopt(self, place: str) -> bool:
        """Take over what another worker was told of an origin's rules; whether there is anything fresh."""
        shared, session = self._shared(), self._session()
        answer = None if shared is None else shared.known(place)
        if answer is None or session is None or answer.age >= MAX_AGE_S:
            return False
        if answer.unavailable is not None:
            session.robots_failure = answer.unavailable
            self._give_up(place, NotAsked("robots.txt can't be had"))
            session.stop_crawl("robots")
            return True
        assert answer.status is not None, "there was an answer"
        self._learn(place, rules_for(answer.status, answer.body, self._agent), self._clock() - answer.age)
        return True

    def _shared(self) -> SharedRobots | None:
        """What workers tell each other of robots.txt; None for a crawl that shares with nobody."""
        session = self._session()
        sharing = None if session is None else session.writer.sharing
        return None if sharing is None else sharing.robots

    async def _fetch(self, place: str) -> None:
        engine: Any = self._crawler.engine
        url = f"{place}/robots.txt"
        request = Request(url, priority=1, meta={_IS_OURS: True})
        try:
            await engine.download_async(request)
        except Exception as error:
            # Its exception has been seen on its way through `process_exception`, unless it never got there.
            if place in self._awaited:
                self._settle(place, Rules(None, reason_of(error)))
        # Under the very address asked: another host's rules are not those of the site's own address.
        self._keep(request, canonical(url))

    async def _renew(self, place: str) -> None:
        """Have rules that are a day old anew, in several tries: a crawl of days should not end at a hiccup.
        When they can't be had, the crawl stops, and what was not asked stays due."""
        session, attempts = self._session(), 0
        try:
            while True:
                attempts += 1
                self._renewed[place] = Rules(None, "no answer")
                await self._fetch(place)
                rules = self._renewed[place]
                wait = None if session is None else session.retry.wait(attempts)
                if rules.unavailable is None or wait is None or place not in self._awaited:
                    break
                await politeness_of(self._crawler).sleep(wait)
        except NotAsked as error:
            self._give_up(place, error)
            return
        finally:
            self._renewed.pop(place, None)
        if session is None or rules.unavailable is None:
            self._settle(place, rules)
        else:
            session.robots_failure = rules.unavailable
            self._give_up(place, NotAsked("robots.txt can't be had again"))
            session.stop_crawl("robots")

    async def _take(self, request: Request, response: Response) -> Response:
        hops: list[Request] = []
        try:
            rules = await self._rules(response, hops)
        except NotAsked as why:  # the crawl stops; what has come of robots.txt is kept
            self._give_up(origin(request.url), why)
            return response
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
                return self._rules_from(response)
            target = urljoin(response.url, location.decode("utf-8", "replace"))
            if not self._may_follow(place.url, target):
                return Rules(None, "it redirects to another site")
            hops.append(Request(target, meta={_IS_HOP: True}))
            try:
                response = await engine.download_async(hops[-1])
            except NotAsked:
                raise
            except Exception as error:
                return Rules(None, reason_of(error))
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
            session.committing.heed_loss()
            session.fail(error)
            return
        session.committing.saved(url, Counter(requests=1, answers=1))

    def _may_follow(self, asked: str, target: str) -> bool:
        named = urlsplit(target)
        profile = getattr(self._crawler.spider, "profile", None)
        hosts = {urlsplit(asked).netloc.lower(), *(profile.hosts if profile is not None else ())}
        return named.scheme in ("http", "https") and named.netloc.lower() in hosts

    def _settle(self, place: str, rules: Rules) -> None:
        if place in self._renewed:
            self._renewed[place] = rules
            return
        shared = self._shared()
        if shared is not None and rules.answer is not None and rules.unavailable is None:
            try:
                shared.keep(place, *rules.answer, None)
            except Exception as error:
                session_of(self._crawler).fail(error)
        self._learn(place, rules, self._clock())

    def _learn(self, place: str, rules: Rules, at: float) -> None:
        self._known[place] = _Had(rules, at)
        politeness_of(self._crawler).ask_delay(place, rules.crawl_delay)
        awaited = self._awaited.pop(place, None)
        if awaited is not None and not awaited.done():
            awaited.set_result(rules)

    def _give_up(self, place: str, why: NotAsked) -> None:
        """Give back whoever waits for an origin's rules: they stay due."""
        awaited = self._awaited.pop(place, None)
        if awaited is not None and not awaited.done():
            awaited.set_exception(why)
            awaited.exception()  # nobody may be waiting, and that is no fault to be logged

    def _judge(self, request: Request, rules: Rules) -> None:
        reason = rules.refusal(request.url)
        if reason is not None:
            request.meta[REFUSED] = reason
            raise IgnoreRequest(reason)

    def _rules_from(self, response: Response) -> Rules:
        if 200 <= response.status < 300:
            if "dataloss" in response.flags:
                return Rules(None, "the connection broke off before its end")
            if UNDECODABLE in response.flags:
                return Rules(None, "its body can't be decoded")
        return rules_for(response.status, response.body, self._agent)

    def _session(self) -> CrawlSession | None:
        try:
            return session_of(self._crawler)
        except LookupError:
            return None


def origin(url: str) -> str:
    """`scheme://host:port` of an address, as robots.txt holds for it."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0].partition('?')[0].lower()}"


def is_robots(url: str) -> bool:
    """Whether an address is its origin's robots.txt."""
    return url.endswith("/robots.txt") and url.count("/") == 3
