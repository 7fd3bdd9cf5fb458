"""Telling pages that stand in an article's place: "page not found" with status 200, login and consent walls,
bot challenges, maintenance pages, and shells that only a browser would fill.

By words first, as everything here; by markup only where words can't tell. A page that has all of an article's
own parts is that article whatever else stands on it, unless its very heading says otherwise. A site's own
words go into its profile's `[obstacles]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from spiders.reading.addresses import UrlKind, article_id, kind_of, on_site
from spiders.reading.model import IMAGE, Block, Obstacle
from spiders.reading.obstacle_words import (
    CHALLENGE_HEADERS,
    CHALLENGE_MARKS,
    HEADLINES,
    LOADING,
    LOGIN_PATH,
    MISSING_PATH,
    NOTICES,
    SCRIPTED,
    WIDGETS,
)
from spiders.reading.profile import SiteProfile
from spiders.reading.tree import Element
from spiders.reading.words import comparable

_LONGEST_HEADLINE = 100
_LONGEST_NOTICE = 300
_LITTLE_TEXT = 1_200
"""Characters of text outside links and page frame: with more a page says something of its own, and a notice
on it is only a notice."""
_SHELL_TEXT = 60
_MOST_BLOCKS = 400
_SEPARATOR = re.compile(r"\s+[|·–—\-:»]\s+|:\s+")
_ROUND_IT = re.compile(
    r"^(?:(?:oops|sorry|uh[- ]?oh|whoops|error|http|status)\b[\s,.!:–-]*)+|[\s.!:…-]+$|^[^\w]+"
)


@dataclass(frozen=True, slots=True)
class Sighting:
    """What stands in an article's place, and by what it was told."""

    obstacle: Obstacle
    why: str

    @property
    def reason(self) -> str:
        """One line for the URL table."""
        return f"{self.obstacle}: {self.why}"


def instead_of_page(
    root: Element, blocks: Sequence[Block], titles: Iterable[str], profile: SiteProfile
) -> Sighting | None:
    """What a page without any of an article's own parts is in truth; None when it may be any page.

    `titles` are what the page's head calls it.
    """
    shown = [block for block in blocks[:_MOST_BLOCKS] if not block.hidden and block.text]
    little = _says_little(blocks)
    sighting = _own_words(shown, titles, profile)
    if sighting is None:
        sighting = _by_headline(_headlines(shown, titles), little)
    if sighting is None and little:
        sighting = _by_marks(root) or _shell(root, shown) or _by_notice(shown) or _by_form(root, blocks)
    return sighting


def instead_of_article(
    blocks: Sequence[Block], start: int, parts: int, titles: Sequence[str], profile: SiteProfile
) -> Sighting | None:
    """What stands in the place of an article of which there are some parts; None when it is the article.

    `start` is the index of the block that heads the first part; `parts` how many of takeaway and sections are
    there. With most of them there only a heading that says otherwise counts; with few also a notice that the
    rest is for members.
    """
    before = [block for block in blocks[:start] if block.level == 1 and not block.hidden and block.text]
    whole = 1 + len(profile.section_order)
    first = titles[:1] if parts < whole else ()
    sighting = _by_headline([*(block.text for block in before), *first], little=False)
    if sighting is not None or 2 * parts > whole:
        return sighting
    shown = [block for block in blocks[start : start + _MOST_BLOCKS] if not block.hidden and block.text]
    for block in shown:
        if len(block.text) <= _LONGEST_NOTICE and NOTICES[Obstacle.LOGIN].search(comparable(block.text)):
            return Sighting(Obstacle.LOGIN, f"the article breaks off at {_quoted(block.text)}")
    return None


def challenge_in_answer(body: bytes, headers: Iterable[tuple[str, str]]) -> Sighting | None:
    """A bot challenge in an answer that is no page (403, 429, 503, …); None when there is none in it.

    `body` is the entity after content decoding.
    """
    for name, value in headers:
        known = CHALLENGE_HEADERS.get(name.lower())
        if known is not None and known.search(value.lower()):
            return Sighting(Obstacle.CHALLENGE, f"header {name.lower()}")
    found = _mark_in(body[:200_000].decode("utf-8", "replace").lower())
    return None if found is None else Sighting(Obstacle.CHALLENGE, f"{found} in its markup")


def led_away(asked: str, target: str, kind: UrlKind, profile: SiteProfile) -> Sighting | None:
    """What a redirect from `asked` (canonical, taken for a `kind`) says in the place of a status of its own.

    An article that leads to the front page or a listing is as good as not found, one that leads to a login is
    for members. None when the target may be the page.
    """
    if kind != "article" or article_id(target, profile) is not None:
        return None
    path = urlsplit(target).path
    if LOGIN_PATH.search(path):
        return Sighting(Obstacle.LOGIN, f"redirects to {path}")
    if on_site(target, profile) and (path == "/" or kind_of(target, profile) == "listing"):
        return Sighting(Obstacle.SOFT_404, f"redirects to {path}")
    return Sighting(Obstacle.SOFT_404, f"redirects to {path}") if MISSING_PATH.search(path) else None


def _says_little(blocks: Sequence[Block]) -> bool:
    length = 0
    for block in blocks:
        if not (block.hidden or block.chrome or block.href) and block.role is not IMAGE:
            length += len(block.text)
            if length > _LITTLE_TEXT:
                return False
    return True


def _headlines(shown: Sequence[Block], titles: Iterable[str]) -> Iterator[str]:
    yield from titles
    yield from (block.text for block in shown if block.level in (1, 2))
    texts = [block for block in shown if not block.chrome and not block.href and block.level is None]
    yield from (block.text for block in texts[:3])


def _by_headline(headlines: Iterable[str], little: bool) -> Sighting | None:
    for headline in headlines:
        if len(headline) > _LONGEST_HEADLINE:
            continue
        for obstacle, pattern in HEADLINES.items():
            if obstacle is Obstacle.CONSENT and not little:
                continue  # a banner's heading stands on many a page that is there
            if any(pattern.fullmatch(text) for text in _trimmed(headline)):
                return Sighting(obstacle, f"its heading is {_quoted(headline)}")
    return None


@lru_cache(maxsize=5_000)
def _trimmed(headline: str) -> tuple[str, ...]:
    """A headline in comparison form, whole and without the site's name before or behind it."""
    text = comparable(headline)
    pieces = [text, *(_SEPARATOR.split(text) if _SEPARATOR.search(text) else ())]
    found = dict.fromkeys(_ROUND_IT.sub("", _ROUND_IT.sub("", piece)) for piece in pieces)
    return tuple(piece for piece in found if piece)


def _own_words(shown: Sequence[Block], titles: Iterable[str], profile: SiteProfile) -> Sighting | None:
    """By the words that the profile gives."""
    if not profile.obstacles:
        return None
    texts = [*titles, *(block.text for block in shown if len(block.text) <= _LONGEST_NOTICE)]
    for text in texts:
        key = comparable(text)
        for words, name in profile.obstacles.items():
            if words in key:
                return Sighting(Obstacle[name.upper()], f"it says {_quoted(text)}")
    return None


def _by_notice(shown: Sequence[Block]) -> Sighting | None:
    keys = [(block.text, comparable(block.text)) for block in shown if len(block.text) <= _LONGEST_NOTICE]
    for obstacle, pattern in NOTICES.items():
        for text, key in keys:
            if pattern.search(key):
                return Sighting(obstacle, f"it says {_quoted(text)}")
    return None


def _by_form(root: Element, blocks: Sequence[Block]) -> Sighting | None:
    """A form that asks for a password on a page with next to no text outside it."""
    outside = sum(len(block.text) for block in blocks if not (block.hidden or block.chrome or block.href))
    if outside <= _LONGEST_NOTICE and root.find(".//input[@type='password']") is not None:
        return Sighting(Obstacle.LOGIN, "it asks for a password and says nothing else")
    return None


def _by_marks(root: Element) -> Sighting | None:
    to_fill_in = root.find(".//textarea") is not None or any(
        element.get("type", "text") in ("text", "email", "password", "tel") for element in root.iter("input")
    )
    for element in root.iter("script", "iframe", "form", "div", "input"):
        values = " ".join(element.values()).lower()
        if element.tag == "script" and element.text:
            values = f"{values} {element.text[:5_000].lower()}"
        found = _mark_in(values) if values else None
        if found is not None and not (to_fill_in and found in WIDGETS):
            return Sighting(Obstacle.CHALLENGE, f"{found} in its markup")
    return None


def _mark_in(text: str) -> str | None:
    """Whose challenge a text in small letters belongs to."""
    return next((name for name, pattern in CHALLENGE_MARKS if pattern.search(text)), None)


def _shell(root: Element, shown: Sequence[Block]) -> Sighting | None:
    """Scripts, and no text but what says that it is loading."""
    if root.find(".//script") is None:
        return None
    texts = [block.text for block in shown if block.role is not IMAGE and not (block.chrome or block.href)]
    told = next((text for text in _noscripts(root) if SCRIPTED.search(comparable(text))), None)
    rest = [text for text in texts if not LOADING.fullmatch(comparable(text))]
    rest = [text for text in rest if not (len(text) <= _LONGEST_NOTICE and SCRIPTED.search(comparable(text)))]
    if not rest or (told is not None and sum(map(len, rest)) <= _SHELL_TEXT):
        why = "scripts and no text"
        said = next((text for text in texts if text not in rest), told)
        return Sighting(Obstacle.SHELL, f"{why}; it says {_quoted(said)}" if said else why)
    return None


def _noscripts(root: Element) -> Iterator[str]:
    for element in root.iter("noscript"):
        yield " ".join("".join(element.itertext()).split())[:_LONGEST_NOTICE]


def _quoted(text: str) -> str:
    return f"“{text[:80]}{'…' if len(text) > 80 else ''}”"
