"""A made site of many articles, from the sample site's sentences: the same bytes on every machine."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice
from random import Random

from benchmarks.chrome import SUBJECTS, address, padded
from crawler.samplesite import Article, Edition, Section, edition
from crawler.samplesite import lists as sample_lists
from crawler.samplesite.content import words
from crawler.samplesite.feeds import files
from crawler.samplesite.layouts import classic, framework, semantic
from crawler.samplesite.markup import Frame, attr, esc
from crawler.samplesite.model import Passage, card_of, slug_of

PAGE_SIZE = 25_000
HTML = "text/html; charset=utf-8"
_DRAFT = "/internal/draft-spring-letter"
_RENDER = {
    "classic": classic.article_page,
    "semantic": semantic.article_page,
    "framework": framework.article_page,
}
_IDS = string.ascii_letters + string.digits
_A_SUBJECT_SHOWS = 12
_CARDS = 6
_EVERY = 50
_ADDED = "A year later most of them said the same."


@dataclass(frozen=True)
class MadeSite:
    """All answers of the site, by path and query."""

    articles: Mapping[str, Article]
    """By path."""
    answers: Mapping[str, tuple[str, bytes]]
    """Content type and body."""
    changed: frozenset[str] = frozenset()
    """Paths of the articles that are otherwise than in the edition before."""

    @property
    def html_paths(self) -> frozenset[str]:
        """What following links from the home page leads to: each of these, and nothing else."""
        return frozenset(path for path, (content_type, _) in self.answers.items() if content_type == HTML)

    @property
    def feed_paths(self) -> frozenset[str]:
        """robots.txt and the sitemaps."""
        return frozenset(self.answers) - self.html_paths


def make_site(base_url: str, count: int, *, editions: int = 0) -> MadeSite:
    """A site of `count` articles that says it lives at `base_url`, after so many editions, in each of which
    some 2 % of the articles (one at least of every 50) got a longer takeaway."""
    articles = tuple(
        _edited(article, number % _EVERY <= editions and number % _EVERY > 0)
        for number, article in enumerate(_articles(count))
    )
    changed = frozenset(
        article.path for number, article in enumerate(articles) if editions and number % _EVERY == editions
    )
    site = Edition(changes=(), articles=articles, lost=(), footer_note=None)
    answers = {path: (HTML, body.encode("utf-8")) for path, body in _pages(site, base_url)}
    answers |= {path: (content_type, body) for path, content_type, body in files(site, base_url)}
    return MadeSite({article.path: article for article in articles}, answers, changed)


def _edited(article: Article, edited: bool) -> Article:
    return replace(article, takeaway=f"{article.takeaway} {_ADDED}") if edited else article


def _articles(count: int) -> Iterator[Article]:
    """Articles with texts of their own, so that nothing in them is taken for boilerplate."""
    random = Random("msarchive")  # a text as seed gives the same numbers everywhere
    base = edition(()).articles
    sentences = sorted(
        {
            sentence
            for article in base
            for section in article.sections
            for passage in section.passages
            for sentence in passage.sentences
        }
    )
    ids: set[str] = set()
    for number in range(count):
        pattern = base[number % len(base)]
        while (article_id := "".join(random.choices(_IDS, k=6))) in ids:
            pass
        ids.add(article_id)
        title = f"{pattern.title} ({number // len(base) + 1})"
        text = " ".join(random.sample(sentences, 2))
        yield replace(
            pattern,
            id=article_id,
            title=title,
            slug=slug_of(title),
            takeaway=text,
            description=text,
            card_title=title,
            card_description=text,
            sections=tuple(_varied(section, sentences, random) for section in pattern.sections),
            date=_printed(date(2025, 11, 30) - timedelta(days=number)),
            encoding="utf-8",
            charset_in="header",
            old_slugs=(),
            second_path=None,
            in_sitemap=True,
            unlisted=False,
        )


def _varied(section: Section, sentences: list[str], random: Random) -> Section:
    """The section with as many sentences in each passage, others."""
    return replace(
        section,
        passages=tuple(
            Passage(tuple(random.sample(sentences, len(passage.sentences))), is_item=passage.is_item)
            for passage in section.passages
        ),
    )


def _pages(site: Edition, base_url: str) -> Iterator[tuple[str, str]]:
    plain = Frame(base_url, words(), (), None)
    newest = site.newest()[: _CARDS + 1]
    for article in site.articles:
        cards = tuple(card_of(one) for one in newest if one.id != article.id)[:_CARDS]
        page = _RENDER[article.layout](article, replace(plain, cards=cards))
        yield article.path, _only_pages(padded(page, PAGE_SIZE))
    # The newest year is also /news/archive, which is where links lead.
    unlinked = {_DRAFT, f"/news/archive/{newest[0].day.year}"}
    for path, page in sample_lists.pages(site, plain):
        if path not in unlinked:
            yield path, _only_pages(padded(page, PAGE_SIZE))
    for number, subject in enumerate(SUBJECTS):
        shown = islice(site.articles, number, None, len(SUBJECTS))
        entries = "".join(semantic.card(card_of(one)) for one in islice(shown, _A_SUBJECT_SHOWS))
        main = f'<section class="listing"><h1>{esc(subject)}</h1><ul class="cards">\n{entries}</ul></section>'
        yield address(subject), _only_pages(padded(semantic.page(plain, subject, main), PAGE_SIZE))


def _only_pages(page: str) -> str:
    """The page without links to what is forbidden, or to one page under two addresses.

    A spider without a URL table would ask for more, and the two would not do the same work.
    """
    return page.replace(f'<a href="{_DRAFT}">', "<a>").replace(attr(sample_lists.TRACKING), "")


def _printed(day: date) -> str:
    return f"{day.month}/{day.day}/{day.year}"
