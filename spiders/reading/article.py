"""Outline → the article's fields, each with its evidence or the reason for its absence."""

from __future__ import annotations

from typing import Any

from spiders.reading.article_context import ArticleContext, ArticlePage
from spiders.reading.article_lists import read_cards, read_topic_list
from spiders.reading.article_ratings import read_ratings
from spiders.reading.body import read_sections, read_takeaway, read_unplaced
from spiders.reading.by_order import read_by_order
from spiders.reading.closing import read_boilerplate, read_journal
from spiders.reading.ledger import Ledger
from spiders.reading.model import Reason
from spiders.reading.published import read_published
from spiders.reading.reading_time import read_minutes
from spiders.reading.source import read_source
from spiders.reading.title import read_title


def read_article(page: ArticlePage, ledger: Ledger) -> dict[str, Any]:
    """The article's fields as keyword arguments of `Reading`; evidence and absences go into the ledger.

    The order matters: a line that one field has placed is not read again by those after it.
    """
    article = ArticleContext(page, ledger)
    by_order = not article.has_own_parts()
    title = read_title(article, by_order)
    ratings = read_ratings(article)
    minutes = read_minutes(article)
    boilerplate = read_boilerplate(article)
    takeaway, sections = (
        read_by_order(article) if by_order else (read_takeaway(article), read_sections(article, title))
    )
    topics = read_topic_list(article)
    source = read_source(article)
    cards = read_cards(article, by_order)
    fields: dict[str, Any] = {
        "title": title,
        "credibility": ratings.get("credibility"),
        "interest": ratings.get("interest"),
        "reading_minutes": minutes,
        "takeaway": takeaway,
        "sections": sections,
        "topics": topics,
        "source": source,
        "journal": read_journal(article, boilerplate, source),
        "cards": cards,
        "boilerplate": tuple(passage for passage, _ in boilerplate),
        "published": None if page.form == "text" else read_published(article),
        "description": article.claimed_text("description"),
    }
    if page.form == "text":
        ledger.absent("published", Reason.CAPTURE_CANNOT_SHOW)
    return fields | {"unplaced": read_unplaced(article, title)}
