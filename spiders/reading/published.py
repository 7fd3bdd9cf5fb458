"""The article's own date."""

from __future__ import annotations

from spiders.reading.article_context import ArticleContext
from spiders.reading.dates import looks_like_date, read_date
from spiders.reading.model import PartialDate, Reason


def read_published(article: ArticleContext) -> PartialDate | None:
    """The article's own date, where the page shows or claims one; never a card's."""
    for line in article.outline.lines[: article.outline.start]:
        if line.block.chrome or not (looks_like_date(line.text) or line.block.datetime):
            continue
        printed = read_date(line.text, article.profile.date_order)
        if printed.iso is None and line.block.datetime:
            printed = read_date(line.block.datetime, article.profile.date_order)
        if printed.iso:
            article.ledger.take(line, "published")
            article.ledger.won("published", printed.raw, "time" if line.block.datetime else "shown", line)
            return printed
    raw = article.claimed_text("published")
    date = read_date(raw, article.profile.date_order) if raw else None
    if date is not None and date.iso:
        return date
    if date is not None:
        article.ledger.absent("published", Reason.UNREADABLE, f"not a date: {date.raw}")
    else:
        article.missing("published", "the page does not show its own date; cards may")
    return None
