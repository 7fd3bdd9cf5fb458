"""Captures without headings: which paragraph is which part, by their order."""

from __future__ import annotations

from spiders.reading.article_context import ArticleContext
from spiders.reading.dates import looks_like_date
from spiders.reading.model import Reason, Section
from spiders.reading.outline import Line, Outline
from spiders.reading.passages import passage_of
from spiders.reading.profile import SiteProfile

_SENTENCE_END = (".", "!", "?", "…", "”", '"', ")", "’", "'")
_LONGEST_TAKEAWAY = 400


def readable_by_order(outline: Outline, profile: SiteProfile) -> bool:
    """Whether a text without headings has the site's shape: a sentence, paragraphs, cards or footer."""
    lines = _text_before_cards(outline, profile)
    ends = len(lines) < len(outline.lines)
    expected = 1 + len(profile.section_order)
    if not lines or len(lines[0].text) > _LONGEST_TAKEAWAY or not lines[0].text.endswith(_SENTENCE_END):
        return False
    if ends:
        return len(lines) == expected
    long_ones = all(len(line.text) > _LONGEST_TAKEAWAY // 2 for line in lines[1:-1])
    return 2 <= len(lines) <= expected and long_ones and len(lines[1].text) > len(lines[0].text)


def read_by_order(article: ArticleContext) -> tuple[str | None, tuple[Section, ...]]:
    """Takeaway and sections of a capture that `readable_by_order` accepts."""
    lines = _text_before_cards(article.outline, article.profile)
    article.ledger.take(lines[0], "takeaway")
    article.ledger.won("takeaway", lines[0].text, "order", lines[0])
    sections = []
    for key, line in zip(article.profile.section_order, lines[1:], strict=False):
        article.ledger.take(line, f"section: {key}")
        article.ledger.won(f"sections.{key}", line.text[:80], "order", line)
        sections.append(Section(key, None, (line.text,)))
        if line is article.torn:
            article.ledger.absent(f"sections.{key}", Reason.CUT_OFF, "its text breaks off")
    for key in article.profile.section_order[len(sections) :]:
        article.ledger.absent(f"sections.{key}", Reason.CUT_OFF)
    return lines[0].text, tuple(sections)


def lines_from_first_date(article: ArticleContext) -> list[Line]:
    """The lines where the cards may stand: from the first date on."""
    lines = article.outline.lines
    first = next((index for index, line in enumerate(lines) if looks_like_date(line.text)), len(lines))
    return list(lines[first:])


def _text_before_cards(outline: Outline, profile: SiteProfile) -> list[Line]:
    """The lines before the first card, first boilerplate passage, or end."""
    lines = []
    for line in outline.lines[: outline.start]:
        if looks_like_date(line.text) or passage_of(line, None, profile):
            break
        lines.append(line)
    return lines
