"""Sitemaps as sitemaps.org describes them: XML (`urlset`, `sitemapindex`), gzip, plain lists of addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

from lxml import etree

from spiders.page import Found, FoundVia, UrlKind
from spiders.reading import addresses
from spiders.reading.profile import SiteProfile

MAX_BYTES = 50 * 1024 * 1024
"""Uncompressed; the protocol's own limit for one file."""
MAX_ENTRIES = 50_000
"""Entries of one file; the protocol's own limit."""
MAX_DEPTH = 5
"""Clicks from robots.txt (depth 0). The protocol knows one level of index; sites nest two at most."""

MOST_RATIO = 200
"""Bytes out of a gzip file for each byte in it: addresses pack by some twenty."""

_FREE_OF_RATIO = 2**20
_GZIP = b"\x1f\x8b"
_ROOT = re.compile(rb"<(?:[\w.-]+:)?(?:urlset|sitemapindex)\b")
_ROOT_END = re.compile(
    rb"</(?:[\w.-]+:)?(?:urlset|sitemapindex)\s*>|<(?:[\w.-]+:)?(?:urlset|sitemapindex)\b[^>]*/>"
)
_LOC = re.compile(rb"<(?:[\w.-]+:)?loc\b")
_LOC_END = re.compile(rb"</(?:[\w.-]+:)?loc\s*>")
_TAG = re.compile(rb"<\s*([!?\w:-]+)")


@dataclass(frozen=True, slots=True)
class SitemapReading:
    """What a sitemap says."""

    found: tuple[Found, ...]
    fault: str | None
    """Why it is none, or where it stops being one; None when it was read to its end."""


def read_sitemap(body: bytes, *, url: str, depth: int, profile: SiteProfile) -> SitemapReading:
    """Every address a sitemap names, refused ones with the reason; never raises on odd bytes.

    `url` is the sitemap's own address, against which entries are resolved; `depth` is how deep it was found.
    """
    from scrapy.utils.gz import gunzip  # here, since reading captures again does without Scrapy

    entries: list[Found] = []
    try:
        text = gunzip(body, max_size=_most_unpacked(body)) if body.startswith(_GZIP) else body
        fault = _fault(text)
        if fault is None:
            for found in _entries(text, url, depth, profile):
                if len(entries) >= MAX_ENTRIES:
                    fault = f"more than {MAX_ENTRIES} entries"
                    break
                entries.append(found)
            else:
                if _is_torn(text):
                    fault = "cut off before its end"
                    if len(_LOC.findall(text)) > len(_LOC_END.findall(text)):
                        del entries[-1:]  # an address cut in the middle is another address
                elif not entries and not _ROOT.search(text[:4096]):
                    fault = "no address in it"
    except (OSError, EOFError, etree.XMLSyntaxError, ValueError, StopIteration) as error:
        fault = f"broken sitemap: {error or type(error).__name__}"
    except Exception as error:  # scrapy's size limit has a private exception class
        fault = f"broken sitemap: {type(error).__name__.strip('_')}"
    return SitemapReading(tuple(dict.fromkeys(entries)), fault)


def _most_unpacked(body: bytes) -> int:
    return min(MAX_BYTES, max(_FREE_OF_RATIO, MOST_RATIO * len(body)))


def robots_sitemaps(body: bytes, *, url: str, profile: SiteProfile) -> tuple[Found, ...]:
    """The sitemaps that a robots.txt names (RFC 9309 §2.2.4: other records)."""
    from scrapy.utils.sitemap import sitemap_urls_from_robots

    return tuple(
        dict.fromkeys(
            found
            for found in (
                found_at(target, url, "robots", profile, kind="sitemap")
                for target in sitemap_urls_from_robots(body, base_url=url)
            )
            if found is not None
        )
    )


def found_at(
    target: str,
    base: str | None,
    via: FoundVia,
    profile: SiteProfile,
    *,
    kind: UrlKind | None = None,
    lastmod: str | None = None,
    refused: str | None = None,
) -> Found | None:
    """An address as somebody told it, made canonical and judged; None when it is no http(s) address."""
    try:
        absolute = urljoin(base, target.strip()) if base else target.strip()
    except ValueError:
        return None
    address = addresses.page_address(absolute, base, profile)
    if address is None:
        return None
    return Found(
        url=address,
        via=via,
        kind=kind or addresses.kind_of(address, profile),
        lastmod=lastmod,
        refused=addresses.refusal(address, profile) or refused,
    )


def _entries(text: bytes, url: str, depth: int, profile: SiteProfile) -> Iterator[Found]:
    for target, lastmod, is_index in _locations(text):
        if not target:  # it would stand for the sitemap itself
            continue
        nested_too_deep = is_index and depth >= MAX_DEPTH
        found = found_at(
            target,
            url,
            "sitemap",
            profile,
            kind="sitemap" if is_index else None,
            lastmod=lastmod,
            refused="sitemaps nested too deep" if nested_too_deep else None,
        )
        if found is not None:
            yield found


def _locations(text: bytes) -> Iterable[tuple[str, str | None, bool]]:
    from scrapy.utils.sitemap import Sitemap

    if not text.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        for line in text.decode("utf-8-sig", "replace").splitlines():
            if line.strip().lower().startswith(("http://", "https://")):
                yield line.strip(), None, False
        return
    sitemap = Sitemap(text.lstrip())
    for entry in sitemap:
        yield entry.get("loc", ""), entry.get("lastmod") or None, sitemap.type == "sitemapindex"


def _fault(text: bytes) -> str | None:
    """Why a body can't be a sitemap, told by its first element; None when it may be one."""
    if not text.strip():
        return "empty"
    for tag in _TAG.findall(text[:4096]):
        name = tag.rpartition(b":")[2].lower()
        if name in (b"urlset", b"sitemapindex"):
            return None
        if not name.startswith((b"?", b"!")):
            return f"not a sitemap: its first element is <{name.decode('ascii', 'replace')}>"
    return None


def _is_torn(text: bytes) -> bool:
    """Whether an XML sitemap lacks its end tag."""
    return bool(_ROOT.search(text[:4096])) and not _ROOT_END.search(text[-4096:])
