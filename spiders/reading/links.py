"""A page's links that a walk might follow."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import parse_qs, urlsplit

from spiders.reading.addresses import UrlKind, kind_of, page_address, refusal
from spiders.reading.model import PageLink
from spiders.reading.profile import SiteProfile
from spiders.reading.tree import Element, text_of
from spiders.reading.words import heading_key, squeeze, word_set

_MOST_LINKS = 5_000
_NUMBER = re.compile(r"\d{1,5}")
_ARROWS = word_set("› » → > >> ▶ ❯ ⟩")
_PAGE_PARAMETERS = word_set("page p pg paged offset start skip after cursor from before")
_PAGE_PATH = re.compile(r"/(?:page|p)[/-]?\d+/?$")


def links_of(root: Element, base: str, profile: SiteProfile) -> tuple[PageLink, ...]:
    """The links to pages of the site that may be asked, each address once, in document order.

    `base` resolves relative ones. Links elsewhere, to the page itself and to what the profile skips are left
    out.
    """
    found: dict[str, PageLink] = {}
    here = page_address(base, None, profile)
    for element in root.iter("a", "area", "link"):
        href = element.get("href")
        rel = element.get("rel")
        if not href or href.startswith("#") or (element.tag == "link" and not _turns(rel)):
            continue
        address = page_address(href, base, profile)
        if address is None or address == here or (address in found and found[address].kind != "page"):
            continue
        refused, kind = _looked_up(address, profile)
        if refused:
            continue
        link = _link(address, kind, element, rel, here, profile)
        if link.kind != "page" or address not in found:
            found[address] = link
        if len(found) >= _MOST_LINKS:
            break
    return tuple(found.values())


@lru_cache(maxsize=50_000)
def _looked_up(address: str, profile: SiteProfile) -> tuple[bool, UrlKind]:
    return refusal(address, profile) is not None, kind_of(address, profile)


@lru_cache(maxsize=10_000)
def _list_path(address: str) -> str:
    """The path of a list without the number of its page."""
    return _PAGE_PATH.sub("", urlsplit(address).path)


def _link(
    address: str, kind: UrlKind, element: Element, rel: str | None, here: str | None, profile: SiteProfile
) -> PageLink:
    if kind == "article":
        return PageLink(address, rel, "article")
    if _is_pagination(address, element, rel, here, profile):
        return PageLink(address, rel, "pagination")
    return PageLink(address, rel, "listing" if kind == "listing" else "page")


def _turns(rel: str | None) -> bool:
    """Whether a link's relation is to the next or previous page."""
    return rel is not None and not {"next", "prev"}.isdisjoint(rel.lower().split())


def _is_pagination(
    address: str, element: Element, rel: str | None, here: str | None, profile: SiteProfile
) -> bool:
    """Whether a link leads to another page of the same list: by `rel`, by its words, or by its address."""
    if _turns(rel):
        return True
    same_path = here is not None and _list_path(address) == _list_path(here)
    if not same_path and _looked_up(address, profile)[1] != "listing":
        return False
    parts = urlsplit(address)
    if same_path and (_PAGE_PARAMETERS & parse_qs(parts.query).keys() or _PAGE_PATH.search(parts.path)):
        return True
    words = squeeze(text_of(element) or element.get("aria-label") or element.get("title") or "")
    return (
        bool(_NUMBER.fullmatch(words))
        or words in _ARROWS
        or profile.labels.get(heading_key(words)) == "older"
    )
