"""Which addresses are articles', which are lists', and the patterns that say so: by how they are alike."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from crawler.drafting.model import Guess, SeenLink

FEWEST = 2
"""Addresses that make a family."""
_FEWEST_WORDS = 3
_ENDING = re.compile(r"\.[a-z]{3,5}$")
_PAGE_BEHIND = re.compile(r"\W*(?:[a-z]+\W*)?\d+(?:\.[a-z]+)?/?$", re.I)
_ARROWS = re.compile(r"[\W\d_]*$")


class Shape(NamedTuple):
    """How an address is made: addresses of one family have the same."""

    host: str
    folders: tuple[str, ...]
    """Numbers as `#`."""
    ending: str
    """`.html`; "" without, or where a name in the path leads to a query."""
    name: str
    """The path's last name where a query follows; "" elsewhere."""
    keys: tuple[str, ...]
    """Of the query."""


def shape_of(url: str) -> Shape:
    """An address's shape."""
    parts = urlsplit(url)
    segments = [segment for segment in parts.path.split("/") if segment]
    folders = tuple("#" if segment.isdigit() else segment for segment in segments[:-1])
    last = segments[-1] if segments else ""
    keys = tuple(sorted({key for key, _ in parse_qsl(parts.query, keep_blank_values=True)}))
    ending = _ENDING.search(last)
    if keys:
        return Shape(parts.netloc, folders, "", last, keys)
    return Shape(parts.netloc, folders, ending[0] if ending else "", "", ())


def family(links: Iterable[SeenLink], host: str) -> tuple[str, ...]:
    """The addresses that most look like articles: the largest family whose links are worded like titles.

    A link without words counts by its address, as a sitemap's do: `some-long-title`, or where no link is like
    that, one with a number. Empty without any.
    """
    words: dict[str, str] = {}
    for link in links:
        if urlsplit(link.url).netloc == host:
            words[link.url] = max(words.get(link.url, ""), link.words, key=len)
    titled = [url for url, said in words.items() if _is_titled(url, said)]
    numbered = [url for url, said in words.items() if not said and re.search(r"\d", asked_for(url))]
    return _largest(titled) or _largest(numbered)


def _largest(addresses: Iterable[str]) -> tuple[str, ...]:
    families: dict[Shape, list[str]] = {}
    for url in addresses:
        families.setdefault(shape_of(url), []).append(url)
    best = max(families.values(), key=len, default=[])
    return tuple(best) if len(best) >= FEWEST else ()


def _is_titled(url: str, words: str) -> bool:
    if words:
        return len(words.split()) >= _FEWEST_WORDS and any(map(str.isalpha, words))
    last = urlsplit(url).path.rstrip("/").rsplit("/", 1)[-1]
    return last.count("-") >= _FEWEST_WORDS - 1 or last.count("_") >= _FEWEST_WORDS - 1


def article_pattern(addresses: Sequence[str]) -> Guess:
    """A regular expression for a family's paths, with a group `id` that differs in all of them.

    The guess counts the addresses that the pattern tells apart.
    """
    shape = shape_of(addresses[0])
    folders = "/".join(r"\d+" if folder == "#" else re.escape(folder) for folder in shape.folders)
    lead = f"^/{folders}/" if folders else "^/"
    tried = [_counted(pattern, addresses) for pattern in _patterns(shape, lead, addresses)]
    return max(tried, key=lambda guess: guess.pages)  # the first of equals, which is the most exact


def _patterns(shape: Shape, lead: str, addresses: Sequence[str]) -> Iterable[str]:
    if shape.keys:
        for key in shape.keys:
            values = [
                value for url in addresses for name, value in parse_qsl(urlsplit(url).query) if name == key
            ]
            form = r"\d+" if all(value.isdigit() for value in values) else r"[^&#]+"
            before, behind = ("(?:[^#]*&)?", "(?:&|$)") if len(shape.keys) > 1 else ("", "$")
            yield rf"{lead}{re.escape(shape.name)}\?{before}{re.escape(key)}=(?P<id>{form}){behind}"
        return
    ending = re.escape(shape.ending)
    names = [
        urlsplit(url).path.rstrip("/").rsplit("/", 1)[-1].removesuffix(shape.ending) for url in addresses
    ]
    tails = [name.rpartition("-")[2] for name in names]
    yield rf"{lead}(?P<id>\d+){ending}$"
    if len({len(tail) for tail in tails}) == 1 and _are_codes(tails):
        yield rf"{lead}(?:[^/?#]*-)?(?P<id>[A-Za-z0-9]{{{len(tails[0])}}}){ending}$"
    yield rf"{lead}(?:[^/?#]*-)?(?P<id>\d{{3,}}){ending}$"
    yield rf"{lead}(?P<id>\d+)-[^/?#]*{ending}$"
    if shape.folders and shape.folders[-1] == "#":
        before = lead.removesuffix(r"\d+/")
        yield rf"{before}(?P<id>\d+)/[^/?#]+{ending}$"
    yield rf"{lead}(?P<id>[^/?#]*-[^/?#]*){ending}$"
    yield rf"{lead}(?P<id>[^/?#]+){ending}$"


def _are_codes(tails: Sequence[str]) -> bool:
    """Whether the last pieces of names are no words: digits or capitals inside most of them."""
    if not all(tail.isascii() and tail.isalnum() and 4 <= len(tail) <= 16 for tail in tails):
        return False
    odd = sum(any(map(str.isdigit, tail)) or tail[1:] != tail[1:].lower() for tail in tails)
    return 2 * odd > len(tails)


def _counted(pattern: str, addresses: Sequence[str]) -> Guess:
    found = [re.search(pattern, asked_for(url)) for url in addresses]
    ids = {match["id"] for match in found if match}
    return Guess(pattern, len(ids), len(addresses))


def asked_for(url: str) -> str:
    """An address's path, with its query where it has one; no slash behind a name."""
    parts = urlsplit(url)
    path = parts.path if len(parts.path) == 1 else parts.path.rstrip("/")
    return f"{path}?{parts.query}" if parts.query else path


def listing_patterns(listing: str | None, turns: Iterable[str]) -> tuple[str, ...]:
    """Regular expressions for a list's path and for those of its other pages, numbers as `\\d+`."""
    paths = [urlsplit(url).path for url in chain([listing] if listing else [], turns)]
    made = [re.sub(r"\d+", r"\\d+", re.escape(path.rstrip("/"))) + "/?" for path in paths if path != "/"]
    return tuple(f"^{path}$" for path in dict.fromkeys(made))


def other_pages(listing: str, links: Sequence[SeenLink], articles: Iterable[str]) -> Mapping[str, str]:
    """Addresses of a list's other pages -> the words that lead there; told by `rel`, or by a number."""
    known = set(articles)
    stem = _ENDING.sub("", listing.rstrip("/"))
    found: dict[str, str] = {}
    for link in links:
        if link.url in known or link.url == listing:
            continue
        turns = not {"next", "prev"}.isdisjoint(link.rel.split())
        behind = link.url.removeprefix(listing.rstrip("/"))
        if behind == link.url:
            behind = link.url.removeprefix(stem)
        if turns or (behind != link.url and _PAGE_BEHIND.match(behind)):
            found[link.url] = found.get(link.url) or ("" if _ARROWS.fullmatch(link.words) else link.words)
    return found
