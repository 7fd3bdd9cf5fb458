"""Addresses: their canonical form, what they are on a site, and the article id in them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal
from urllib.parse import parse_qsl, urljoin, urlsplit, urlunsplit

from w3lib.url import canonicalize_url, url_query_cleaner

from spiders.reading.profile import SiteProfile
from spiders.reading.words import word_set

UrlKind = Literal["robots", "sitemap", "listing", "article", "page"]

MAX_LENGTH = 2000
"""Longer addresses are refused; sitemaps.org allows 2,048 characters."""

LONGEST = 2 * MAX_LENGTH
"""What is longer is not even kept as refused: it was never meant as an address."""

# Parameters that say where a visitor came from, never what the page is.
_TRACKING = word_set("fbclid gclid dclid gbraid wbraid msclkid mc_cid mc_eid igshid yclid _ga _gl ref_src")
_TRACKING_PREFIX = "utm_"
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_PLAIN = re.compile(
    r"https?://[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*"
    r"(?::[1-9]\d\d\d)?/(?:[\w~-][\w.~-]*/)*(?:[\w~-][\w.~-]*)?",
    re.ASCII,
)
"""An address that is its own canonical form: no default port, nothing to encode, no `..` in its path."""
_CONTROL = re.compile(r"[\x00-\x20\x7f]")


def canonical(url: str, base: str | None = None) -> str | None:
    """The one form of an address under which it is stored.

    Scheme and host in lower case, no default port, no fragment, no tracking parameters, query sorted; the
    path's case stays. `base` resolves a relative `url`. None when it is not an http(s) address, or far too
    long for one.
    """
    if len(url) > LONGEST:
        return None
    try:
        plain = _PLAIN.fullmatch(_origin(base)[:-1] + url if base and url.startswith("/") else url)
        if plain is not None:
            return plain[0]
        absolute = urljoin(base, url.strip()) if base else url.strip()
        parts = urlsplit(absolute)
        if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
            return None
        if _CONTROL.search(parts.netloc) or "\\" in parts.netloc or "@" in parts.netloc:
            return None
        if parts.query:
            tracking = [key for key, _ in parse_qsl(parts.query, keep_blank_values=True) if _is_tracking(key)]
            absolute = url_query_cleaner(absolute, tracking, remove=True, unique=False)
        parts = urlsplit(canonicalize_url(absolute))
        netloc = parts.netloc.lower().removesuffix(_DEFAULT_PORTS[parts.scheme])
        return urlunsplit((parts.scheme, netloc, parts.path or "/", parts.query, ""))
    except ValueError:  # malformed port, bad IPv6 literal, …
        return None


def page_address(url: str, base: str | None, profile: SiteProfile) -> str | None:
    """The address under which the archive knows a link: `canonical`, then `site_address`.

    None when it is not an http(s) address.
    """
    if len(url) > LONGEST:  # nor worth remembering
        return None
    return _page_address(url, needed(url, base), profile)


def absolute_address(url: str, base: str) -> str | None:
    """`canonical`, remembered: for addresses that stand on page after page."""
    if len(url) > LONGEST:
        return None
    return _canonical(url, needed(url, base))


def needed(url: str, base: str | None) -> str | None:
    """As much of the base as a link needs: the same link on every page is then one look-up."""
    rooted = url.startswith("/") or "://" in url[:10]
    return _origin(base) if base is not None and rooted else base


@lru_cache(maxsize=5_000)
def _page_address(url: str, base: str | None, profile: SiteProfile) -> str | None:
    absolute = canonical(url, base)
    return None if absolute is None else site_address(absolute, profile)


def on_site(url: str, profile: SiteProfile) -> bool:
    """Whether a canonical address lies on one of the profile's hosts."""
    return urlsplit(url).netloc in profile.hosts


def site_address(url: str, profile: SiteProfile) -> str:
    """A canonical address with the profile's scheme and first host in place of its other hosts'.

    So `http://www.example.org/a` and `https://example.org/a` are one page. Addresses elsewhere come back as
    they are; an article's trailing slash and query go, since its id alone identifies it.
    """
    parts = urlsplit(url)
    if parts.netloc not in profile.hosts:
        return url
    path, query = parts.path, parts.query
    if len(path) > 1 and path.endswith("/") and _match_id(path[:-1], query, profile):
        path = path[:-1]
    if query and _match_id(path, "", profile):
        query = ""
    return urlunsplit((profile.scheme, profile.canonical_host, path, query, ""))


@lru_cache(maxsize=5_000)
def article_id(url: str | None, profile: SiteProfile) -> str | None:
    """The case-sensitive id in an article's address; None when it is none, or on another site."""
    if url is None or not on_site(url, profile):
        return None
    parts = urlsplit(url)
    return _match_id(parts.path, parts.query, profile)


def kind_of(url: str, profile: SiteProfile) -> UrlKind:
    """What an address on the site is taken for before it is asked."""
    parts = urlsplit(url)
    path = parts.path
    if path == "/robots.txt":
        return "robots"
    if _match_id(path, parts.query, profile):
        return "article"
    if url in profile.sitemaps or re.search(r"sitemap[^/]*\.xml(?:\.gz)?$", path):
        return "sitemap"
    if url in profile.start or any(pattern.search(path) for pattern in profile.listing):
        return "listing"
    return "page"


def refusal(url: str, profile: SiteProfile) -> str | None:
    """Why a canonical address must not be fetched; None when it may."""
    if len(url) > MAX_LENGTH:
        return "address too long"
    if not on_site(url, profile):
        return "off-site"
    path = urlsplit(url).path
    if any(pattern.search(path) for pattern in profile.skip):
        return "skipped by the profile"
    return None


def _match_id(path: str, query: str, profile: SiteProfile) -> str | None:
    """The id in a path, or where the profile's patterns say so in path and query (`/view?id=7`)."""
    asked = f"{path}?{query}" if query and profile.query_tells else path
    for pattern in profile.article:
        found = pattern.search(asked) or (pattern.search(path) if asked is not path else None)
        if found:
            return found["id"]
    return None


_canonical = lru_cache(maxsize=5_000)(canonical)


@lru_cache(maxsize=1_000)
def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/"


def _is_tracking(key: str) -> bool:
    return key.startswith(_TRACKING_PREFIX) or key in _TRACKING
