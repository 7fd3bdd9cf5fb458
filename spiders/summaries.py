"""The spider that walks a site of research summaries: every answer becomes exactly one `Page`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from spiders.answers import (
    NOT_ASKED,
    REFUSED,
    UNAVAILABLE,
    exchange_of,
    failure_reason,
    fetched_from,
    unanswered,
)
from spiders.page import Fetched, Found, Page, Unanswered
from spiders.pages import PageMaker, header
from spiders.reading.addresses import canonical
from spiders.reading.model import Reading
from spiders.reading.profile import ProfileError, SiteProfile
from spiders.sites import load_profile


class Beside(Protocol):
    """Reads pages somewhere else, as `spiders.reading.read_page` does, one after another."""

    async def read(
        self, body: bytes, url: str | None, content_type: str | None, message: bytes
    ) -> tuple[Reading, bytes | None]:
        """The reading, in the order in which pages were handed over; and the whole answer (`message`) as the
        archive compresses it, None when that was not done on the way."""

    async def caught_up(self) -> None:
        """Wait until every page that was handed over has been read."""


class SummariesSpider(Spider):
    """Walks the site of one profile.

    Arguments (`-a name=value`), each with a setting of the same meaning as its default:

    - `site` (`MSARCHIVE_SITE`): a bundled profile's name, or a `.toml` file.
    - `start` (`MSARCHIVE_START`): start addresses instead of the profile's, separated by white space. On a
      host the profile does not know, the whole profile is moved there.
    - `urls` (`MSARCHIVE_URLS`): a file with further addresses, one a line.
    - `origin` (`MSARCHIVE_ORIGIN`): `scheme://host:port` where the site is asked instead of at its own
      address, under which everything is stored all the same (a mirror, a sample site on another port).
    - `allow_private` (`MSARCHIVE_ALLOW_PRIVATE`): `HOST[:PORT]` that may be connected to though it is not
      public, separated by white space or commas.

    Which address is asked next is the scheduler's business: it hands out requests whose `meta` holds `url`
    (the canonical address), `kind` and `depth`, and `conditional` where a 304 is an answer.
    """

    name = "summaries"

    def __init__(
        self,
        *,
        profile: SiteProfile,
        given: tuple[str, ...] = (),
        origin: tuple[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.profile = profile
        self.pages = PageMaker(profile, origin)
        self._given = given
        self.beside: Beside | None = None
        """Who reads pages while the crawl goes on; None: they are read as they come."""

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> SummariesSpider:
        """Raises `ProfileError` (one line) for a profile, start address or file that can't be used."""
        settings = crawler.settings
        site = kwargs.pop("site", None) or settings.get("MSARCHIVE_SITE") or "mymsbuddy"
        start = (kwargs.pop("start", None) or settings.get("MSARCHIVE_START") or "").split()
        urls = kwargs.pop("urls", None) or settings.get("MSARCHIVE_URLS")
        origin = kwargs.pop("origin", None) or settings.get("MSARCHIVE_ORIGIN")
        opened = kwargs.pop("allow_private", None)
        if opened:
            # The download handler reads it.
            settings.set("MSARCHIVE_ALLOW_PRIVATE", opened, priority="cmdline")
        profile, place = site_profile(site, tuple(start)), None
        if origin:
            profile, place = _mirrored(profile, origin)
        spider = cls(profile=profile, given=_read_list(urls) if urls else (), origin=place, **kwargs)
        spider._set_crawler(crawler)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        """Nothing: the URL table is the frontier, and `seeds` go into it."""
        nothing: tuple[Request, ...] = ()
        for request in nothing:
            yield request

    def seeds(self) -> tuple[Found, ...]:
        """The addresses a crawl begins with."""
        return self.pages.walk.seeds(self._given)

    def spelling(self, url: str) -> str:
        """The address to ask for the page that the archive knows as `url`."""
        return self.pages.spelling(url)

    async def parse(self, response: Response, **_: Any) -> AsyncIterator[Page]:
        """One `Page` for any answer: 2xx, redirect, error, robots.txt, sitemap, whatever it is."""
        exchange = exchange_of(response.request)
        assert response.request is not None and exchange is not None, "every answer is recorded"
        meta = response.request.meta
        fetched, kind, depth = fetched_from(exchange, url=meta["url"]), meta["kind"], meta["depth"]
        told: dict[str, Any] = {
            "depth": depth,
            "conditional": bool(meta.get("conditional")),
            "no_rules": meta.get(UNAVAILABLE),
        }
        if self.beside is None:
            yield self.pages.page(fetched, kind, **told)
            return
        page = self.pages.unread(fetched, kind, **told)
        if page is None:
            fetched, reading = await self._read_beside(fetched)
            page = self.pages.of_reading(fetched, kind, reading, depth=depth)
        else:
            await self.beside.caught_up()  # pages are written in the order in which they came
        yield page

    async def _read_beside(self, fetched: Fetched) -> tuple[Fetched, Reading | None]:
        """The answer, compressed on the way, and its reading; None when the reader failed on it."""
        exchange = fetched.exchange
        assert self.beside is not None and exchange is not None
        declared = header(fetched, "content-type")
        try:
            reading, packed = await self.beside.read(fetched.body, fetched.url, declared, exchange.response)
        except Exception:
            self.pages.reader_failed(fetched)
            return fetched, None
        return replace(fetched, exchange=replace(exchange, packed=packed)), reading

    def no_answer(self, failure: Failure) -> Iterator[Page | Unanswered]:
        """Scrapy's errback: what came is kept even when it can't be used, else the reason."""
        request: Request = failure.request  # type: ignore[attr-defined]
        url, kind = request.meta["url"], request.meta["kind"]
        if NOT_ASKED in request.meta:
            return
        exchange = exchange_of(request)
        if exchange is not None and REFUSED not in request.meta:
            # A head came, and some of the body: what there is of it is kept.
            yield Page(fetched_from(exchange, url=url), kind, None, failure=failure_reason(failure))
        else:
            yield unanswered(failure, request=request, url=url, kind=kind)


def site_profile(site: str, start: tuple[str, ...] = ()) -> SiteProfile:
    """The profile of `site`, with `start` in place of its own start pages.

    Start addresses on a host that the profile does not know move the whole profile there. Raises
    `ProfileError` when one is no http(s) address, or they lie on different hosts.
    """
    profile = load_profile(site)
    if not start:
        return profile
    pages = [canonical(url) for url in start]
    for url, page in zip(start, pages, strict=True):
        if page is None:
            raise ProfileError(f"start address {url!r} is not an http or https address")
    places = {(urlsplit(page).scheme, urlsplit(page).netloc) for page in pages if page is not None}
    if not all(netloc in profile.hosts for _, netloc in places):
        if len(places) > 1:
            raise ProfileError("start addresses must all lie on one host")
        profile = profile.at(pages[0] or "")
    return replace(profile, start=tuple(page for page in pages if page is not None))


def _mirrored(profile: SiteProfile, origin: str) -> tuple[SiteProfile, tuple[str, str]]:
    """The profile with the mirror's host among its own, and where to ask. Raises `ProfileError`."""
    address = canonical(origin)
    if address is None:
        raise ProfileError(f"origin {origin!r} is not an http or https address")
    place = (urlsplit(address).scheme, urlsplit(address).netloc)
    return replace(profile, hosts=tuple(dict.fromkeys((*profile.hosts, place[1])))), place


def _read_list(path: str) -> tuple[str, ...]:
    try:
        text = Path(path).read_text("utf-8", "replace")
    except OSError as error:
        raise ProfileError(f"list of addresses {path}: {error.strerror or error}") from None
    lines = (line.strip() for line in text.splitlines())
    given = tuple(line for line in lines if line and not line.startswith("#"))
    for line in given:
        if canonical(line) is None:
            raise ProfileError(f"list of addresses {path}: {line[:200]!r} is not an http or https address")
    return given
