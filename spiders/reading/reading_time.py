"""The reading time that a page prints: `4 min read`."""

from __future__ import annotations

import re

from spiders.reading.article_context import ArticleContext

READING_TIME = re.compile(
    r"(\d{1,3})\s*[-‑]?\s*min(?:ute)?s?\.?\s*(?:to\s+)?read\b|read(?:ing)?\s+time\s*:?\s*(\d{1,3})\s*min",
    re.I,
)
_SHORT_TEXT = 80


def read_minutes(article: ArticleContext) -> int | None:
    """The reading time in minutes, as printed; None without one."""
    for line in article.article_area:
        match = READING_TIME.search(line.text) if len(line.text) <= _SHORT_TEXT else None
        if match:
            article.ledger.take(line, "reading time")
            article.ledger.won("reading_minutes", match[1] or match[2], "label", line)
            return int(match[1] or match[2])
    article.missing("reading_minutes", can_show=article.has_own_parts())
    return None


def without_reading_time(title: str) -> str:
    """A title without the reading time that stands in the same heading, in small print."""
    match = READING_TIME.search(title)
    if match is None or match.end() < len(title):
        return title
    return title[: match.start()].rstrip(" ·•|–—-()") or title
