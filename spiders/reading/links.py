"""A page's links that a walk might follow."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from spiders.reading.addresses import LONGEST, UrlKind, kind_of, needed, page_address, refusal
from spiders.reading.model import LinkKind, PageLink
from spiders.reading.profile import SiteProfile
from spiders.reading.tree import Document, Element, text_of
from spiders.reading.words import heading_key, squeeze, word_set

_MOST_LINKS = 5_000
_NUMBER = re.compile(r"\d{1,5}")
_ARROWS = word_set("› » → > >> ▶ ❯ ⟩")
_PAGE_PARAMETERS = word_set("page p pg paged offset start skip after cursor from before")
_PAGE_PATH = re.compile(r"/(?:page|p)[/-]?\d+/?$")


def links_of(document: Document, base: str, profile: SiteProfile) -> tuple[PageLink, ...]:
    """The links to pages of the site that may be asked, each address once, in document order.

    `base` resolves relative ones. Links elsewhere, to the page itself and to what the profile skips are left
    out.
    """
    found: dict[str, PageLink] = {}
    here = page_address(base, None, profile)
    here_list = None if here is None else _list_path(urlsplit(here).path)
    for element in document.links:
        href = element.get("href")
        if not href or href[0] == "#":
            continue
        rel = element.get("rel")
        if element.tag == "link" and not _turns(rel):
            continue
        target = _target(href, needed(href, base), profile) if len(href) <= LONGEST else None
        if target is None or target.address == here:
            continue
        address = target.address
        if address in found and found[address].kind != "page":
            continue
        link = _link(target, element, rel, here_list, profile)
        if link.kind != "page" or address not in found:
            found[address] = link
        if len(found) >= _MOST_LINKS:
            break
    return tuple(found.values())


class _Target(NamedTuple):
    """What an address alone tells of a link to it."""

    address: str
    kind: UrlKind
    list_path: str
    """Its path without the number of a page."""
    is_numbered: bool
    """Its path or query has the number of a page."""


# The same menu and the same cards stand on every page.
@lru_cache(maxsize=50_000)
def _target(href: str, base: str | None, profile: SiteProfile) -> _Target | None:
    """Where a link leads; None when that is no page of the site that may be asked."""
    address = page_address(href, base, profile)
    if address is None or refusal(address, profile) is not None:
        return None
    parts = urlsplit(address)
    list_path = _list_path(parts.path)
    is_numbered = list_path != parts.path or not _PAGE_PARAMETERS.isdisjoint(parse_qs(parts.query))
    return _Target(address, kind_of(address, profile), list_path, is_numbered)


def _list_path(path: str) -> str:
    return _PAGE_PATH.sub("", path)


@lru_cache(maxsize=50_000)
def _plain_link(address: str, rel: str | None, kind: LinkKind) -> PageLink:
    return PageLink(address, rel, kind)


def _link(
    target: _Target, element: Element, rel: str | None, here_list: str | None,
    profile: SiteProfile,
) -> PageLink:  # fmt: skip
    kind: LinkKind
    if target.kind == "article":
        kind = "article"
    elif _is_pagination(target, element, rel, here_list, profile):
        kind = "pagination"
    else:
        kind = "listing" if target.kind == "listing" else "page"
    return _plain_link(target.address, rel, kind)


def _turns(rel: str | None) -> bool:
    """Whether a link's relation is to the next or previous page."""
    return rel is not None and not {"next", "prev"}.isdisjoint(rel.lower().split())


def _is_pagination(
    target: _Target, element: Element, rel: str | None, here_list: str | None, profile: SiteProfile
) -> bool:
    """Whether a link leads to another page of the same list: by `rel`, by its words, or by its address."""
    if _turns(rel):
        return True
    same_list = target.list_path == here_list
    if not same_list and target.kind != "listing":
        return False
    if same_list and target.is_numbered:
        return True
    words = squeeze(text_of(element) or element.get("aria-label") or element.get("title") or "")
    return (
        bool(_NUMBER.fullmatch(words))
        or words in _ARROWS
        or profile.labels.get(heading_key(words)) == "older"
    )
