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
        match = _in(line.text, article.profile.reading_time) if len(line.text) <= _SHORT_TEXT else None
        if match:
            article.ledger.take(line, "reading time")
            minutes = next(filter(None, match.groups()))
            article.ledger.won("reading_minutes", minutes, "label", line)
            return int(minutes)
    article.missing("reading_minutes", can_show=article.has_own_parts())
    return None


def _in(text: str, own_words: re.Pattern[str] | None) -> re.Match[str] | None:
    """The reading time in a text, in English or in the profile's own words."""
    return READING_TIME.search(text) or (own_words.search(text) if own_words is not None else None)


def without_reading_time(title: str) -> str:
    """A title without the reading time that stands in the same heading, in small print."""
    match = READING_TIME.search(title)
    if match is None or match.end() < len(title):
        return title
    return title[: match.start()].rstrip(" ·•|–—-()") or title
