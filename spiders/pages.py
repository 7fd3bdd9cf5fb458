"""From one answer to one `Page`: the same for what a crawl fetches and for what a WARC file kept."""

from __future__ import annotations

import logging
from collections import Counter
from urllib.parse import urldefrag, urljoin, urlsplit

from spiders.page import READER_FAILED, Fetched, Found, Page, UrlKind
from spiders.reading import read_page
from spiders.reading.addresses import canonical
from spiders.reading.model import PageKind, Reading
from spiders.reading.profile import SiteProfile
from spiders.reading.recognise import challenge_in_answer, led_away
from spiders.sitemaps import read_sitemap, robots_sitemaps
from spiders.walk import TOO_MANY_LISTINGS, Walk

logger = logging.getLogger(__name__)

_GONE = frozenset({404, 410})
_MOST_SPELLINGS = 10_000
TOO_MANY_ARTICLES = "more articles than the profile allows"
TOO_MANY_SITEMAPS = "more sitemaps than the profile allows"
OVER_LIMIT = {
    TOO_MANY_ARTICLES: "max_articles",
    TOO_MANY_SITEMAPS: "max_sitemaps",
    TOO_MANY_LISTINGS: "max_pages_a_listing",
}
"""Why an address was refused in one crawl for which the next one may have room -> the profile's limit."""
_TEXT_TYPES = ("text/html", "application/xhtml+xml", "text/plain", "application/xml", "text/xml")


class PageMaker:
    """Makes pages of one site's answers, one after another. What it remembers is how often an address was
    led on, under which spelling the site wants to be asked, and how many pages of each kind there were.

    `origin` is (scheme, host:port) where the site is asked instead of at its own address; None: there.
    `walk` is a walk of the same profile, for what it remembers; None: a new one.
    """

    def __init__(
        self, profile: SiteProfile, origin: tuple[str, str] | None = None, walk: Walk | None = None
    ) -> None:
        self.walk = walk or Walk(profile)
        self._profile = profile
        self._made: Counter[str] = Counter()
        self._told_of: set[str] = set()
        self._reader_failed = False
        self._hops: Counter[str] = Counter()
        self._spellings: dict[str, str] = {}
        self._origin = origin

    def spelling(self, url: str) -> str:
        """The address to ask for the page that the archive knows as `url`."""
        if url in self._spellings:
            return self._spellings[url]
        if self._origin is None:
            return url
        scheme, netloc = self._origin
        return urlsplit(url)._replace(scheme=scheme, netloc=netloc).geturl()

    def page(
        self,
        fetched: Fetched,
        kind: UrlKind,
        *,
        depth: int,
        conditional: bool = False,
        no_rules: str | None = None,
        reading: Reading | None = None,
    ) -> Page:
        """What an answer with an exchange came to. Never raises for what the answer holds.

        `depth` is that of its address, in clicks from a start page; `conditional` whether a 304 was asked
        for; `no_rules` why a robots.txt gives none (None: it does); `reading` what reading it gives, where
        that is known (None: it is read).
        """
        page = self.unread(fetched, kind, depth=depth, conditional=conditional, no_rules=no_rules)
        return page or self.of_reading(fetched, kind, reading or self._read(fetched), depth=depth)

    def unread(
        self,
        fetched: Fetched,
        kind: UrlKind,
        *,
        depth: int,
        conditional: bool = False,
        no_rules: str | None = None,
    ) -> Page | None:
        """As `page`, for an answer that needs no reading; None for one that does: then comes `of_reading`."""
        exchange, status, url = fetched.exchange, fetched.status, fetched.url
        assert exchange is not None and status is not None and url is not None
        if kind == "robots" and no_rules:
            return Page(fetched, kind, None, failure=no_rules)
        if kind == "robots" and 400 <= status < 500:
            note = f"HTTP {status}: nothing is disallowed"
            return Page(fetched, kind, None, gone=status in _GONE, note=note)
        if fetched.truncated == "disconnect":
            return Page(fetched, kind, None, failure="the connection broke off before the body's end")
        if exchange.problem is not None:
            return Page(fetched, kind, None, failure=f"the body can't be decoded: {exchange.problem}")
        if fetched.truncated is not None:
            return Page(fetched, kind, None, failure=f"not whole: {fetched.truncated}")
        if status in _GONE:
            return Page(fetched, kind, None, gone=True)
        if status == 304:
            if conditional:
                return Page(fetched, kind, None, unchanged=True)
            return Page(fetched, kind, None, failure="HTTP 304, which was not asked for")
        if 300 <= status < 400:
            return self._redirect(fetched, kind, exchange.url)
        if not 200 <= status < 300:
            return self._refusal(fetched, kind)
        return self._unread_content(fetched, kind, depth)

    def rendered(self, fetched: Fetched, kind: UrlKind, *, depth: int) -> Page:
        """What a document came to that a browser made of an answer; `fetched` is the document, and has no
        exchange."""
        page = self._unread_content(fetched, kind, depth)
        return page or self.of_reading(fetched, kind, self._read(fetched), depth=depth)

    def _refusal(self, fetched: Fetched, kind: UrlKind) -> Page:
        """An error's answer: perhaps a bot challenge."""
        seen = challenge_in_answer(fetched.body, fetched.headers)
        if seen is None:
            return Page(fetched, kind, None, failure=f"HTTP {fetched.status}")
        return Page(
            fetched, kind, None, failure=f"HTTP {fetched.status}: {seen.reason}", obstacle=seen.obstacle
        )

    def _unread_content(self, fetched: Fetched, kind: UrlKind, depth: int) -> Page | None:
        url = fetched.url
        assert url is not None
        if kind == "robots":
            found = robots_sitemaps(fetched.body, url=url, profile=self._profile)
            return Page(fetched, kind, None, found=found)
        if kind == "sitemap":
            sitemap = read_sitemap(fetched.body, url=url, depth=depth, profile=self._profile)
            self._made["sitemap"] += 1
            return Page(fetched, kind, None, found=self._within_limits(sitemap.found), note=sitemap.fault)
        media_type = (header(fetched, "content-type") or "").partition(";")[0].strip().lower()
        if media_type and media_type not in _TEXT_TYPES:
            return Page(fetched, kind, None, note=f"not a page: {media_type}")
        return None

    def of_reading(self, fetched: Fetched, kind: UrlKind, reading: Reading | None, *, depth: int) -> Page:
        """What an answer came to that was read; None for its reading when the reader failed on it."""
        url = fetched.url
        assert url is not None
        if reading is None:
            return Page(fetched, kind, None, note=READER_FAILED)
        self._made[kind] += 1
        if reading.kind is PageKind.LISTING and kind != "listing":
            self._made["listing"] += 1
        more = self._made["listing"] < self._profile.max_pages_a_listing
        if self._made["page"] >= self._profile.max_other_pages:
            depth = max(depth, self._profile.explore_depth)
        found = self.walk.found_on(reading, url=url, kind=kind, depth=depth, more_listings=more)
        return Page(fetched, kind, reading, found=self._within_limits(found), obstacle=reading.obstacle)

    def _within_limits(self, found: tuple[Found, ...]) -> tuple[Found, ...]:
        """What was found, refused where this crawl has had as many of its kind as the profile allows."""
        profile = self._profile
        limits = (
            ("article", profile.max_articles, TOO_MANY_ARTICLES),
            ("sitemap", profile.max_sitemaps, TOO_MANY_SITEMAPS),
        )
        for kind, most, reason in limits:
            if self._made[kind] >= most:
                if kind not in self._told_of:
                    self._told_of.add(kind)
                    logger.warning("Found %s: further ones are refused", reason)
                found = tuple(
                    one._replace(refused=one.refused or reason) if one.kind == kind else one for one in found
                )
        return found

    def _redirect(self, fetched: Fetched, kind: UrlKind, asked: str) -> Page:
        target = header(fetched, "location")
        url = fetched.url
        assert url is not None
        hops = self._hops[url] + 1
        absolute = canonical(target, asked) if target else None
        found = self.walk.redirect(absolute, url=url, kind=kind, hops=hops)
        if found is None:
            return Page(fetched, kind, None, failure=f"HTTP {fetched.status} without a usable target")
        instead = led_away(url, found.url, kind, self._profile)
        if instead is not None:
            reason = instead.reason
            return Page(fetched, kind, None, failure=reason, obstacle=instead.obstacle)
        if found.url == url:
            return self._other_spelling(fetched, kind, asked=asked, named=target or "")
        self._hops[found.url] = max(hops, self._hops[found.url])
        if kind in ("robots", "sitemap") and found.kind == "page":
            found = found._replace(kind=kind)
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

    def _read(self, fetched: Fetched) -> Reading | None:
        declared = header(fetched, "content-type")
        try:
            return read_page(fetched.body, profile=self._profile, url=fetched.url, content_type=declared)
        except Exception:  # one page that the reader chokes on must neither be lost nor end the crawl
            self.reader_failed(fetched)
            return None

    def reader_failed(self, fetched: Fetched) -> None:
        """Log the exception that is being handled: the reader raised it for this page."""
        # One traceback a crawl: a bug that strikes every page would bury everything else.
        logger.error(
            "The reader failed on %s; its capture is kept", fetched.url, exc_info=not self._reader_failed
        )
        self._reader_failed = True


def header(fetched: Fetched, name: str) -> str | None:
    """The first value of a header, whatever the case of its name; None when there is none."""
    return next((value for key, value in fetched.headers if key.lower() == name), None)
