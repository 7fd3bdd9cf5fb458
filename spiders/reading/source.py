"""The original paper: "More Details", else a link that names it, else structured data."""

from __future__ import annotations

from spiders.reading.article_context import ArticleContext
from spiders.reading.details import doi_in, doi_in_link, pmid_in_link, read_details
from spiders.reading.model import Source


def read_source(article: ArticleContext) -> Source | None:
    """The paper as the page names it; None when it names none."""
    heading, lines = article.part("details")
    if heading is not None and heading.href:
        lines = [heading, *lines]  # "More Details" is itself the link
    lines = article.whole(lines)
    source = read_details(lines, article.page.base, article.profile, article.ledger) if lines else None
    if source is None:
        source = _linked_source(article) or _claimed_source(article)
    if source is None:
        detail = "its heading stands on the page without details" if heading else ""
        article.missing("source", detail, can_show=heading is not None)
    return source


def _linked_source(article: ArticleContext) -> Source | None:
    """Outside "More Details", only a link that itself carries an identifier names the paper."""
    for line in article.article_area:
        if line.block.chrome:
            continue
        for href in (line.href, *(part.href for part in line.parts)):
            doi, pmid = (doi_in_link(href), pmid_in_link(href)) if href and "://" in href else (None, None)
            if doi or pmid:
                article.ledger.take(line, "source: link")
                for name, value in (("doi", doi), ("pmid", pmid), ("url", href)):
                    if value:
                        article.ledger.won(f"source.{name}", value, "link", line)
                return Source(doi=doi, pmid=pmid, url=href)
    return None


def _claimed_source(article: ArticleContext) -> Source | None:
    source = Source(
        title=article.claimed_text("source.title"),
        journal=article.claimed_text("source.journal"),
        doi=article.claimed_text("source.doi", doi_in),
        pmid=article.claimed_text("source.pmid", _digits),
    )
    return source if source != Source() else None


def _digits(text: str) -> str | None:
    return text if text.isascii() and text.isdigit() else None
