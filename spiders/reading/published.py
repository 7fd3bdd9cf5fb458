"""The article's own date."""

from __future__ import annotations

from collections.abc import Iterator

from spiders.reading.article_context import ArticleContext
from spiders.reading.dates import looks_like_date, read_date
from spiders.reading.model import PartialDate, Reason
from spiders.reading.tree import text_of
from spiders.reading.words import squeeze


def read_published(article: ArticleContext) -> PartialDate | None:
    """The article's own date, where the page shows or claims one; never a card's."""
    order, languages = article.profile.date_order, article.profile.date_languages
    for text in _selected(article):
        printed = read_date(text, order, languages)
        if printed.iso:
            article.ledger.won("published", text, "selector", where=article.profile.selectors["published"])
            return printed
    for line in article.outline.lines[: article.outline.start]:
        if line.block.chrome or not (looks_like_date(line.text) or line.block.datetime):
            continue
        printed = read_date(line.text, order, languages)
        if printed.iso is None and line.block.datetime:
            printed = read_date(line.block.datetime, order)
        if printed.iso:
            article.ledger.take(line, "published")
            article.ledger.won("published", printed.raw, "time" if line.block.datetime else "shown", line)
            return printed
    raw = article.claimed_text("published", lambda text: text if read_date(text, order).iso else None)
    if raw is not None:
        return read_date(raw, order)
    claims = article.claims("published")
    if claims:
        article.ledger.absent("published", Reason.UNREADABLE, f"not a date: {str(claims[0].value)[:100]}")
    else:
        article.missing("published", "the page does not show its own date; cards may")
    return None


def _selected(article: ArticleContext) -> Iterator[str]:
    """The dates in the elements that the profile's selector names: as printed, then as machines read them."""
    for element in article.page.selected.get("published", ()):
        yield squeeze(text_of(element))
        if element.get("datetime"):
            yield element.get("datetime")
