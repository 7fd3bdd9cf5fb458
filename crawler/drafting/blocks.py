"""The blocks of article pages, without what stands in their cards: what the guesses about parts go by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from crawler.drafting.model import SeenPage
from spiders.reading import read_page
from spiders.reading.addresses import article_id, page_address
from spiders.reading.cards import CardReader
from spiders.reading.dates import looks_like_date
from spiders.reading.model import IMAGE, Block
from spiders.reading.outline import Line
from spiders.reading.profile import SiteProfile
from spiders.reading.words import comparable, heading_key

LONGEST_HEADING = 80
_MOST_SHARE, _SHARE = 0.6, 0.3
_FAR = 8
"""Blocks between two links that stand in different lists."""
_CARDS = 2


def most(pages: int) -> int:
    """On how many pages something stands that all of them have, give or take."""
    return max(2, ceil(_MOST_SHARE * pages))


def some(pages: int) -> int:
    """On how many pages something stands that is part of what some articles have."""
    return max(2, ceil(_SHARE * pages))


@dataclass(frozen=True)
class ArticleBlocks:
    """One article page as its blocks."""

    page: SeenPage
    blocks: Sequence[Block]
    cards: frozenset[int]
    """Indexes of the blocks that make its cards."""
    cards_heading: Block | None
    """What stands before its cards."""
    titles: frozenset[str]
    """What links to articles say, in comparison form."""

    @property
    def own(self) -> list[Block]:
        """Blocks of text that are neither a card nor the page's frame."""
        return [
            block
            for block in self.blocks
            if block.index not in self.cards and not block.chrome and block.role is not IMAGE and block.text
        ]


def article_blocks(page: SeenPage, base: SiteProfile) -> ArticleBlocks:
    """A page's blocks; `base` is a profile that knows addresses, and no words."""
    blocks = read_page(page.body, profile=base, url=page.url, content_type=page.content_type).blocks
    own = article_id(page.url, base)
    linked = {
        block.index: target
        for block in blocks
        if block.href
        and (target := article_id(page_address(block.href, page.url, base), base)) not in (None, own)
    }
    titles = frozenset(comparable(blocks[index].text) for index in linked if blocks[index].text)
    cards: set[int] = set()
    heading = None
    for cluster in _clusters(sorted(linked)):
        if len({linked[index] for index in cluster}) < _CARDS:
            continue
        cards |= _card_blocks(blocks, cluster, page.url, base, own)
        heading = heading or _before(blocks, min(cluster), titles)
    return ArticleBlocks(page, blocks, frozenset(cards), heading, titles)


def _clusters(indexes: Sequence[int]) -> list[list[int]]:
    found: list[list[int]] = []
    for index in indexes:
        if found and index - found[-1][-1] <= _FAR:
            found[-1].append(index)
        else:
            found.append([index])
    return found


def _card_blocks(
    blocks: Sequence[Block], cluster: Sequence[int], url: str, base: SiteProfile, own: str | None
) -> set[int]:
    """The blocks that a reader of cards takes for a card's, and the links themselves."""
    lines = [
        Line(block, block.text, block.parts, None, block.href)
        for block in blocks[cluster[0] : cluster[-1] + 3]
    ]
    taken = set(cluster)
    CardReader(base, url, lambda line, _: taken.add(line.block.index)).read(lines, own)
    return taken


def _before(blocks: Sequence[Block], first: int, titles: frozenset[str]) -> Block | None:
    """The nearest short text before a list that is neither a date nor a card's title."""
    for block in reversed(blocks[max(0, first - _FAR) : first]):
        if block.role is IMAGE or block.href or looks_like_date(block.text):
            continue
        if len(block.text) > LONGEST_HEADING:
            return None
        if heading_key(block.text) and comparable(block.text) not in titles:
            return block
    return None


def usual(texts: Sequence[str]) -> str:
    """The spelling that is met most often; of equals the first in order of characters."""
    return min(Counter(texts).items(), key=lambda entry: (-entry[1], entry[0]))[0]
