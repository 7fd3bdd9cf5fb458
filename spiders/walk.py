"""Which of the addresses on a page the walk goes on to. Pure: no network, no database, no state."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from spiders.page import Found, FoundVia, UrlKind
from spiders.reading import addresses
from spiders.reading.model import PageKind, Reading
from spiders.reading.profile import SiteProfile
from spiders.sitemaps import found_at

TOO_MANY_LISTINGS = "more listing pages than the profile allows"


class Walk:
    """The rules of one site's walk."""

    def __init__(self, profile: SiteProfile) -> None:
        self.profile = profile
        # The same menu and the same cards stand on every page.
        self._judged = lru_cache(maxsize=5_000)(self._judge)

    def seeds(self, more: tuple[str, ...] = ()) -> tuple[Found, ...]:
        """Where a crawl begins: robots.txt, the profile's sitemaps and start pages, and addresses given."""
        profile = self.profile
        given = [found_at(url, None, "seed", profile) for url in (*profile.start, *more)]
        maps = [found_at(url, None, "seed", profile, kind="sitemap") for url in profile.sitemaps]
        robots = found_at("robots.txt", profile.base_url, "seed", profile)
        return tuple(dict.fromkeys(found for found in (robots, *maps, *given) if found is not None))

    def found_on(
        self, reading: Reading, *, url: str, kind: UrlKind, depth: int, more_listings: bool
    ) -> tuple[Found, ...]:
        """The addresses a page leads to, each once for each way it was told.

        `url` and `kind` are what was asked, `depth` how far it lies from a start page. Without
        `more_listings` further pages of a listing are refused: a calendar or an endless list must end.
        """
        found = dict.fromkeys(self._links(reading, kind, depth, more_listings))
        own = self._canonical(reading, url, kind)
        if own is not None:
            found[own] = None
        return tuple(entry for entry in found if entry.url != url)

    def redirect(self, target: str | None, *, url: str, kind: UrlKind, hops: int) -> Found | None:
        """Where a 3xx answer leads; None when it names no http(s) address. `hops` made to come here."""
        if not target:
            return None
        found = found_at(target, url, "redirect", self.profile)
        if found is None or found.refused or hops <= MAX_HOPS:
            return found
        return Found(found.url, "redirect", found.kind, refused=f"more than {MAX_HOPS} redirects")

    def _links(self, reading: Reading, kind: UrlKind, depth: int, more_listings: bool) -> Iterator[Found]:
        is_listing = kind == "listing" or reading.kind is PageKind.LISTING
        for card in reading.cards:
            if card.url is not None:
                yield self._judged(card.url, "listing" if is_listing else "card")
        for link in reading.links:
            if link.kind == "pagination" and is_listing:
                yield self._next_page(link.url, more_listings)
                continue
            found = self._judged(link.url, _via(link.kind, is_listing))
            if found.kind == "listing" and not found.refused and not more_listings:
                found = found._replace(refused=TOO_MANY_LISTINGS)
                yield found
            near = found.kind != "page" or depth < self.profile.explore_depth
            if found.refused is None and near:
                yield found

    def _next_page(self, url: str, more_listings: bool) -> Found:
        found = self._judged(url, "listing")
        if found.kind == "article" or found.refused:
            return found
        return Found(url, "listing", "listing", refused=None if more_listings else TOO_MANY_LISTINGS)

    def _canonical(self, reading: Reading, url: str, kind: UrlKind) -> Found | None:
        """The address a page names as its own, where that is to be believed.

        Not on listings, whose later pages often name the first; nor where an article names a page that is
        none, as a template does that has one canonical link for the whole site.
        """
        named = reading.url
        if named is None or named == url or kind == "listing" or reading.kind is PageKind.LISTING:
            return None
        if not addresses.on_site(named, self.profile):
            return None
        if addresses.article_id(url, self.profile) and not addresses.article_id(named, self.profile):
            return None
        return self._judged(named, "canonical")

    def _judge(self, url: str, via: FoundVia) -> Found:
        address = addresses.site_address(url, self.profile)
        return Found(
            url=address,
            via=via,
            kind=addresses.kind_of(address, self.profile),
            refused=addresses.refusal(address, self.profile),
        )


MAX_HOPS = 5
"""Redirects followed from one address; RFC 9309 §2.3.1.2 names five for robots.txt."""


def _via(link_kind: str, is_listing: bool) -> FoundVia:
    return "listing" if is_listing and link_kind == "article" else "link"
