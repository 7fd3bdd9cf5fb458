"""The spider that walks a site of research summaries: every answer becomes exactly one `Page`."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from spiders.answers import (
    NOT_ASKED,
    REFUSED,
    UNAVAILABLE,
    content_type,
    exchange_of,
    failure_reason,
    fetched_from,
    unanswered,
)
from spiders.page import READER_FAILED, Fetched, Found, Page, Unanswered, UrlKind
from spiders.reading import read_page
from spiders.reading.addresses import canonical
from spiders.reading.model import PageKind, Reading
from spiders.reading.profile import ProfileError, SiteProfile
from spiders.sitemaps import read_sitemap, robots_sitemaps
from spiders.sites import load_profile
from spiders.walk import Walk

logger = logging.getLogger(__name__)

_GONE = frozenset({404, 410})
_MOST_SPELLINGS = 10_000
_TEXT_TYPES = ("text/html", "application/xhtml+xml", "text/plain", "application/xml", "text/xml")


class SummariesSpider(Spider):
    """Walks the site of one profile.

    Arguments (`-a name=value`), each with a setting of the same meaning as its default:

    - `site` (`MSARCHIVE_SITE`): a bundled profile's name, or a `.toml` file.
    - `start` (`MSARCHIVE_START`): start addresses instead of the profile's, separated by white space. On a
      host the profile does not know, the whole profile is moved there.
    - `urls` (`MSARCHIVE_URLS`): a file with further addresses, one a line.
    - `origin` (`MSARCHIVE_ORIGIN`): `scheme://host:port` where the site is asked instead of at its own
      address, under which everything is stored all the same (a mirror, a sample site on another port).

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
        self.walk = Walk(profile)
        self._given = given
        self._listings = 0
        self._reader_failed = False
        self._hops: Counter[str] = Counter()
        self._spellings: dict[str, str] = {}
        self._origin = origin

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> SummariesSpider:
        """Raises `ProfileError` (one line) for a profile, start address or file that can't be used."""
        settings = crawler.settings
        site = kwargs.pop("site", None) or settings.get("MSARCHIVE_SITE") or "mymsbuddy"
        start = (kwargs.pop("start", None) or settings.get("MSARCHIVE_START") or "").split()
        urls = kwargs.pop("urls", None) or settings.get("MSARCHIVE_URLS")
        origin = kwargs.pop("origin", None) or settings.get("MSARCHIVE_ORIGIN")
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
        return self.walk.seeds(self._given)

    def spelling(self, url: str) -> str:
        """The address to ask for the page that the archive knows as `url`."""
        if url in self._spellings:
            return self._spellings[url]
        if self._origin is None:
            return url
        scheme, netloc = self._origin
        return urlsplit(url)._replace(scheme=scheme, netloc=netloc).geturl()

    def parse(self, response: Response, **_: Any) -> Iterator[Page]:
        """One `Page` for any answer: 2xx, redirect, error, robots.txt, sitemap, whatever it is."""
        assert response.request is not None
        meta = response.request.meta
        url: str = meta["url"]
        kind: UrlKind = meta["kind"]
        exchange = exchange_of(response.request)
        assert exchange is not None, "every answer is recorded"
        fetched = fetched_from(exchange, url=url)
        status = response.status
        unusable_rules = meta.get(UNAVAILABLE)
        if kind == "robots" and unusable_rules:
            yield Page(fetched, kind, None, failure=unusable_rules)
        elif kind == "robots" and 400 <= status < 500:
            yield Page(
                fetched, kind, None, gone=status in _GONE, note=f"HTTP {status}: nothing is disallowed"
            )
        elif fetched.truncated == "disconnect":
            yield Page(fetched, kind, None, failure="the connection broke off before the body's end")
        elif exchange.problem is not None:
            yield Page(fetched, kind, None, failure=f"the body can't be decoded: {exchange.problem}")
        elif status in _GONE:
            yield Page(fetched, kind, None, gone=True)
        elif status == 304 and meta.get("conditional"):
            yield Page(fetched, kind, None, unchanged=True)
        elif status == 304:
            yield Page(fetched, kind, None, failure="HTTP 304, which was not asked for")
        elif 300 <= status < 400:
            yield self._redirect(response, fetched, kind)
        elif not 200 <= status < 300:
            yield Page(fetched, kind, None, failure=f"HTTP {status}")
        elif kind == "robots":
            found = robots_sitemaps(fetched.body, url=url, profile=self.profile)
            yield Page(fetched, kind, None, found=found)
        elif kind == "sitemap":
            sitemap = read_sitemap(fetched.body, url=url, depth=meta["depth"], profile=self.profile)
            yield Page(fetched, kind, None, found=sitemap.found, note=sitemap.fault)
        else:
            yield self._page(response, fetched, kind, meta["depth"])

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

    def _redirect(self, response: Response, fetched: Fetched, kind: UrlKind) -> Page:
        location = response.headers.get("Location")
        target = None if location is None else location.decode("utf-8", "replace")
        url = fetched.url
        assert url is not None
        hops = self._hops[url] + 1
        absolute = canonical(target, response.url) if target else None
        found = self.walk.redirect(absolute, url=url, kind=kind, hops=hops)
        if found is None:
            return Page(fetched, kind, None, failure=f"HTTP {response.status} without a usable target")
        if found.url == url:
            return self._other_spelling(fetched, kind, asked=response.url, named=target or "")
        self._hops[found.url] = max(hops, self._hops[found.url])
        if kind in ("robots", "sitemap") and found.kind == "page":
            found = replace(found, kind=kind)
        return Page(fetched, kind, None, found=(found,), redirect=found.url)

    def _other_spelling(self, fetched: Fetched, kind: UrlKind, *, asked: str, named: str) -> Page:
        """The answer leads to the same page under another spelling: another of the site's hosts, a slash."""
        url = fetched.url
        assert url is not None
        spelling = urldefrag(urljoin(asked, named)).url
        if spelling == asked or url in self._spellings or len(self._spellings) >= _MOST_SPELLINGS:
            return Page(fetched, kind, None, failure="redirects to itself")
        self._spellings[url] = spelling
        there, here = urlsplit(spelling), urlsplit(asked)
        if there[2:4] == here[2:4] and there[:2] != here[:2]:
            # The site prefers another of its hosts: asking each page twice would be rude.
            self._origin = (there.scheme, there.netloc)
        return Page(fetched, kind, None, redirect=url, note=spelling)

    def _page(self, response: Response, fetched: Fetched, kind: UrlKind, depth: int) -> Page:
        declared = content_type(response)
        media_type = (declared or "").partition(";")[0].strip().lower()
        if media_type and media_type not in _TEXT_TYPES:
            return Page(fetched, kind, None, note=f"not a page: {media_type}")
        reading = self._read(fetched, declared)
        if reading is None:
            return Page(fetched, kind, None, note=READER_FAILED)
        if kind == "listing" or reading.kind is PageKind.LISTING:
            self._listings += 1
        assert fetched.url is not None
        found = self.walk.found_on(
            reading,
            url=fetched.url,
            kind=kind,
            depth=depth,
            more_listings=self._listings < self.profile.max_pages_a_listing,
        )
        return Page(fetched, kind, reading, found=found)

    def _read(self, fetched: Fetched, declared: str | None) -> Reading | None:
        try:
            return read_page(fetched.body, profile=self.profile, url=fetched.url, content_type=declared)
        except Exception:  # one page that the reader chokes on must neither be lost nor end the crawl
            # One traceback a crawl: a bug that strikes every page would bury everything else.
            logger.error(
                "The reader failed on %s; its capture is kept", fetched.url, exc_info=not self._reader_failed
            )
            self._reader_failed = True
            return None


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
