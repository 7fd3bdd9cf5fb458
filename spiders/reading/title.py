"""The title: what the page shows first, then what structured data claims."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from spiders.reading.addresses import page_address
from spiders.reading.article_context import ArticleContext
from spiders.reading.outline import Line, same_words
from spiders.reading.profile import RATINGS
from spiders.reading.reading_time import without_reading_time
from spiders.reading.words import comparable, heading_key

_LONGEST_VALUE = 20
_SITE_SUFFIX = re.compile(r"\s+[|·–—-]\s+([^|·–—]{2,60})$")


def read_title(article: ArticleContext, by_order: bool) -> str | None:
    """The title; `by_order` says that the capture has no headings, and then no title line either."""
    line, rule = (None, "") if by_order else _shown_title(article)
    claimed = article.claims("title")
    if line is not None:
        for other in article.outline.lines[: article.outline.start]:
            if same_words(other.text, line.text):
                article.ledger.take(other, "title")
        article.ledger.take(line, "title")
        text = without_reading_time(line.text)
        article.ledger.won("title", text, rule, line)
        return _against_claims(article, "title", text)
    for claim in claimed:
        text = str(claim.value)
        if claim.rule == "title-element":
            text = _without_site_name(text, article.profile.title)
        if text:
            article.ledger.won("title", text, claim.rule, where=claim.where)
            return text
    article.missing("title", "the capture has no title line" if by_order else "", can_show=not by_order)
    return None


def _shown_title(article: ArticleContext) -> tuple[Line | None, str]:
    if "title" in article.page.overrides:
        lines = [line for line in article.page.overrides["title"] if line.is_text]
        if lines:
            return lines[0], "selector"
    before = [line for line in article.outline.lines[: article.outline.start] if line.text]
    claimed = [comparable(str(claim.value)) for claim in article.claims("title")]
    texts = [line for line in before if _is_title_like(article, line)]
    content = [line for line in texts if not line.block.chrome and not line.block.hidden]
    first_level = [line for line in content if line.block.level == 1]
    shown = _claimed((first_level, [line for line in content if line.block.level], content), claimed)
    if shown is None and first_level:
        return first_level[-1], "h1"
    shown = shown or _claimed((texts,), claimed)  # the page's frame shows the site's name, too
    if shown is not None:
        return shown, "shown-and-claimed"
    counts = [comparable(line.text) for line in before if not line.block.chrome]
    for line in content:
        if counts.count(comparable(line.text)) > 1 and len(line.text) > 3 and not _leads_away(article, line):
            return line, "shown-twice"
    headings = [line for line in content if line.block.level]
    if headings:
        return headings[-1], "heading-before-parts"
    if article.has_own_parts() and not claimed and content and not content[-1].text.endswith("."):
        candidates = [line for line in content if len(line.text) > 15 and not line.href]
        if len(candidates) == 1:
            return candidates[0], "only-line-before-parts"
    return None, ""


def _without_site_name(text: str, site: str) -> str:
    """A `<title>` without the site's name before or behind it; "" where nothing says which is which."""
    match = _SITE_SUFFIX.search(text)
    if match is None:
        return text
    left, right = text[: match.start()], match[1]
    name = comparable(site)
    if name.startswith(comparable(left)):
        return right
    return left if len(left) > len(right) or name.startswith(comparable(right)) else ""


def _leads_away(article: ArticleContext, line: Line) -> bool:
    """Whether a line is a link to another page: the site's name leads to its front page, say."""
    if not line.href or line.href.startswith("#"):
        return False
    target = page_address(line.href, article.page.base, article.profile)
    return target is None or target != article.page.url


def _claimed(groups: Iterable[Sequence[Line]], claimed: Sequence[str]) -> Line | None:
    """The first line that says what one of these claims (in comparison form) says, or begins with."""
    for line in (line for lines in groups for line in lines):
        key = comparable(line.text)
        if any(key == claim or (claim.startswith(f"{key} ") and len(key) > 15) for claim in claimed):
            return line
    return None


def _is_title_like(article: ArticleContext, line: Line) -> bool:
    """Whether it is words, and no label or rating (`★★★★★`, `Credibility: Medium`)."""
    if not line.is_text or not any(map(str.isalpha, line.text)):
        return False
    words, _, value = line.text.partition(":")
    labels = [line.text, words] if len(value) <= _LONGEST_VALUE else [line.text]
    return not any(article.profile.labels.get(heading_key(text)) in (*RATINGS, "share") for text in labels)


def _against_claims(article: ArticleContext, name: str, value: str | None) -> str | None:
    """A field that the page shows: claims that differ are evidence, and win where it shows none."""
    if value is None:
        return article.claimed_text(name)
    for claim in article.claims(name):
        text = str(claim.value)
        if isinstance(claim.value, str) and not same_words(value, text) and not text.startswith(value):
            article.ledger.lost(name, text, claim.rule, where=claim.where)
    return value
