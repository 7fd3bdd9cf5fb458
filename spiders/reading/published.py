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
    order = article.profile.date_order
    raw = article.claimed_text("published", lambda text: text if read_date(text, order).iso else None)
    if raw is not None:
        return read_date(raw, order)
    claims = article.claims("published")
    if claims:
        article.ledger.absent("published", Reason.UNREADABLE, f"not a date: {str(claims[0].value)[:100]}")
    else:
        article.missing("published", "the page does not show its own date; cards may")
    return None
