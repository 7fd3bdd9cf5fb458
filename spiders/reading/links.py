"""A page's links that a walk might follow."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from spiders.reading.addresses import LONGEST, kind_of, needed, page_address, refusal
from spiders.reading.model import PageLink
from spiders.reading.profile import SiteProfile
from spiders.reading.tree import Document, text_of
from spiders.reading.walked import Noted
from spiders.reading.words import heading_key, squeeze, word_set

_MOST_LINKS = 5_000
_LINKS = frozenset(("a", "area", "link"))
_NUMBER = re.compile(r"\d{1,5}")
_ARROWS = word_set("› » → > >> ▶ ❯ ⟩")
_PAGE_PARAMETERS = word_set("page p pg paged offset start skip after cursor from before")
_PAGE_PATH = re.compile(r"/(?:page|p)[/-]?\d+/?$")


def links_of(
    noted: Iterable[Noted], document: Document, base: str, profile: SiteProfile
) -> tuple[PageLink, ...]:
    """The links to pages of the site that may be asked, each address once, in document order.

    `noted` are the tags among which they are, `base` resolves relative ones. Links elsewhere, to the page
    itself and to what the profile skips are left out.
    """
    found: dict[str, PageLink] = {}
    here = page_address(base, None, profile)
    here_list = None if here is None else _list_path(urlsplit(here).path)
    for one in noted:
        said = one.said
        if said.tag not in _LINKS:
            continue
        get = said.attributes.get
        href, rel = get("href"), get("rel")
        if not href or href[0] == "#" or len(href) > LONGEST or (said.tag == "link" and not _turns(rel)):
            continue
        target = _target(href, rel, needed(href, base), profile)
        if target is None or target.address == here:
            continue
        known = found.get(target.address)
        if known is not None and known.kind != "page":
            continue
        link = target.link
        if link.kind != "article" and (
            link.kind == "listing" or target.list_path == here_list or target.turns
        ):
            link = _judged(target, one, here_list, document, profile)
        if known is None or link.kind != "page":
            found[target.address] = link
        if len(found) >= _MOST_LINKS:
            break
    return tuple(found.values())


class _Target(NamedTuple):
    """What an address and a relation alone tell of a link."""

    address: str
    link: PageLink
    """As it is unless it leads to another page of a list."""
    list_path: str
    """Its path without the number of a page."""
    is_numbered: bool
    """Its path or query has the number of a page."""
    turns: bool
    """Its relation is to the next or previous page."""


# The same menu and the same cards stand on every page.
@lru_cache(maxsize=5_000)
def _target(href: str, rel: str | None, base: str | None, profile: SiteProfile) -> _Target | None:
    """Where a link leads; None when that is no page of the site that may be asked."""
    address = page_address(href, base, profile)
    if address is None or refusal(address, profile) is not None:
        return None
    parts = urlsplit(address)
    list_path = _list_path(parts.path)
    is_numbered = list_path != parts.path or not _PAGE_PARAMETERS.isdisjoint(parse_qs(parts.query))
    kind = kind_of(address, profile)
    link = PageLink(address, rel, kind if kind == "article" or kind == "listing" else "page")
    return _Target(address, link, list_path, is_numbered, _turns(rel))


def _list_path(path: str) -> str:
    return _PAGE_PATH.sub("", path)


def _judged(
    target: _Target, one: Noted, here_list: str | None, document: Document, profile: SiteProfile
) -> PageLink:
    """A link as what it is, where that depends on more than its address."""
    turns = _is_pagination(target, one, here_list, document, profile)
    return replace(target.link, kind="pagination") if turns else target.link


def _turns(rel: str | None) -> bool:
    """Whether a link's relation is to the next or previous page."""
    return rel is not None and not {"next", "prev"}.isdisjoint(rel.lower().split())


def _is_pagination(
    target: _Target, one: Noted, here_list: str | None, document: Document, profile: SiteProfile
) -> bool:
    """Whether a link leads to another page of the same list: by `rel`, by its words, or by its address."""
    if target.turns:
        return True
    same_list = target.list_path == here_list
    if not same_list and target.link.kind != "listing":
        return False
    if same_list and target.is_numbered:
        return True
    attributes = one.said.attributes
    words = _text(one, document) or attributes.get("aria-label") or attributes.get("title") or ""
    is_page_name = _is_page_name if len(words) <= _LONGEST_WORDS else _is_page_name.__wrapped__
    return is_page_name(words, profile)


_LONGEST_WORDS = 100


@lru_cache(maxsize=5_000)
def _is_page_name(words: str, profile: SiteProfile) -> bool:
    """Whether a link's words say that it leads to another page of a list."""
    words = squeeze(words)
    return (
        bool(_NUMBER.fullmatch(words))
        or words in _ARROWS
        or profile.labels.get(heading_key(words)) == "older"
    )


_MOST_TAGS = 20
"""Of a link that holds little; one that holds more is left to lxml, which looks at all of it in C."""


def _text(one: Noted, document: Document) -> str:
    """The text in a link."""
    said, tags = one.said, one.flat.tags
    if said.is_empty:
        return ""
    end, begin = f"/{said.tag}", f"{said.tag} "
    for at in range(one.at + 1, one.at + _MOST_TAGS):
        if tags[at] == end:
            return "".join(one.flat.texts[one.at : at])
        if tags[at].startswith(begin):
            break
    return text_of(document.elements[one.ordinal - 1])
